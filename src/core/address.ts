/**
 * Addresses and networks: text to canonical text, networks of addresses, and an order for stable table text.
 *
 * Canonical is dotted decimal for inet and RFC 5952 for inet6, so equal addresses have equal text and everything else
 * can compare strings. Knows no scope (`%em0`) and resolves no name.
 */
import type { Family, Prefix } from './model.ts';

export interface Address {
  readonly family: Family;
  /** Canonical text without scope. */
  readonly address: string;
}

/** An address as it stands on an interface: the length of its network, but with its host bits. */
export interface AddressWithLength extends Address {
  readonly length: number;
}

interface Bits {
  readonly family: Family;
  readonly value: bigint;
}

/** The longest inet6 text: six groups of four and a dotted tail. Longer text is refused before it costs anything. */
const LONGEST = 45;

export const addressWidth = (family: Family): 32 | 128 => (family === 'inet' ? 32 : 128);

/** Four numbers 0-255. Leading zeros are refused: inet_aton(3) reads them as octal, inet_pton(3) refuses them. */
const readInet = (text: string): bigint | null => {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    value = (value << 8n) | BigInt(part);
  }
  return value;
};

/** The groups on one side of `::`, the last of which may be dotted decimal when the text ends there. */
const readGroups = (text: string, isTail: boolean): readonly bigint[] | null => {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (isTail && index === parts.length - 1 && part.includes('.')) {
      const dotted = readInet(part);
      if (dotted === null) return null;
      groups.push(dotted >> 16n, dotted & 0xffffn);
    } else if (/^[0-9a-f]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return null;
  }
  return groups;
};

const readInet6 = (text: string): bigint | null => {
  const [left = '', right, ...more] = text.toLowerCase().split('::');
  if (more.length > 0) return null;
  const isShort = right !== undefined;
  const head = readGroups(left, !isShort);
  const tail = readGroups(right ?? '', isShort);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  // `::` stands for at least one group (RFC 4291, 2.2).
  if (isShort ? missing < 1 : missing !== 0) return null;
  return [...head, ...Array<bigint>(missing).fill(0n), ...tail].reduce(
    (value, group) => (value << 16n) | group,
    0n,
  );
};

const renderInet = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');

/** RFC 5952: small letters, no leading zeros, the first of the longest runs of two or more zero groups as `::`. */
const renderInet6 = (value: bigint): string => {
  if (value >> 32n === 0xffffn) return `::ffff:${renderInet(value & 0xffffffffn)}`;
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn);
  let from = 0;
  let longest = 0;
  let run = 0;
  for (const [index, group] of groups.entries()) {
    run = group === 0n ? run + 1 : 0;
    if (run > longest) {
      longest = run;
      from = index + 1 - run;
    }
  }
  const text = (part: readonly bigint[]): string => part.map((group) => group.toString(16)).join(':');
  return longest < 2 ? text(groups) : `${text(groups.slice(0, from))}::${text(groups.slice(from + longest))}`;
};

const renderBits = (bits: Bits): string =>
  bits.family === 'inet' ? renderInet(bits.value) : renderInet6(bits.value);

interface Read {
  readonly bits: Bits;
  readonly address: Address;
}

// A router has few addresses, and asks for the same ones at every reading of its interfaces.
const known = new Map<string, Read | null>();
const MOST_KNOWN = 1000;

const read = (text: string): Read | null => {
  if (text.length > LONGEST) return null;
  const before = known.get(text);
  if (before !== undefined) return before;
  const family: Family = text.includes(':') ? 'inet6' : 'inet';
  const value = family === 'inet' ? readInet(text) : readInet6(text);
  const bits = value === null ? null : { family, value };
  const found = bits === null ? null : { bits, address: { family, address: renderBits(bits) } };
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, found);
  return found;
};

const readBits = (text: string): Bits | null => read(text)?.bits ?? null;

/** Clears the host bits. `length` is within the family's width. */
const maskBits = (bits: Bits, length: number): Bits => {
  const host = BigInt(addressWidth(bits.family) - length);
  return { family: bits.family, value: (bits.value >> host) << host };
};

/** Reads one address of either family; null if it is none, or has a scope or a length. */
export const parseAddress = (text: string): Address | null => read(text)?.address ?? null;

/** Reads `address` (a host) or `address/length`, and keeps the host bits; null if it is neither. */
export const parseAddressWithLength = (text: string): AddressWithLength | null => {
  const [before = '', after, ...more] = text.split('/', 3);
  const address = parseAddress(before);
  if (address === null || more.length > 0) return null;
  const width = addressWidth(address.family);
  if (after === undefined) return { ...address, length: width };
  if (!/^(0|[1-9][0-9]{0,2})$/.test(after) || Number(after) > width) return null;
  return { ...address, length: Number(after) };
};

/**
 * The network of `length` bits that an address is in.
 * Throws RangeError for text that is no address or a length beyond its family: a mistake of the caller, never of input.
 */
export const networkOf = (address: string, length: number): Prefix => {
  const bits = readBits(address);
  if (bits === null || !Number.isInteger(length) || length < 0 || length > addressWidth(bits.family)) {
    throw new RangeError(`no network: ${address}/${length}`);
  }
  return { family: bits.family, address: renderBits(maskBits(bits, length)), length };
};

/** Reads a network, `address/length` or a host without length; null if it is none, or has host bits set. */
export const parsePrefix = (text: string): Prefix | null => {
  const host = parseAddressWithLength(text);
  return host === null || networkOf(host.address, host.length).address !== host.address ? null : host;
};

/** Whether an address is in a network. False for another family and for text that is no address. */
export const containsAddress = (prefix: Prefix, address: string): boolean => {
  const bits = readBits(address);
  if (bits === null || bits.family !== prefix.family) return false;
  return maskBits(bits, prefix.length).value === readBits(prefix.address)?.value;
};

/** As pfctl(8) prints it: a host without its length. */
export const renderPrefix = (prefix: Prefix): string =>
  prefix.length === addressWidth(prefix.family) ? prefix.address : `${prefix.address}/${prefix.length}`;

const compareBigints = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * A total order by family (inet first), address and length, for stable table text.
 * Takes canonical prefixes; an address that cannot be read counts as zero.
 */
export const comparePrefixes = (a: Prefix, b: Prefix): number => {
  if (a.family !== b.family) return a.family === 'inet' ? -1 : 1;
  const values = compareBigints(readBits(a.address)?.value ?? 0n, readBits(b.address)?.value ?? 0n);
  return values !== 0 ? values : a.length - b.length;
};
