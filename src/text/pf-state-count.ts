/**
 * The lines of `pfctl -ss` -> how many connections go by each path now, whatever rules made them. Each is counted once, though it has
 * two pf states: where it leaves by the link, or, if it came in by it, where it goes on. Knows nothing of labels: they belong to
 * rules, and those that are replaced are listed nowhere, though their pf states live on.
 */
import type { Family, PathKey } from '../core/model.ts';
import { parseInet, parseInet6 } from './address.ts';
import { type PfStateLine, parseStateLine, type StateEnd } from './pf-state.ts';

/** What of a path is seen in a pf state. */
export interface StatePlace {
  readonly path: PathKey;
  readonly family: Family;
  readonly interface: string;
  /** 0: the interface is in no routing domain of its own. */
  readonly rdomain: number;
  /** Of this machine; null while there is none. */
  readonly address: string | null;
  /** Null: not known, or packets are not sent to it by route-to. */
  readonly gateway: string | null;
}

export interface StateCounter {
  /** One whole line, without its newline. */
  push(line: string): void;
  readonly counts: ReadonlyMap<PathKey, number>;
}

type State = Extract<PfStateLine, { kind: 'state' }>;

const canonical = (address: string): string => parseInet(address) ?? parseInet6(address) ?? address;

const isEcho = ({ protocol }: State): boolean => protocol === 'icmp' || protocol === 'ipv6-icmp';

const isOf = (end: StateEnd, address: string | null): boolean =>
  address !== null && canonical(end.address) === address;

/** Our own: the rule that lets probes out binds them to the interface, too. */
const isProbe = (state: State, { address }: StatePlace): boolean =>
  isEcho(state) && state.sourceBefore === null && isOf(state.source, address);

const isOnPath = (state: State, place: StatePlace): boolean => {
  if (state.direction === 'out') {
    if (state.interface === place.interface) return !isProbe(state, place);
    // Came in by the link, and its answers are sent back by reply-to.
    return state.gateway !== null && canonical(state.gateway) === place.gateway;
  }
  // To this machine itself; everything else that comes in with a gateway is on its way to a link, and counted there.
  if (state.gateway !== null)
    return (
      canonical(state.gateway) === place.gateway &&
      state.destinationBefore === null &&
      isOf(state.destination, place.address)
    );
  // On the wire it is in the domain that it came from.
  return place.rdomain !== 0 && (state.sourceBefore ?? state.source).rdomain === place.rdomain;
};

export const createStateCounter = (places: readonly StatePlace[]): StateCounter => {
  const counts = new Map(places.map(({ path }) => [path, 0]));
  const interfaces = new Set(places.map((place) => place.interface));
  // As pfctl prints them, which is what parseInet6 makes of them as well.
  const addresses = places.flatMap(({ address }) => address ?? []);
  const hasDomains = places.some(({ rdomain }) => rdomain !== 0);
  return {
    push: (line) => {
      // Most of a long list are neither: they need not be taken apart.
      const isTold = line.includes(' <- ')
        ? (line.includes('{') && addresses.some((address) => line.includes(address))) ||
          (hasDomains && line.includes('('))
        : line.includes('{') || interfaces.has(line.slice(0, line.indexOf(' ')));
      if (!isTold) return;
      const state = parseStateLine(line);
      if (state.kind !== 'state') return;
      const family: Family = state.source.address.includes(':') ? 'inet6' : 'inet';
      const place = places.find((each) => each.family === family && isOnPath(state, each));
      if (place !== undefined) counts.set(place.path, (counts.get(place.path) ?? 0) + 1);
    },
    counts,
  };
};
