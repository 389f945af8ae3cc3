/**
 * What each key may hold, as zod schemas that turn TOML values into the words of core/model.ts, and the defaults.
 *
 * Every message says what was expected and what was found, without the key: parse.ts puts key and place in front, and
 * judges what takes more than one key. Keys that do not work yet are absent, so they are unknown keys.
 */
import { z } from 'zod';
import { containsAddress, networkOf, parseAddress, parseAddressWithLength } from '../core/address.ts';
import type { Prefix, ProbeSettings, Target } from '../core/model.ts';
import { type Millis, millis } from '../core/time.ts';
import { parseTime, renderTime } from './time.ts';

/** Stands for a table where a value is wanted. */
export const TABLE = Symbol('a table');

/** Text from a file for a terminal or a log: printable ASCII, at most 60 characters of it. */
export const printable = (text: string): string => {
  const short = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return short.replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
};

/** Names a value that was found, for a message. */
export const found = (value: unknown): string => {
  if (typeof value === 'string') return `"${printable(value)}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === TABLE) return 'a table';
  return Array.isArray(value) ? 'an array' : 'a date or time';
};

const wanted = (what: string, value: unknown): string =>
  value === undefined ? `missing: expected ${what}` : `expected ${what}, found ${found(value)}`;

/** For zod: the one message of a schema, whichever of its rules was broken. */
const expected = (what: string) => ({
  error: (issue: { readonly input?: unknown }) => wanted(what, issue.input),
});

const REFUSED = Symbol('refused');
interface Refused {
  readonly [REFUSED]: string;
}
const refused = (message: string): Refused => ({ [REFUSED]: message });
const isRefused = (value: unknown): value is Refused =>
  typeof value === 'object' && value !== null && REFUSED in value;

/** A string that `read` turns into a value, or refuses with a whole message. */
const text = <T>(what: string, read: (text: string) => T | Refused) =>
  z.string(expected(what)).transform((value, context): T => {
    const result = read(value);
    if (!isRefused(result)) return result;
    context.addIssue({ code: 'custom', message: result[REFUSED] });
    return z.NEVER;
  });

const whole = (min: number, max: number) => {
  const what = `a whole number from ${min} to ${max}`;
  return z.int(expected(what)).min(min, expected(what)).max(max, expected(what));
};

const time = (min: Millis, max: Millis, example: string, others: Readonly<Record<string, string>> = {}) => {
  const what = `a time from ${renderTime(min)} to ${renderTime(max)} such as "${example}"`;
  return text<Millis>(what, (value) => {
    const other = Object.hasOwn(others, value) ? others[value] : undefined;
    if (other !== undefined) return refused(other);
    const read = parseTime(value);
    return read === null || read < min || read > max ? refused(wanted(what, value)) : read;
  });
};

const oneOf = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, expected(words.map((word) => `"${word}"`).join(' or ')));

// ---- addresses -------------------------------------------------------------------------------------------------

/** Nothing that can be reached through one link has such an address; loopback would even answer for a dead one. */
const UNUSABLE: readonly (readonly [string, Prefix])[] = [
  ['the unspecified address', networkOf('0.0.0.0', 32)],
  ['a loopback address', networkOf('127.0.0.0', 8)],
  ['a multicast address', networkOf('224.0.0.0', 4)],
  ['the broadcast address', networkOf('255.255.255.255', 32)],
];

const unusable = (address: string): string | null =>
  UNUSABLE.find(([, prefix]) => containsAddress(prefix, address))?.[0] ?? null;

const GATEWAY = 'an IPv4 address such as "203.0.113.1"';

const gateway = text<string>(GATEWAY, (value) => {
  if (['dhcp', 'peer', 'route'].includes(value)) {
    return refused(`"${value}" is not supported yet, give the gateway's address`);
  }
  const read = parseAddress(value);
  if (read === null || read.family !== 'inet') return refused(wanted(GATEWAY, value));
  const why = unusable(read.address);
  return why === null ? read.address : refused(`${wanted(GATEWAY, value)}, ${why}`);
});

const TARGET = '"gateway" or an IPv4 address';

