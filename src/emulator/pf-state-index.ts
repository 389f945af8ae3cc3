/**
 * pf states by one of their keys. Every packet asks, so nothing is made of its key for that, no text above all. Several may have the same
 * key, on different interfaces: those that are bound to one come first (sys/net/pf.c, pf_find_state).
 */
import type { Family } from './address.ts';
import type { Protocol } from './packet.ts';
import type { PfState, StateKey } from './pf-state.ts';

export interface StateIndex {
  /** The first with that key that holds on the interface. */
  find(family: Family, protocol: Protocol, key: StateKey, nic: string): PfState | null;
  has(family: Family, protocol: Protocol, key: StateKey): boolean;
  insert(pfState: PfState): void;
  remove(pfState: PfState): void;
}

const NONE: readonly PfState[] = [];

const portsOf = (key: StateKey): number => key.port0 * 65_536 + key.port1;

const isSame = (one: StateKey, other: StateKey): boolean =>
  one.port0 === other.port0 &&
  one.port1 === other.port1 &&
  one.address0 === other.address0 &&
  one.address1 === other.address1 &&
  one.rdomain === other.rdomain;

/** `keyOf`: the key that they are found by. */
export const createStateIndex = (keyOf: (pfState: PfState) => StateKey): StateIndex => {
  // few have an address and both ports in common
  const byAddress = new Map<string, Map<number, PfState[]>>();
  const near = (key: StateKey): readonly PfState[] => byAddress.get(key.address0)?.get(portsOf(key)) ?? NONE;
  const isOf = (pfState: PfState, family: Family, protocol: Protocol, key: StateKey): boolean =>
    pfState.protocol === protocol && pfState.family === family && isSame(keyOf(pfState), key);

  return {
    find: (family, protocol, key, nic) => {
      for (const one of near(key))
        if ((one.interface === 'all' || one.interface === nic) && isOf(one, family, protocol, key))
          return one;
      return null;
    },
    has: (family, protocol, key) => near(key).some((one) => isOf(one, family, protocol, key)),
    insert: (pfState) => {
      const key = keyOf(pfState);
      const byPorts = byAddress.get(key.address0) ?? new Map<number, PfState[]>();
      byAddress.set(key.address0, byPorts);
      const ports = portsOf(key);
      const there = byPorts.get(ports);
      if (there === undefined) byPorts.set(ports, [pfState]);
      else if (pfState.interface === 'all') there.push(pfState);
      else there.unshift(pfState);
    },
    remove: (pfState) => {
      const key = keyOf(pfState);
      const byPorts = byAddress.get(key.address0);
      const there = byPorts?.get(portsOf(key));
      if (byPorts === undefined || there === undefined) return;
      const at = there.indexOf(pfState);
      if (at >= 0) there.splice(at, 1);
      if (there.length === 0) byPorts.delete(portsOf(key));
      if (byPorts.size === 0) byAddress.delete(key.address0);
    },
  };
};
