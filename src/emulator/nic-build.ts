/** A new interface as its driver makes it: kind, MTU, priority, link-level address. Configuration is interfaces.ts's. */
import type { Nic, NicKind } from './nic.ts';
import { kindOf } from './nic.ts';
import type { NicDescription } from './router-options.ts';

/** sys/net/if.h: modems stand behind cables. */
const WWAN_PRIORITY = 6;
/** Transcript ifconfig-carp1. */
const CARP_PRIORITY = 15;

const mtuOf = (kind: NicKind): number => {
  switch (kind) {
    case 'loopback':
      return 32768;
    case 'pppoe':
      return 1492;
    case 'wg':
      return 1420;
    case 'gif':
      return 1280;
    case 'gre':
      return 1476;
    case 'tun':
    case 'ppp':
    case 'umb':
    case 'enc':
    case 'ethernet':
      return 1500;
  }
};

export const buildNic = (description: NicDescription, index: number, isUp: boolean): Nic => {
  const kind = kindOf(description.name);
  return {
    name: description.name,
    index,
    kind,
    lladdr:
      kind === 'ethernet' ? (description.lladdr ?? `52:54:00:00:00:${(0x0f + index).toString(16)}`) : null,
    tunnel: description.tunnel ?? null,
    parent: description.parent ?? null,
    priority: kind === 'umb' ? WWAN_PRIORITY : /^carp\d/.test(description.name) ? CARP_PRIORITY : 0,
    mtu: description.mtu ?? mtuOf(kind),
    rdomain: description.rdomain ?? 0,
    description: description.description ?? null,
    groups: description.groups ?? [],
    isUp,
    hasCable: true,
    hasCarrier: description.hasCarrier ?? true,
    isAutoconf: description.isAutoconf ?? false,
    isAutoconf6: description.isAutoconf6 ?? false,
    hasBeenUp: isUp,
    addresses: [],
    isAttached: true,
  };
};
