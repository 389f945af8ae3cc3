/**
 * `prio` and `tos`: what pf writes on a policy's packets, by number or by the names that pf.conf(5) has for them.
 */
import { found, plain, refused, wanted } from './value.ts';

const isWhole = (value: unknown, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;

const PRIO = 'a whole number from 0 to 7 or two of them such as [3, 7]';

/** One priority, or that of most packets and that of TCP ACKs and low-delay ones. */
export const prio = plain<readonly [number, number]>((value) => {
  const both: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  const [most, quick] = both;
  return both.length === 2 && isWhole(most, 7) && isWhole(quick, 7)
    ? // -0 is 0 to pf, and would be another value to us.
      [most + 0, quick + 0]
    : refused(wanted(PRIO, value));
});

/** Names of pf.conf(5) that are no DiffServ code point (netinet/ip.h). */
const TOS_NAMES: ReadonlyMap<string, number> = new Map([
  ['lowdelay', 0x10],
  ['throughput', 0x08],
  ['reliability', 0x04],
  ['critical', 0xa0],
  ['inetcontrol', 0xc0],
  ['netcontrol', 0xe0],
  ['ef', 0xb8],
]);

/** RFC 2474, RFC 2597: a code point is the upper six bits. */
const namedTos = (name: string): number | null => {
  const [kind = '', level = '', drop = '0'] = /^(cs|af)([0-7])([1-3])?$/.exec(name)?.slice(1) ?? [];
  const isName = kind === 'cs' ? drop === '0' : /^[1-4]$/.test(level) && drop !== '0';
  if (kind === '' || !isName) return TOS_NAMES.get(name) ?? null;
  return (Number(level) << 5) | (Number(drop) << 3);
};

const TOS = 'a whole number from 0 to 255 or a name such as "lowdelay" or "ef"';

/** Names in any case, as pfctl(8) takes them. */
export const tos = plain<number>((value) => {
  if (isWhole(value, 255)) return value + 0;
  const named = typeof value === 'string' ? namedTos(value.toLowerCase()) : null;
  return named ?? refused(`expected ${TOS}, found ${found(value)}`);
});
