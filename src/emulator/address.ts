/**
 * IP addresses and prefixes as the emulator reads and prints them: inet_pton(3), inet_ntop(3), netmasks. Its own reading:
 * no code in common with the daemon's. Knows nothing of interfaces, rules or packets.
 */

export type Family = 'inet' | 'inet6';

export interface Address {
  readonly family: Family;
  readonly value: bigint;
  /** The interface after `%`, for link-local addresses. */
  readonly scope: string | null;
  /** As inet_ntop prints it, with the scope. */
  readonly text: string;
}

/** A network. `value` has no host bits. */
export interface Prefix {
  readonly family: Family;
  readonly value: bigint;
  readonly length: number;
}

export const bitsOf = (family: Family): number => (family === 'inet' ? 32 : 128);

const parseInet = (text: string): bigint | null => {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!/^[0-9]{1,3}$/.test(part) || Number(part) > 255) return null;
    value = (value << 8n) | BigInt(Number(part));
  }
  return value;
};

const groupsOf = (text: string): number[] | null => {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (part.includes('.') && i === parts.length - 1) {
      const low = parseInet(part);
      if (low === null) return null;
      groups.push(Number(low >> 16n), Number(low & 0xffffn));
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
};

const parseInet6 = (text: string): bigint | null => {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = groupsOf(halves[0] ?? '');
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '') : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail].reduce(
    (value, g) => (value << 16n) | BigInt(g),
    0n,
  );
};

const renderInet = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');

const renderInet6 = (value: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  let best = { at: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > best.length) best = { at: i, length };
  }
  const hex = (part: readonly number[]): string => part.map((g) => g.toString(16)).join(':');
  if (best.at < 0) return hex(groups);
  // inet_ntop(3) shows the IPv4 address in it
  const isMapped = best.length === 5 && groups[5] === 0xffff;
  if (best.at === 0 && (best.length === 6 || isMapped))
    return `${isMapped ? '::ffff:' : '::'}${renderInet(value & 0xffffffffn)}`;
  return `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.length))}`;
};

export const renderValue = (family: Family, value: bigint): string =>
  family === 'inet' ? renderInet(value) : renderInet6(value);

// Packets carry addresses as text; parsing each at every rule would dominate a simulation. Bounded: the world is small.
const seen = new Map<string, Address | null>();

/** An address as getaddrinfo(AI_NUMERICHOST) takes it, or null. */
export const parseAddress = (text: string): Address | null => {
  const known = seen.get(text);
  if (known !== undefined) return known;
  const percent = text.indexOf('%');
  const bare = percent < 0 ? text : text.slice(0, percent);
  const scope = percent < 0 ? null : text.slice(percent + 1);
  const inet = scope === null ? parseInet(bare) : null;
  const inet6 = inet === null && bare.includes(':') ? parseInet6(bare) : null;
  const value = inet ?? inet6;
  const family: Family = inet === null ? 'inet6' : 'inet';
  const address =
    value === null
      ? null
      : { family, value, scope, text: `${renderValue(family, value)}${scope === null ? '' : `%${scope}`}` };
  if (seen.size > 50_000) seen.clear();
  seen.set(text, address);
  return address;
};

export const withoutScope = (text: string): string => {
  const percent = text.indexOf('%');
  return percent < 0 ? text : text.slice(0, percent);
};

// asked at every rule and route that has a network
const masks: Readonly<Record<Family, readonly bigint[]>> = (() => {
  const all = (bits: number): readonly bigint[] =>
    Array.from(
      { length: bits + 1 },
      (_, length) => ((1n << BigInt(bits)) - 1n) ^ ((1n << BigInt(bits - length)) - 1n),
    );
  return { inet: all(32), inet6: all(128) };
})();

/** `length` in 0-32 or 0-128. */
export const maskOf = (family: Family, length: number): bigint => {
  const mask = masks[family][length];
  if (mask === undefined) throw new RangeError(`emulator: no mask of ${length} bits`);
  return mask;
};

export const createPrefix = (family: Family, value: bigint, length: number): Prefix => ({
  family,
  value: value & maskOf(family, length),
  length,
});

export const doesContain = (prefix: Prefix, address: Address): boolean =>
  prefix.family === address.family &&
  (prefix.length === 0 || (address.value & maskOf(prefix.family, prefix.length)) === prefix.value);

/** `ADDRESS/LENGTH` or an address alone (a host); null otherwise. */
export const parseInterfaceAddress = (
  text: string,
): { readonly address: Address; readonly length: number } | null => {
  const [host = '', length] = text.split('/');
  const address = parseAddress(host);
  if (address === null) return null;
  const bits = bitsOf(address.family);
  const wanted = length === undefined ? bits : Number(length);
  return Number.isInteger(wanted) && wanted >= 0 && wanted <= bits ? { address, length: wanted } : null;
};

export const isLinkLocal = (address: Address): boolean =>
  address.family === 'inet6' && address.value >> 118n === 0x3fan;