const target = text<Target>(TARGET, (value) => {
  if (value === 'gateway') return { kind: 'gateway' };
  const read = parseAddress(value);
  if (read === null)
    return refused(`${wanted(TARGET, value)}; targets are addresses: names are never resolved`);
  if (read.family === 'inet6')
    return refused(`${wanted(TARGET, value)}; inet6 targets are not supported yet`);
  const why = unusable(read.address);
  return why === null
    ? { kind: 'address', family: 'inet', address: read.address }
    : refused(`${wanted(TARGET, value)}, ${why}`);
});

const NETWORK = 'a network such as "10.0.0.0/8"';

const network = text<Prefix>(NETWORK, (value) => {
  const read = parseAddressWithLength(value);
  if (read === null) return refused(wanted(NETWORK, value));
  const prefix = networkOf(read.address, read.length);
  return prefix.address === read.address
    ? prefix
    : refused(
        `${wanted('a network', value)}, which has host bits set: did you mean "${prefix.address}/${prefix.length}"?`,
      );
});

// ---- keys ------------------------------------------------------------------------------------------------------

/** `uplinkd_local`, `uplinkd_<policy>`: 15 + 1 + 15 characters, one less than PF_TABLE_NAME_SIZE (net/pfvar.h). */
const ANCHOR = /^[A-Za-z][A-Za-z0-9_-]{0,14}$/;
const NAME = /^[a-z][a-z0-9_]{0,14}$/;
/** IFNAMSIZ is 16 with the final zero. */
const INTERFACE = /^(?=.{1,15}$)[a-z]+[0-9]+$/;

const pattern = (what: string, like: RegExp) =>
  text<string>(what, (value) => (like.test(value) ? value : refused(wanted(what, value))));

/** The name of a link or a policy. */
export const nameSchema = pattern(
  'a name of a small letter and up to 14 more small letters, digits and "_"',
  NAME,
);

export const topShape = {
  anchor: pattern('a letter and up to 14 letters, digits, "_" and "-"', ANCHOR).optional(),
  local: z.array(network, expected(`an array of networks`)).optional(),
  reconcile: time(millis(1000), millis(3_600_000), '30s').optional(),
};

export const probeShape = {
  targets: z
    .array(target, expected('an array of 1 to 8 targets'))
    .min(1, 'expected an array of 1 to 8 targets, found none')
    .max(8, {
      error: (issue) => `expected an array of 1 to 8 targets, found ${(issue.input as unknown[]).length}`,
    })
    .optional(),
  quorum: whole(1, 8).optional(),
  interval: time(millis(100), millis(3_600_000), '1s').optional(),
  timeout: time(millis(10), millis(60_000), '1s', {
    auto: '"auto" is not supported yet, give a time',
  }).optional(),
  fall: whole(1, 60).optional(),
  rise: whole(1, 60).optional(),
  hold: time(millis(0), millis(86_400_000), '10s').optional(),
};

export const linkShape = {
  interface: pattern('the name of an interface such as "em0"', INTERFACE),
  gateway,
  weight: whole(1, 65_535).optional(),
  tier: whole(1, 255).optional(),
  nat: z.boolean(expected('true or false')).optional(),
  /** RT_TABLEID_MAX is 255 (sys/socket.h); table 0 is the router's own. */
  rtable: whole(1, 255).optional(),
};

export const memberShape = {
  link: z.string(expected('the name of a link')),
  tier: linkShape.tier,
  weight: linkShape.weight,
};

const LATER_BALANCES = ['least-states', 'round-robin', 'source-hash', 'random'];

export const policyShape = {
  balance: text<'weight'>('"weight"', (value) => {
    if (value === 'weight') return value;
    return refused(
      LATER_BALANCES.includes(value)
        ? `"${value}" is not supported yet, give "weight"`
        : wanted('"weight"', value),
    );
  }).optional(),
  empty: oneOf(['last-resort', 'drop']).optional(),
};

// ---- defaults --------------------------------------------------------------------------------------------------

export const DEFAULT_PROBE: ProbeSettings = {
  targets: [
    { kind: 'gateway' },
    { kind: 'address', family: 'inet', address: '9.9.9.9' },
    { kind: 'address', family: 'inet', address: '1.1.1.1' },
  ],
  quorum: 1,
  interval: millis(1000),
  timeout: millis(1000),
  fall: 3,
  rise: 5,
  hold: millis(10_000),
};

export const DEFAULTS = {
  anchor: 'uplinkd',
  reconcile: millis(30_000),
  weight: 1,
  tier: 1,
  nat: true,
  balance: 'weight',
  empty: 'last-resort',
} as const;
