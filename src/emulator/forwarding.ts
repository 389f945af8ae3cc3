/**
 * A packet through the machine: pf in, routing, pf out, ARP and the driver, for what is forwarded and for what is its own. Sources:
 * sys/netinet/ip_input.c, ip_output.c, sys/net/pf.c pf_route(), and what OPENBSD.md 3a saw.
 */
import type { Address } from './address.ts';
import { parseAddress, withoutScope } from './address.ts';
import type { EmulatorClock } from './clock.ts';
import { createNeighbourDiscovery } from './neighbour-discovery.ts';
import type { Nic } from './nic.ts';
import { isLinkUp } from './nic.ts';
import { copyPacket, type Packet } from './packet.ts';
import type { Firewall } from './pf.ts';
import type { Queues } from './pf-queue.ts';
import type { Verdict } from './pf-walk.ts';
import { testPacket } from './pf-walk.ts';
import type { Route } from './route-table.ts';
import type { Routing } from './routing.ts';
import type { Uplink } from './uplink.ts';
import { isArpAnswered, lladdrOf } from './uplink.ts';

/** What became of a packet that this machine forwarded. */
export type Forwarded =
  | { readonly kind: 'sent'; readonly nic: Nic; readonly nextHop: string; readonly packet: Packet }
  | { readonly kind: 'local'; readonly packet: Packet }
  | { readonly kind: 'refused'; readonly how: 'rst' | 'unreachable' }
  | { readonly kind: 'dropped'; readonly why: string };

export type SendError =
  | 'Permission denied'
  | 'No route to host'
  | 'Network is down'
  | "Can't assign requested address"
  | 'Host is down'
  | 'Network is unreachable'
  | 'Message too long';

/** What became of a packet of this machine's own. `lost` was sent as far as the sender knows. */
export type Sent =
  | { readonly kind: 'sent'; readonly nic: Nic; readonly nextHop: string; readonly packet: Packet }
  | { readonly kind: 'local' }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'error'; readonly error: SendError };

export interface Forwarding {
  /** A packet comes in on an interface; walks it as far as it gets. */
  forward(packet: Packet, on: string): Forwarded;
  /** A packet of this machine's own. Unless `isBound` it gets the route's source address. */
  send(packet: Packet, isBound: boolean): Sent;
  isLocalAddress(address: string, rdomain: number): boolean;
  /** A host on an interface's link asks for an inet6 address of this machine. Null: it got the answer; else what stopped it. */
  solicit(on: string, from: string, target: string): string | null;
}

