/** An error of the system in the words of errno(2), without the name of a call and a path that Node puts around them. */
import { getSystemErrorMap } from 'node:util';

export const errnoWords = (error: unknown): string => {
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
  return getSystemErrorMap().get(errno)?.[1] ?? (error instanceof Error ? error.message : String(error));
};
