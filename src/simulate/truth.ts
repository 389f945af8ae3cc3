/**
 * What is true of each path, by the emulated world alone, and since when. `good`: whatever is sent there is answered, in time.
 * `dead`: nothing is. `grey`: anything else, of which nothing is demanded. It asks the daemon for nothing but its settings.
 */

import { containsAddress, networkOf } from '../core/address.ts';
import { autoTimeout } from '../core/estimate.ts';
import {
  type Family,
  families,
  gatewayOf,
  isLinkLocal,
  type LinkSettings,
  type PathKey,
  pathKey,
  type Settings,
} from '../core/model.ts';
import { isLinkUp } from '../emulator/nic.ts';
import type { Router } from '../emulator/router.ts';
import type { Uplink } from '../emulator/uplink.ts';

export type Standing = 'good' | 'dead' | 'grey';

export interface PathTruth {
  readonly key: PathKey;
  readonly link: LinkSettings;
  readonly family: Family;
  readonly standing: Standing;
  readonly since: number;
  /** Interface, addresses and gateway: with others it is another path, and what was on it before is lost. */
  readonly identity: string;
  readonly identityAt: number;
}

/** Targets behind the gateway that the path's probes ask for. */
const targetsBehind = (link: LinkSettings, family: Family): readonly string[] =>
  link.probe.targets.flatMap((target) =>
    target.kind === 'address' && target.family === family ? [target.address] : [],
  );

const hasAddressTowards = (router: Router, link: LinkSettings, family: Family, gateway: string): boolean =>
  router
    .nic(link.interface)
    ?.addresses.some(
      ({ address, length }) =>
        address.family === family &&
        address.text !== gateway &&
        (isLinkLocal(gateway) ||
          containsAddress(networkOf(address.text.split('%')[0] ?? '', length), gateway)),
    ) ?? false;

const isMarginal = (uplink: Uplink, link: LinkSettings, family: Family): boolean => {
  const { timeout, interval, latency } = link.probe;
  // A step of the round-trip time beyond what a time-out that follows allows for at least may look like death for a moment.
  const wait = timeout === 'auto' ? autoTimeout({ mean: 0, deviation: 0 }, interval, 0) : timeout;
  const slow = Math.min(wait, latency.degraded ?? wait);
  const watched = [...targetsBehind(link, family), gatewayOf(link, family) ?? ''];
  return (
    uplink.loss > 0 ||
    2 * (uplink.latencyMs + uplink.jitterMs) > slow ||
    watched.some((target) => uplink.blackholes.has(target))
  );
};

const standingOf = (router: Router, link: LinkSettings, family: Family): Standing => {
  const nic = router.nic(link.interface);
  const gateway = gatewayOf(link, family);
  const uplink = [...router.uplinks.values()].find((each) => each.interface === link.interface);
  if (nic === null || gateway === null || !isLinkUp(nic) || nic.rdomain !== 0) return 'dead';
  if (!hasAddressTowards(router, link, family, gateway)) return 'dead';
  if (uplink === undefined) return 'grey';
  if (uplink.isGatewayDead) return 'dead';
  if ((family === 'inet' ? uplink.gateway : uplink.gateway6) !== gateway) return 'grey';
  // If only the gateway is asked, nobody can know that nothing behind it answers.
  if (uplink.isDark || uplink.darkFamily === family)
    return targetsBehind(link, family).length > 0 ? 'dead' : 'grey';
  return isMarginal(uplink, link, family) ? 'grey' : 'good';
};

const identityOf = (router: Router, link: LinkSettings, family: Family): string => {
  const nic = router.nic(link.interface);
  const own = (nic?.addresses ?? []).filter(({ address }) => address.family === family);
  const addresses = own.map(({ address }) => address.text);
  return `${link.interface} ${nic?.index} ${addresses.join(' ')} ${gatewayOf(link, family)}`;
};

export interface Truth {
  /** Looks at the world. To be called whenever something may have changed, and every now and then. */
  look(settings: Settings, now: number): void;
  readonly paths: ReadonlyMap<PathKey, PathTruth>;
  /** For how long a path has been what it is; 0 if it is not that. */
  lasting(key: PathKey, standing: Standing, now: number): number;
}

export const createTruth = (router: Router): Truth => {
  let paths: ReadonlyMap<PathKey, PathTruth> = new Map();
  return {
    look: (settings, now) => {
      paths = new Map(
        settings.links.flatMap((link) =>
          families
            .filter((family) => gatewayOf(link, family) !== null)
            .map((family): readonly [PathKey, PathTruth] => {
              const key = pathKey(link.name, family);
              const standing = standingOf(router, link, family);
              const was = paths.get(key);
              const identity = identityOf(router, link, family);
              const isSame = was?.standing === standing && was.identity === identity;
              const identityAt = was?.identity === identity ? was.identityAt : now;
              const since = isSame ? was.since : now;
              return [key, { key, link, family, standing, identity, since, identityAt }];
            }),
        ),
      );
    },
    get paths() {
      return paths;
    },
    lasting: (key, standing, now) => {
      const path = paths.get(key);
      return path?.standing === standing ? now - path.since : 0;
    },
  };
};
