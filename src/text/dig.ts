/**
 * What `dig -u +noall +comments +stats` prints of one question -> what the server said, and how long that took. dig itself takes
 * no answer but from the address, to the number and of the question that were sent. Written against usr.bin/dig of 7.8.
 */

export type DigAnswer =
  | {
      readonly kind: 'answer';
      /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`, … */
      readonly status: string;
      /** Records in the answer section. */
      readonly records: number;
      /** Null where it is not said. */
      readonly ms: number | null;
    }
  /** Nobody answered in time. */
  | { readonly kind: 'silent' }
  /** `text`: its last word on it, or nothing. */
  | { readonly kind: 'failed'; readonly text: string };

const status = /^;; ->>HEADER<<- opcode: QUERY, status: ([A-Z0-9?]{1,16}), id: \d+$/m;
const counts = /^;; flags:[a-z ]*;(?: MBZ: 0x4;)? QUERY: \d+, ANSWER: (\d{1,5}), /m;
const took = /^;; Query time: (\d{1,12}) usec$/m;
/** It asks again over TCP, or without what the server did not understand: only the last answer counts. */
const LAST = ';; Got answer:';

/** The output of one run, both streams. */
export const parseDig = (stdout: string, stderr: string): DigAnswer => {
  const last = stdout.slice(Math.max(0, stdout.lastIndexOf(LAST)));
  const said = status.exec(last)?.[1];
  const records = counts.exec(last)?.[1];
  if (said !== undefined && records !== undefined) {
    const usec = took.exec(last)?.[1];
    return {
      kind: 'answer',
      status: said,
      records: Number(records),
      ms: usec === undefined ? null : Number(usec) / 1000,
    };
  }
  if (/^;; connection timed out; no servers could be reached$/m.test(stdout)) return { kind: 'silent' };
  const words = `${stdout}\n${stderr}`.split('\n').map((line) => line.replace(/^;; /, '').trim());
  return { kind: 'failed', text: words.findLast((line) => line !== '' && !line.startsWith(';')) ?? '' };
};
