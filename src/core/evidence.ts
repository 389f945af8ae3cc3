/**
 * Hard evidence: what the kernel says of a path, without any probe. Either the path could carry packets, and then by
 * which gateway and from which address, or it cannot, and why.
 */
import { addressWidth, containsAddress, networkOf } from './address.ts';
import {
  type Family,
  gatewayOf,
  type Interface,
  type InterfaceTable,
  isLinkLocal,
  type LinkSettings,
  type Reason,
} from './model.ts';

export type Evidence =
  | {
      readonly kind: 'ready';
      readonly gateway: string;
      /** This machine's address on the gateway's network. */
      readonly address: string;
      /** Changes with anything that makes it another path: probes, routes and health then begin anew. */
      readonly identity: string;
    }
  | { readonly kind: 'missing'; readonly reason: Reason };

const missing = (reason: Reason): Evidence => ({ kind: 'missing', reason });

/** pppoe(4) shows 0.0.0.0 before and after a session. */
const isAddressed = (address: string): boolean => address !== '0.0.0.0' && address !== '::';

/** The address of the interface from which a gateway can be reached without any route, or null. */
const addressTowards = (found: Interface, family: Family, gateway: string): string | null => {
  // This machine itself is no way out.
  if (found.addresses.some((own) => own.address === gateway)) return null;
  for (const own of found.addresses) {
    if (own.family !== family || !isAddressed(own.address)) continue;
    // Every inet6 interface has the link-local network, whatever else it has or has not.
    if (isLinkLocal(gateway)) return own.address;
    if (own.peer === gateway) return own.address;
    const isHost = own.prefixLength === addressWidth(family);
    if (own.peer === null && !isHost && containsAddress(networkOf(own.address, own.prefixLength), gateway)) {
      return own.address;
    }
  }
  return null;
};

/**
 * What an interface table says of a link in one family. Carrier `unknown` counts as up, as it does for the kernel.
 * A gateway outside the interface's networks is refused: pf's route-to would follow whatever route matches it, perhaps
 * out of another link (OPENBSD.md, 3a).
 */
export const findEvidence = (link: LinkSettings, family: Family, interfaces: InterfaceTable): Evidence => {
  const found = interfaces.find((each) => each.name === link.interface);
  if (found === undefined) return missing('interface-absent');
  if (!found.up) return missing('interface-down');
  if (found.carrier === 'down') return missing('carrier-down');
  if (found.rdomain !== 0) return missing('other-rdomain');
  if (!found.addresses.some((own) => own.family === family && isAddressed(own.address)))
    return missing('no-address');
  const gateway = gatewayOf(link, family);
  const address = gateway === null ? null : addressTowards(found, family, gateway);
  if (gateway === null || address === null) return missing('gateway-off-link');
  return { kind: 'ready', gateway, address, identity: `${found.index}:${address}>${gateway}` };
};
