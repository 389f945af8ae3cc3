/**
 * Addresses as OpenBSD's commands print them -> canonical text (RFC 5952 for inet6), so that two readings of one address
 * compare equal. Anything else is refused with null. It must not resolve names.
 */

const octet = /^(?:0|[1-9][0-9]{0,2})$/;

/** Dotted quad without leading zeros, or null. */
export const parseInet = (text: string): string | null => {
  if (text.length > 15) return null;
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => octet.test(part) && Number(part) <= 255) ? text : null;
};

/** Groups of one side of `::`, the last of which may be a dotted quad; null if one is malformed. */
const parseGroups = (side: string): readonly number[] | null => {
  if (side === '') return [];
  const parts = side.split(':');
  const groups: number[] = [];
  for (const [at, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    if (at !== parts.length - 1 || parseInet(part) === null) return null;
    const [a, b, c, d] = part.split('.').map(Number) as [number, number, number, number];
    groups.push(a * 256 + b, c * 256 + d);
  }
  return groups;
};

/** Where the longest run of two or more zero groups begins and ends; the first of equally long ones. */
const findZeros = (groups: readonly number[]): { readonly from: number; readonly to: number } | null => {
  let best: { readonly from: number; readonly to: number } | null = null;
  let from = 0;
  while (from < groups.length) {
    let to = from;
    while (to < groups.length && groups[to] === 0) to += 1;
    if (to - from >= 2 && (best === null || to - from > best.to - best.from)) best = { from, to };
    from = Math.max(to, from + 1);
  }
  return best;
};

/** Canonical text of an inet6 address, or null. A scope (`%em0`) is taken off: it is the interface's, not the address's. */
export const parseInet6 = (text: string): string | null => {
  const percent = text.indexOf('%');
  const bare = percent === -1 ? text : text.slice(0, percent);
  if (bare.length > 45) return null;
  const [head, tail, ...more] = bare.split('::');
  if (head === undefined || more.length > 0) return null;
  const left = parseGroups(head);
  const right = tail === undefined ? [] : parseGroups(tail);
  if (left === null || right === null) return null;
  // A dotted quad can only end an address.
  if (tail !== undefined && head.includes('.')) return null;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...left, ...new Array<number>(missing).fill(0), ...right];
  const hex = groups.map((group) => group.toString(16));
  // Mapped inet addresses keep their dotted quad (RFC 5952, 5), as inet_ntop(3) prints them.
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped)
    return `::ffff:${groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 255])
      .join('.')}`;
  const zeros = findZeros(groups);
  if (zeros === null) return hex.join(':');
  return `${hex.slice(0, zeros.from).join(':')}::${hex.slice(zeros.to).join(':')}`;
};
