/** The bytes of a configuration file, or why there are none. What they mean is config/'s business. */
import { readFileSync } from 'node:fs';
import { errnoWords } from './errno.ts';

export type ConfigBytes =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'unread'; readonly why: string };

export const readConfigFile = (path: string): ConfigBytes => {
  try {
    return { kind: 'bytes', bytes: readFileSync(path) };
  } catch (error) {
    return { kind: 'unread', why: errnoWords(error) };
  }
};
