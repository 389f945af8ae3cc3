/** The multicast address at which an inet6 neighbour is asked for (RFC 4291, 2.7.1): `ff02::1:ff` and the address's last 24 bits. */
import { parseAddress, renderValue } from './address.ts';

/** `::` for what is no address. */
export const solicitedNode = (text: string): string => {
  const value = parseAddress(text.split('%')[0] ?? '')?.value ?? 0n;
  return renderValue('inet6', 0xff0200000000000000000001ff000000n | (value & 0xffffffn));
};