export const createForwarding = (machine: {
  readonly clock: EmulatorClock;
  readonly routing: Routing;
  readonly firewall: Firewall;
  readonly sysctls: ReadonlyMap<string, string>;
  readonly nic: (name: string) => Nic | null;
  readonly attached: () => readonly Nic[];
  readonly uplinkBehind: (nic: string) => Uplink | null;
  readonly queues: Queues;
}): Forwarding => {
  const { clock, routing, firewall, sysctls, nic, attached, queues } = machine;

  // asked for every packet that comes in; addresses change with a message on the routing socket only
  let localVersion = -1;
  let local = new Map<number, Set<string>>();
  const isLocalAddress = (address: string, rdomain: number): boolean => {
    const version = firewall.world.version();
    if (version !== localVersion) {
      localVersion = version;
      local = new Map();
      for (const one of attached()) {
        const own = local.get(one.rdomain) ?? new Set();
        local.set(one.rdomain, own);
        for (const { address: each } of one.addresses) own.add(withoutScope(each.text));
      }
    }
    return local.get(rdomain)?.has(withoutScope(address)) === true;
  };

  /** Hands a packet to the driver: ARP, carrier. What the sender gets to know is `error`. */
  const transmit = (
    on: Nic,
    nextHop: Address,
    isViaGateway: boolean,
  ): { readonly why: string; readonly error: SendError | null } | null => {
    if (!on.isAttached || !on.isUp) return { why: 'interface down', error: 'Network is down' };
    // nobody is asked for a link-level address where there is one other end, or none needs one
    if (on.kind !== 'ethernet') return isLinkUp(on) ? null : { why: 'no carrier', error: 'Network is down' };
    const neighbour = routing.neighbour(on, nextHop);
    const now = clock.now();
    neighbour.use++;
    if (neighbour.gateway === null) {
      if (neighbour.rejectUntil > now)
        return { why: 'no ARP answer', error: isViaGateway ? 'No route to host' : 'Host is down' };
      const uplink = machine.uplinkBehind(on.name);
      const isThere = isLinkUp(on) && (uplink === null || isArpAnswered(uplink, nextHop.text));
      const stopped = isThere && nextHop.family === 'inet6' ? discovery.ask(on, nextHop.text) : null;
      if (isThere && stopped === null) {
        neighbour.gateway = lladdrOf(nextHop);
        neighbour.asked = 0;
      } else {
        // arpresolve(): five questions a second apart, then EHOSTDOWN for twenty seconds
        if (now - neighbour.askedAt >= 1000) {
          neighbour.askedAt = now;
          neighbour.asked++;
        }
        if (neighbour.asked > 5) {
          // the packet that finds out is still lost in silence; the next ones are refused
          neighbour.asked = 0;
          neighbour.rejectUntil = now + 20_000;
        }
        return { why: stopped ?? 'no ARP answer', error: null };
      }
    }
    return isLinkUp(on) ? null : { why: 'no carrier', error: null };
  };

  const test = (packet: Packet, direction: 'in' | 'out', on: Nic): Verdict =>
    testPacket({ firewall, nic: on, direction, now: clock.now() }, packet);

  const discovery = createNeighbourDiscovery(test);

  /** The packet as the wire has it: in the queue that takes it here. */
  const enqueue = (packet: Packet, on: Nic): Packet => {
    const queue = queues.take(on.name, packet.queue ?? null, packet.bytes);
    return queue === (packet.queue ?? null) ? packet : { ...packet, queue };
  };

  const refused = (answer: 'none' | 'rst' | 'unreachable', why: string): Forwarded =>
    answer === 'none' ? { kind: 'dropped', why } : { kind: 'refused', how: answer };

  /** From the choice of the interface on: pf out, then the driver. */
  const leave = (
    packet: Packet,
    on: Nic,
    nextHop: Address,
    isViaGateway: boolean,
    isTested: boolean,
  ): Forwarded => {
    let going = packet;
    let hop = nextHop;
    let nicOut = on;
    if (isTested) {
      const verdict = test(packet, 'out', on);
      if (verdict.kind === 'block') return refused(verdict.answer, verdict.why);
      going = verdict.packet;
      if (verdict.isRerouted) {
        // the destination or the routing domain changed on the way out: route once more, without pf (ip_output, PF_TAG_REROUTE).
        // This is how answers come back from a link's own rdomain.
        const other = reach(going.destination, going.source, going.rtable, false);
        if (other === null) return { kind: 'refused', how: 'unreachable' };
        nicOut = other.nic;
        hop = other.hop;
      } else if (verdict.gateway !== null) {
        const other = reach(verdict.gateway, packet.source, going.rtable);
        if (other === null) return { kind: 'refused', how: 'unreachable' };
        nicOut = other.nic;
        hop = other.hop;
      }
    }
    const problem = transmit(nicOut, hop, isViaGateway);
    if (problem === null)
      return { kind: 'sent', nic: nicOut, nextHop: hop.text, packet: enqueue(going, nicOut) };
    return problem.error === null
      ? { kind: 'dropped', why: problem.why }
      : { kind: 'refused', how: 'unreachable' };
  };

  /** Where an address is, by the routing table: null when there is no route to it, or none that is valid. */
  const reach = (
    to: string,
    source: string,
    rtable: number,
    mustBeValid = true,
  ): { readonly nic: Nic; readonly hop: Address } | null => {
    const address = parseAddress(to);
    const route = address === null ? null : routing.lookup(rtable, address, source);
    if (address === null || route === null || (mustBeValid && !routing.isValid(route))) return null;
    const on = nic(route.nic);
    if (on === null) return null;
    route.use++;
    const via = route.isViaGateway && route.gateway !== null ? parseAddress(route.gateway) : address;
    return via === null ? null : { nic: on, hop: via };
  };

  const forward = (packet: Packet, on: string): Forwarded => {
    const came = nic(on);
    if (came === null || !isLinkUp(came)) return { kind: 'dropped', why: 'no carrier' };
    const verdict = test(copyPacket(packet, packet.source, came.rdomain, null), 'in', came);
    if (verdict.kind === 'block') return refused(verdict.answer, verdict.why);
    const inside = verdict.packet;
    if (verdict.gateway !== null) {
      const target = reach(verdict.gateway, packet.source, inside.rtable);
      if (target === null) return { kind: 'refused', how: 'unreachable' };
      return leave(inside, target.nic, target.hop, true, true);
    }
    if (isLocalAddress(inside.destination, routing.rdomainOf(inside.rtable)))
      return { kind: 'local', packet: inside };
    const isForwarding =
      sysctls.get(packet.family === 'inet' ? 'net.inet.ip.forwarding' : 'net.inet6.ip6.forwarding') !== '0';
    if (!isForwarding) return { kind: 'dropped', why: 'not forwarding' };
    const target = parseAddress(inside.destination);
    const route = target === null ? null : routing.lookup(inside.rtable, target, inside.source);
    // one whose link is down will do: ip_forward() and ip_output() only ask whether there is a route
    if (target === null || route === null || route.reject) return { kind: 'refused', how: 'unreachable' };
    if (route.blackhole) return { kind: 'dropped', why: 'blackhole' };
    const leaving = nic(route.nic);
    const hop = route.isViaGateway && route.gateway !== null ? parseAddress(route.gateway) : target;
    if (leaving === null || hop === null) return { kind: 'refused', how: 'unreachable' };
    route.use++;
    return leave(inside, leaving, hop, route.isViaGateway, true);
  };

  const send = (packet: Packet, isBound: boolean): Sent => {
    const target = parseAddress(packet.destination);
    if (target === null) return { kind: 'error', error: 'No route to host' };
    const rdomain = routing.rdomainOf(packet.rtable);
    if (isLocalAddress(packet.destination, rdomain) && packet.rtable === rdomain) return { kind: 'local' };
    // an unbound socket takes its address from the first of equals, and only then the hash says by which it leaves (in_pcbselsrc, ip_output)
    const first = routing.lookup(packet.rtable, target);
    const own = isBound ? packet.source : withoutScope(first?.source ?? '');
    const route: Route | null = routing.lookup(packet.rtable, target, own);
    if (route === null)
      return { kind: 'error', error: isBound ? 'No route to host' : "Can't assign requested address" };
    if (route.reject) return { kind: 'error', error: 'Network is unreachable' };
    if (route.blackhole) return { kind: 'lost', why: 'blackhole' };
    if (route.kind === 'local') return { kind: 'local' };
    const on = nic(route.nic);
    const hop = route.isViaGateway && route.gateway !== null ? parseAddress(route.gateway) : target;
    if (on === null || hop === null) return { kind: 'error', error: 'No route to host' };
    route.use++;
    const verdict = test(copyPacket(packet, own, packet.rtable, packet.tag), 'out', on);
    if (verdict.kind === 'block') return { kind: 'error', error: 'Permission denied' };
    let leaving = on;
    let nextHop = hop;
    let isViaGateway = route.isViaGateway;
    const going = verdict.packet;
    if (verdict.isRerouted || verdict.gateway !== null) {
      // a packet of this machine's own is not tested again on the new interface (OPENBSD.md 2, point 6)
      const other =
        verdict.gateway === null
          ? reach(going.destination, going.source, going.rtable, false)
          : reach(verdict.gateway, own, going.rtable);
      if (other === null)
        return verdict.gateway === null
          ? { kind: 'error', error: 'No route to host' }
          : { kind: 'lost', why: 'no route to the gateway' };
      leaving = other.nic;
      nextHop = other.hop;
      isViaGateway = true;
    }
    const problem = transmit(leaving, nextHop, isViaGateway);
    if (problem === null)
      return {
        kind: 'sent',
        nic: leaving,
        nextHop: nextHop.text,
        packet: enqueue(going, leaving),
      };
    return problem.error === null
      ? { kind: 'lost', why: problem.why }
      : { kind: 'error', error: problem.error };
  };

  const solicit: Forwarding['solicit'] = (on, from, target) => {
    const came = nic(on);
    return came === null || !isLinkUp(came) ? 'no carrier' : discovery.answer(came, from, target);
  };

  return { forward, send, isLocalAddress, solicit };
};
