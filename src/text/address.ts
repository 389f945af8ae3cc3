/**
 * Addresses as OpenBSD's commands print them -> canonical text, so that two readings of one address compare equal.
 * It knows scopes (`%em0`), which core/address.ts does not, and takes them off: they are the interface's, not the address's.
 */
import { parseAddress } from '../core/address.ts';
import type { Family } from '../core/model.ts';

const parseOf = (family: Family, text: string): string | null => {
  const found = parseAddress(text);
  return found?.family === family ? found.address : null;
};

/** Canonical text of an inet address, or null. */
export const parseInet = (text: string): string | null => parseOf('inet', text);

/** Canonical text of an inet6 address without its scope, or null. */
export const parseInet6 = (text: string): string | null => {
  const percent = text.indexOf('%');
  return parseOf('inet6', percent === -1 ? text : text.slice(0, percent));
};
