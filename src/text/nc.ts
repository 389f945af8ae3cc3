/**
 * What `nc -n -v -z` says of one connection, on stderr, -> whether it was made. Without -n it would look for names of services,
 * which its unveil(2) forbids. Written against usr.bin/nc/netcat.c of 7.8.
 */

export type NcLine =
  | { readonly kind: 'connected' }
  /** `error` is strerror(3)'s word: `Connection refused`, `No route to host`, `Operation timed out`. */
  | { readonly kind: 'failed'; readonly error: string }
  /** Why it did not even try: `setrtable: Invalid argument`. */
  | { readonly kind: 'fatal'; readonly text: string }
  | { readonly kind: 'unrecognised'; readonly line: string };

const connected = /^Connection to \S+ \d+ port \[tcp\/\S+\] succeeded!$/;
const failed = /^nc: connect to \S+ port \d+ \(tcp\) failed: (.+)$/;

/** One line of stderr, without its newline. */
export const parseNcLine = (line: string): NcLine => {
  if (connected.test(line)) return { kind: 'connected' };
  const error = failed.exec(line)?.[1];
  if (error !== undefined) return { kind: 'failed', error };
  const text = /^nc: (.+)$/.exec(line)?.[1];
  return text === undefined ? { kind: 'unrecognised', line } : { kind: 'fatal', text };
};
