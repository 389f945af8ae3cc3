/**
 * Hard evidence: what the kernel says of a path, without any probe. Either the path could carry packets, and then by
 * which gateway and from which address, or it cannot, and why. Two links that the kernel cannot tell apart are conflict.ts's.
 */
import { addressWidth, containsAddress, networkOf } from './address.ts';
import {
  type Family,
  gatewayOf,
  gatewayWordOf,
  type Interface,
  type InterfaceAddress,
  type InterfaceTable,
  isLinkLocal,
  type LearntGateway,
  type LearnWish,
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

/** What is known of this machine, to find evidence in. */
export interface Sight {
  readonly interfaces: InterfaceTable;
  readonly learnt: readonly LearntGateway[];
}

const missing = (reason: Reason): Evidence => ({ kind: 'missing', reason });

/** pppoe(4) shows 0.0.0.0 before and after a session. */
const isAddressed = (address: string): boolean => address !== '0.0.0.0' && address !== '::';

/** pppoe(4): 0.0.0.1 to 0.0.0.255 stand for whatever the other end will say that it is. */
const isWildcard = (peer: string): boolean => peer.startsWith('0.0.0.');

const isUsableIn = (family: Family, own: InterfaceAddress): boolean =>
  own.family === family && isAddressed(own.address);

/**
 * Where a path's gateway has to be looked for; null if that is known without looking. In a routing domain of its own a
 * lease's default route tells it: nobody else writes there.
 */
export const learnWishOf = (link: LinkSettings, family: Family, rdomain: number): LearnWish | null => {
  const word = gatewayWordOf(link, family);
  if (word === null || word === 'peer') return null;
  const source =
    word === 'dhcp' && rdomain === 0
      ? ({ kind: 'lease' } as const)
      : ({ kind: 'route', rtable: rdomain } as const);
  return { interface: link.interface, family, source };
};

/** Nobody has looked for this gateway yet, so nothing can be said. */
export const isRead = (learnt: readonly LearntGateway[], wish: LearnWish | null): boolean =>
  wish === null || learnt.some((each) => each.interface === wish.interface && each.family === wish.family);

const peerOf = (found: Interface, family: Family): string | null =>
  found.addresses.find((own) => isUsableIn(family, own) && own.peer !== null && !isWildcard(own.peer))
    ?.peer ?? null;

const interfaceOf = (link: LinkSettings, interfaces: InterfaceTable): Interface | undefined =>
  interfaces.find((each) => each.name === link.interface);

/** The gateway of a path as it is told now, with or without carrier; null while it is not known. */
export const findGateway = (
  link: LinkSettings,
  family: Family,
  { interfaces, learnt }: Sight,
): string | null => {
  switch (gatewayWordOf(link, family)) {
    case null:
      return gatewayOf(link, family);
    case 'peer': {
      const found = interfaceOf(link, interfaces);
      return found === undefined ? null : peerOf(found, family);
    }
    case 'dhcp':
    case 'route':
      return (
        learnt.find((each) => each.interface === link.interface && each.family === family)?.gateway ?? null
      );
  }
};

/** An address of the interface from which a gateway can be reached without any route, or null. */
const addressTowards = (found: Interface, family: Family, gateway: string): InterfaceAddress | null => {
  // This machine itself is no way out.
  if (found.addresses.some((own) => own.address === gateway)) return null;
  for (const own of found.addresses) {
    if (!isUsableIn(family, own)) continue;
    // Every inet6 interface has the link-local network, whatever else it has or has not.
    if (isLinkLocal(gateway)) return own;
    if (own.peer === gateway) return own;
    const isHost = own.prefixLength === addressWidth(family);
    if (own.peer === null && !isHost && containsAddress(networkOf(own.address, own.prefixLength), gateway)) {
      return own;
    }
  }
  return null;
};

/** The way that a path would take, whether or not its interface is up; null without address or gateway. */
export interface Way {
  readonly gateway: string;
  readonly own: InterfaceAddress;
}

export const findWay = (link: LinkSettings, family: Family, sight: Sight): Way | null => {
  const found = interfaceOf(link, sight.interfaces);
  const gateway = findGateway(link, family, sight);
  if (found === undefined || gateway === null) return null;
  const own = addressTowards(found, family, gateway);
  return own === null ? null : { gateway, own };
};

/**
 * What is known of a link in one family. Carrier `unknown` counts as up, as it does for the kernel.
 * A gateway outside the interface's networks is refused: pf's route-to would follow whatever route matches it, perhaps
 * out of another link (OPENBSD.md, 3a).
 */
export const findEvidence = (link: LinkSettings, family: Family, sight: Sight): Evidence => {
  const found = interfaceOf(link, sight.interfaces);
  if (found === undefined) return missing('interface-absent');
  if (!found.up) return missing('interface-down');
  if (found.carrier === 'down') return missing('carrier-down');
  if (!found.addresses.some((own) => isUsableIn(family, own))) return missing('no-address');
  if (findGateway(link, family, sight) === null) return missing('no-gateway');
  const way = findWay(link, family, sight);
  if (way === null) return missing('gateway-off-link');
  const { gateway, own } = way;
  return {
    kind: 'ready',
    gateway,
    address: own.address,
    identity: `${found.index}:${own.address}>${gateway}`,
  };
};
