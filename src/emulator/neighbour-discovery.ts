/**
 * Neighbour discovery (RFC 4861) as far as pf sees it: solicitations and advertisements are inet6 packets and walk through the rules like
 * any other, unlike ARP. A rule that tags and routes them away, or blocks them, cuts the neighbour off. Knows no routes.
 */
import type { Nic } from './nic.ts';
import type { Packet } from './packet.ts';
import type { Direction } from './pf-rules.ts';
import type { Verdict } from './pf-walk.ts';
import { solicitedNode } from './solicited-node.ts';

export interface NeighbourDiscovery {
  /** This machine asks for a neighbour. Null: the answer came; else what stopped it. */
  ask(on: Nic, target: string): string | null;
  /** A neighbour asks for an address of this machine. Null: it got the answer. */
  answer(on: Nic, from: string, target: string): string | null;
}

const bare = (text: string): string => text.split('%')[0] ?? '';

/** pf keeps the target, folded into 16 bits, where a port would be. */
const idOf = (target: string): number =>
  [...target].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) & 0xffff, 7);

const message = (type: 135 | 136, source: string, destination: string, target: string, on: Nic): Packet => ({
  family: 'inet6',
  protocol: 'ipv6-icmp',
  source,
  sourcePort: type === 135 ? idOf(target) : 135,
  destination,
  destinationPort: type === 135 ? 135 : idOf(target),
  flags: {},
  icmpType: type,
  bytes: 72,
  tag: null,
  rtable: on.rdomain,
});

/** This machine's address on the link of a neighbour: one of the same scope if there is one. */
const ownAddress = (on: Nic, target: string): string => {
  const all = on.addresses.filter((one) => one.address.family === 'inet6');
  const isLocal = target.startsWith('fe80:');
  const own = all.find((one) => (one.address.scope !== null) === isLocal) ?? all[0];
  return own === undefined ? '::' : bare(own.address.text);
};

export const createNeighbourDiscovery = (
  test: (packet: Packet, direction: Direction, on: Nic) => Verdict,
): NeighbourDiscovery => {
  /** What stops a message, in words. */
  const stops = (packet: Packet, direction: Direction, on: Nic): string | null => {
    const what = packet.icmpType === 135 ? 'neighbour solicitation' : 'neighbour advertisement';
    const verdict = test(packet, direction, on);
    if (verdict.kind === 'block') return `${what} ${verdict.why}`;
    // route-to and rtable take it away from the machine that it was meant for
    if (verdict.gateway !== null || verdict.packet.rtable !== on.rdomain) return `${what} routed away`;
    return null;
  };
  return {
    ask: (on, wanted) => {
      const target = bare(wanted);
      const own = ownAddress(on, target);
      return (
        stops(message(135, own, solicitedNode(target), target, on), 'out', on) ??
        stops(message(136, target, own, target, on), 'in', on)
      );
    },
    answer: (on, from, wanted) => {
      const target = bare(wanted);
      return (
        stops(message(135, from, solicitedNode(target), target, on), 'in', on) ??
        stops(message(136, target, from, target, on), 'out', on)
      );
    },
  };
};
