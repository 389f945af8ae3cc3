/**
 * One line of ping(8) or ping6(8), run with -n, -> what it says. Every line stands alone: a lost packet prints nothing, so
 * what is missing is not this file's business. Written against sbin/ping/ping.c of 7.8.
 */

export type PingLine =
  | {
      readonly kind: 'answer';
      /** icmp_seq, 0 to 65535; it wraps. */
      readonly seq: number;
      /** The answering address as printed. It may be another than the one asked (multicast). */
      readonly from: string;
      /** Length of the ICMP message. */
      readonly bytes: number;
      /** Round-trip time; null when the payload is too small to hold a time stamp. */
      readonly rttMs: number | null;
      readonly duplicate: boolean;
      readonly truncated: boolean;
    }
  /** `PING x (x): 56 data bytes`. Not flushed before the first answer. */
  | { readonly kind: 'banner' }
  /** `ping: wrote x 64 chars, ret=-1`. Not flushed either: stderr says it at once (parsePingError), so do not count both. */
  | { readonly kind: 'send-failed' }
  /** The summary after SIGINT, SIGINFO or the last packet. */
  | { readonly kind: 'statistics' }
  /** ICMP of other kinds (-v), IP options, damaged or forged payloads: nothing that counts as an answer. */
  | { readonly kind: 'other'; readonly text: string }
  | { readonly kind: 'blank' }
  | { readonly kind: 'unrecognised'; readonly line: string };

export type PingError =
  /** `ping: sendmsg: Network is down`. The process goes on. */
  | { readonly kind: 'send-failed'; readonly error: string }
  /** Something ping complains about and lives with. */
  | { readonly kind: 'warning'; readonly text: string }
  /** It says why it will not run and exits with 1. */
  | { readonly kind: 'fatal'; readonly text: string }
  | { readonly kind: 'unrecognised'; readonly line: string };

const answer =
  /^(\d{1,6}) bytes from (\S+): icmp_seq=(\d{1,5}) (?:ttl|hlim)=\d{1,3}(?: time=(\d{1,12}\.\d{3}) ms)?( \(DUP!\))?( \(TRUNC!\))?(?:\t\(same route\))?$/;
const banner = /^(?:PING \S+ \(.*\): \d+ data bytes|PATTERN: 0x[0-9a-f]*)$/;
const sendFailed = /^ping: wrote \S+ \d+ chars, ret=-?\d+$/;
const statistics =
  /^(?:--- \S+ ping statistics ---|\d+ packets transmitted, .*|round-trip min\/avg\/max\/std-dev = [^ ]+ ms)$/;
const others: readonly RegExp[] = [
  /^\d+ bytes from \S+: (?!icmp_seq=)/,
  /^signature mismatch from \S+: icmp_seq=\d+$/,
  /^wrong data byte #/,
  // pr_icmph, pr_iph, pr_icmph6, pr_ip6h, pr_exthdrs, pr_retip
  /^Vr (?:HL|TC) /,
  /^[ \t]/,
  /^\((?:New addr: |\d+ entries, )/,
  /^(?:TCP|UDP): from port /,
  /^(?:LSRR: |RR: |NOP$|unknown option )/,
  /^(?:Destination: | ?New Target: |new path MTU|path MTU for |IP6|HBH |DSTOPT |FRAG |RTHDR |AH |ICMP6: |ESP$|\.\.\.$)/,
  /^[0-9a-f:.%\w]+->/,
];

/** One line of stdout, without its newline. */
export const parsePingLine = (line: string): PingLine => {
  if (line === '') return { kind: 'blank' };
  const found = answer.exec(line);
  if (found !== null) {
    const [, bytes, from, seq, time, duplicate, truncated] = found;
    if (from !== undefined && Number(seq) <= 65_535) {
      return {
        kind: 'answer',
        seq: Number(seq),
        from,
        bytes: Number(bytes),
        rttMs: time === undefined ? null : Number(time),
        duplicate: duplicate !== undefined,
        truncated: truncated !== undefined,
      };
    }
  }
  if (banner.test(line)) return { kind: 'banner' };
  if (sendFailed.test(line)) return { kind: 'send-failed' };
  if (statistics.test(line)) return { kind: 'statistics' };
  if (others.some((other) => other.test(line))) return { kind: 'other', text: line };
  return { kind: 'unrecognised', line };
};

// warn(3) and warnx(3) calls of ping.c that do not end it
const warning =
  /^(?:recvmsg: |Warning: |No audible output |Could only allocate |invalid peername$|packet too short |failed to get receiving hop limit$)/;

/** One line of stderr, without its newline. */
export const parsePingError = (line: string): PingError => {
  const said = /^ping6?: (.*)$/.exec(line)?.[1];
  if (said === undefined) {
    return /^usage: ping|^\t\[-/.test(line) ? { kind: 'fatal', text: line } : { kind: 'unrecognised', line };
  }
  if (said.startsWith('sendmsg: ')) return { kind: 'send-failed', error: said.slice('sendmsg: '.length) };
  return { kind: warning.test(said) ? 'warning' : 'fatal', text: said };
};
