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
  gatewayWordOf,
  isLinkLocal,
  type LinkSettings,
  type PathKey,
  pathKey,
  type Settings,
  type Target,
} from '../core/model.ts';
import { isLinkUp, type Nic, type NicAddress } from '../emulator/nic.ts';
import type { Router } from '../emulator/router.ts';
import type { Uplink } from '../emulator/uplink.ts';
import { PROGRAM_ASKS } from './admin-program.ts';
import { farEndOf, gatewayNow, UNSPECIFIED } from './learnt-truth.ts';

export type Standing = 'good' | 'dead' | 'grey';

export interface PathTruth {
  readonly key: PathKey;
  readonly link: LinkSettings;
  readonly family: Family;
  /** The next hop that this machine has been told; null: none. */
  readonly gateway: string | null;
  readonly standing: Standing;
  readonly since: number;
  /** Interface, addresses and gateway: with others it is another path, and what was on it before is lost. */
  readonly identity: string;
  readonly identityAt: number;
  /** When it was last seen ready as another one, which it had been before; 0: never. */
  readonly leftAt: number;
}

/** The host behind the gateway that a target asks, in whatever way. */
const hostsOf = (target: Target, family: Family): readonly string[] => {
  switch (target.kind) {
    case 'gateway':
      return [];
    case 'exec':
      return [PROGRAM_ASKS[family]];
    case 'address':
    case 'tcp':
    case 'dns':
      return target.family === family ? [target.address] : [];
  }
};

const targetsBehind = (link: LinkSettings, family: Family): readonly string[] =>
  link.probe.targets.flatMap((target) => hostsOf(target, family));

/** What follows from an interface's addresses. They hardly ever change, and are looked at for every packet of a client. */
interface Place {
  readonly link: LinkSettings;
  readonly nic: Nic | null;
  readonly addresses: readonly NicAddress[];
  readonly gateway: string | null;
  readonly identity: string;
  readonly hasAddress: boolean;
  readonly hasAddressTowards: boolean;
}

const placeOf = (nic: Nic | null, link: LinkSettings, family: Family, gateway: string | null): Place => {
  const addresses = nic?.addresses ?? [];
  const own = addresses.filter(({ address }) => address.family === family);
  const isTowards = ({ address, length, peer }: NicAddress): boolean =>
    gateway !== null &&
    address.text !== gateway &&
    (isLinkLocal(gateway) ||
      peer === gateway ||
      containsAddress(networkOf(address.text.split('%')[0] ?? '', length), gateway));
  return {
    link,
    nic,
    addresses,
    gateway,
    identity: `${link.interface} ${nic?.index} ${own.map(({ address }) => address.text).join(' ')} ${gateway}`,
    hasAddress: own.some(({ address }) => address.text !== UNSPECIFIED),
    hasAddressTowards: own.some(isTowards),
  };
};

/** The router gives an interface other addresses by another list, so the same list holds the same ones. */
const isStill = (
  place: Place | undefined,
  nic: Nic | null,
  link: LinkSettings,
  gateway: string | null,
): place is Place =>
  place?.link === link &&
  place.nic === nic &&
  place.gateway === gateway &&
  (nic === null || place.addresses === nic.addresses);

const isMarginal = (uplink: Uplink, link: LinkSettings, family: Family, gateway: string): boolean => {
  const { timeout, interval, latency } = link.probe;
  // A step of the round-trip time beyond what a time-out that follows allows for at least may look like death for a moment.
  const wait = timeout === 'auto' ? autoTimeout({ mean: 0, deviation: 0 }, interval, 0) : timeout;
  const slow = Math.min(wait, latency.degraded ?? wait);
  const isWatched = (target: string): boolean =>
    target === gateway || targetsBehind(link, family).includes(target);
  return (
    uplink.loss > 0 ||
    2 * (uplink.latencyMs + uplink.jitterMs) > slow ||
    [...uplink.blackholes].some(isWatched)
  );
};

const uplinkBehind = (router: Router, nic: string): Uplink | undefined => {
  for (const uplink of router.uplinks.values()) if (uplink.interface === nic) return uplink;
  return undefined;
};

const standingOf = (router: Router, place: Place, family: Family): Standing => {
  const { link, nic, gateway } = place;
  const uplink = uplinkBehind(router, link.interface);
  if (nic === null || !isLinkUp(nic) || nic.rdomain !== 0 || !place.hasAddress) return 'dead';
  if (gateway !== null && !place.hasAddressTowards) return 'dead';
  if (uplink === undefined) return 'grey';
  if (uplink.isGatewayDead) return 'dead';
  const farEnd = family === 'inet' ? farEndOf(router, uplink.name, nic) : 'well';
  if (farEnd === 'gone') return 'dead';
  if (gateway === null || (family === 'inet' ? uplink.gateway : uplink.gateway6) !== gateway) return 'grey';
  // If only the gateway is asked, nobody can know that nothing behind it answers.
  if (uplink.isDark || uplink.darkFamily === family)
    return targetsBehind(link, family).length > 0 ? 'dead' : 'grey';
  return farEnd === 'doubtful' || isMarginal(uplink, link, family, gateway) ? 'grey' : 'good';
};

/** A daemon that is told nothing but what is there now could tell where this path goes. */
const isReady = (router: Router, place: Place, family: Family): boolean => {
  if (place.nic === null || !isLinkUp(place.nic)) return false;
  switch (gatewayWordOf(place.link, family)) {
    case 'route':
      return place.hasAddress;
    case 'dhcp':
      return place.hasAddressTowards && router.dhcp.isRunning;
    default:
      return place.hasAddressTowards;
  }
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
  const places = new Map<PathKey, Place>();
  /** As what each was last seen ready, and when it had been so as another one. */
  const lastReady = new Map<PathKey, { readonly identity: string; readonly leftAt: number; at: number }>();

  const leftAtOf = (key: PathKey, identity: string): number => {
    const last = lastReady.get(key);
    if (last === undefined) return 0;
    return last.identity === identity ? last.leftAt : last.at;
  };

  const noteReady = (key: PathKey, identity: string, leftAt: number, now: number): void => {
    const last = lastReady.get(key);
    if (last?.identity === identity) last.at = now;
    else lastReady.set(key, { identity, leftAt, at: now });
  };

  const lookAt = (link: LinkSettings, family: Family, now: number): PathTruth => {
    const key = pathKey(link.name, family);
    const nic = router.nic(link.interface);
    const gateway = gatewayNow(router, link, family, nic);
    const known = places.get(key);
    const place = isStill(known, nic, link, gateway) ? known : placeOf(nic, link, family, gateway);
    places.set(key, place);
    const { identity } = place;
    const standing = standingOf(router, place, family);
    const was = paths.get(key);
    const leftAt = leftAtOf(key, identity);
    if (isReady(router, place, family)) noteReady(key, identity, leftAt, now);
    const isSame = was?.standing === standing && was.identity === identity;
    if (isSame && was.link === link) return was;
    const identityAt = was?.identity === identity ? was.identityAt : now;
    const since = isSame ? was.since : now;
    return { key, link, family, gateway, standing, identity, since, identityAt, leftAt };
  };

  return {
    look: (settings, now) => {
      const seen = new Map<PathKey, PathTruth>();
      for (const link of settings.links) {
        for (const family of families) {
          if (gatewayOf(link, family) === null) continue;
          const path = lookAt(link, family, now);
          seen.set(path.key, path);
        }
      }
      paths = seen;
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
