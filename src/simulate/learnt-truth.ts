/**
 * What is true of gateways that no file names, and of the ends that give them out: what this machine has been told, and whether the
 * other end stands by it. Asked of the emulated world, never of what the daemon has read.
 */
import { type Family, gatewayOf, gatewayWordOf, type LinkSettings } from '../core/model.ts';
import { createPrefix, doesContain } from '../emulator/address.ts';
import { isLinkUp, type Nic } from '../emulator/nic.ts';
import type { Router } from '../emulator/router.ts';

/** dhcpleased's and sppp's, as long as nobody has told them one. */
export const UNSPECIFIED = '0.0.0.0';

/** The next hop that this machine has for a link; null: nobody has told it one, or can be asked now. */
export const gatewayNow = (
  router: Router,
  link: LinkSettings,
  family: Family,
  nic: Nic | null,
): string | null => {
  switch (gatewayWordOf(link, family)) {
    case null:
      return gatewayOf(link, family);
    case 'dhcp': {
      const lease = nic === null ? null : router.dhcp.get(nic.index);
      return lease?.address === null ? null : (lease?.gateway ?? null);
    }
    case 'peer': {
      const own = nic?.addresses.find(({ address }) => address.family === family);
      return own === undefined || own.address.text === UNSPECIFIED ? null : own.peer;
    }
    case 'route':
      return null;
  }
};

/**
 * How the end that gives out addresses stands by what it gave. `gone`: nothing gets through; `doubtful`: it does until somebody
 * notices; `well` also where there is no such end.
 */
export const farEndOf = (router: Router, uplink: string, nic: Nic): 'well' | 'doubtful' | 'gone' => {
  const server = router.dhcpServerOf(uplink);
  if (server !== null) {
    // What has another network now drops what comes from the old one.
    const given = createPrefix('inet', server.address.value, server.length);
    const isGiven = nic.addresses.some(
      ({ address }) => address.family === 'inet' && doesContain(given, address),
    );
    if (!isGiven) return 'gone';
    // Nobody can be asked for the gateway.
    return router.dhcp.isRunning ? 'well' : 'doubtful';
  }
  const concentrator = router.concentratorOf(uplink);
  if (concentrator === null) return 'well';
  const session = router.pppoe.get(nic.name);
  const parent = session === null ? null : router.nic(session.parent);
  // A session is not told that its parent has lost the cable.
  if (parent === null || !isLinkUp(parent)) return 'gone';
  return concentrator.isSilent ? 'doubtful' : 'well';
};
