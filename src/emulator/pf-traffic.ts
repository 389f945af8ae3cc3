/**
 * What pf counts by interface: packets and bytes, by family, direction and whether they passed (sys/net/pf.c pf_counters_inc(), pfik_packets).
 * Packets that pf does not look at, by `set skip` or switched off, are not among them.
 */
import type { Packet } from './packet.ts';
import type { Direction } from './pf-rules.ts';

/** In the order of `pfctl -vvsI`: inet before inet6, in before out, passed before blocked. */
export interface Traffic {
  readonly packets: number[];
  readonly bytes: number[];
  /** When counting began, in milliseconds on the router's clock. */
  readonly since: number;
}

export interface TrafficCounters {
  count(nic: string, direction: Direction, packet: Packet, hasPassed: boolean): void;
  of(nic: string): Traffic;
  /** `pfctl -F info -i NIC`. */
  clear(nic: string, now: number): void;
}

const KINDS = 8;

export const createTrafficCounters = (start: number): TrafficCounters => {
  const all = new Map<string, Traffic>();
  const begin = (nic: string, since: number): Traffic => {
    const fresh = { packets: Array(KINDS).fill(0), bytes: Array(KINDS).fill(0), since };
    all.set(nic, fresh);
    return fresh;
  };
  const of = (nic: string): Traffic => all.get(nic) ?? begin(nic, start);
  return {
    count: (nic, direction, { family, bytes }, hasPassed) => {
      const traffic = of(nic);
      const i = (family === 'inet6' ? 4 : 0) + (direction === 'out' ? 2 : 0) + (hasPassed ? 0 : 1);
      traffic.packets[i] = (traffic.packets[i] ?? 0) + 1;
      traffic.bytes[i] = (traffic.bytes[i] ?? 0) + bytes;
    },
    of,
    clear: (nic, now) => {
      begin(nic, now);
    },
  };
};
