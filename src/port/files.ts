/** Port: files of the machine, to look at only. */

export interface FileFact {
  readonly kind: 'file' | 'directory' | 'socket' | 'other';
  /** The permission bits: 0o640. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** What is in it, of files; null: it may not be read. */
  readonly bytes: Uint8Array | null;
}

/** What is no UTF-8 in it shows as U+FFFD. */
export const textOf = (file: FileFact | null): string | null =>
  file === null || file.bytes === null
    ? null
    : new TextDecoder('utf-8', { ignoreBOM: true }).decode(file.bytes);

export interface Files {
  /** Null if there is none, or it cannot be reached. Absolute path. */
  look(path: string): FileFact | null;
}
