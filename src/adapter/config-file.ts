/** The bytes of a configuration file, or why there are none, in the words of errno(2) and without Node's. */
import { readFileSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

const words = (error: unknown): string => {
  const errno = (error as NodeJS.ErrnoException).errno ?? 0;
  return getSystemErrorMap().get(errno)?.[1] ?? String(error);
};

export const readConfigFile = (
  path: string,
):
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'unread'; readonly why: string } => {
  try {
    return { kind: 'bytes', bytes: readFileSync(path) };
  } catch (error) {
    return { kind: 'unread', why: words(error) };
  }
};
