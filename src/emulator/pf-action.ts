/**
 * What pf does to a packet that it lets pass: `set prio`, `set tos`, `set queue`, and the addresses of its pf state (sys/net/pf.c,
 * pf_rule_to_actions() and the end of pf_test()). Decides nothing.
 */
import type { Packet } from './packet.ts';
import { prioOf, tosOf } from './packet.ts';
import type { Direction, Rule } from './pf-rules.ts';
import type { Actions, StateKey } from './pf-state.ts';
import { NO_ACTIONS } from './pf-state.ts';

/** What later matching rules do not say stays as earlier ones have it. */
export const withRule = (before: Actions, rule: Rule): Actions =>
  rule.setPrio === null && rule.setTos === null && rule.queue === null
    ? before
    : {
        prio: rule.setPrio ?? before.prio,
        tos: rule.setTos ?? before.tos,
        queue: rule.queue === null ? before.queue : [rule.queue[0], rule.queue[1] ?? rule.queue[0]],
      };

/** A packet as it goes on after `set prio`, `set tos` and `set queue`. */
export const act = (
  packet: Packet,
  actions: Actions,
): { readonly prio: number; readonly tos: number; readonly queue: string | null } => {
  const { flags } = packet;
  const hasPayload = flags.psh === true;
  const isUrgent =
    (packet.protocol === 'tcp' && flags.ack === true && !hasPayload) || (tosOf(packet) & 0x10) !== 0;
  const which = isUrgent ? 1 : 0;
  return {
    prio: actions.prio === null ? prioOf(packet) : actions.prio[which],
    tos: actions.tos ?? tosOf(packet),
    queue: actions.queue === null ? (packet.queue ?? null) : actions.queue[which],
  };
};

/** The packet with the ends of a key, as seen in a direction, and what its pf state does to it. Written out: it runs for every packet. */
export const rewrite = (
  packet: Packet,
  direction: Direction,
  key: StateKey,
  actions: Actions,
  tag: string | null,
  rtable: number,
): Packet => {
  const { prio, tos, queue } =
    actions === NO_ACTIONS
      ? { prio: prioOf(packet), tos: tosOf(packet), queue: packet.queue ?? null }
      : act(packet, actions);
  const isIn = direction === 'in';
  return {
    family: packet.family,
    protocol: packet.protocol,
    source: isIn ? key.address0 : key.address1,
    sourcePort: isIn ? key.port0 : key.port1,
    destination: isIn ? key.address1 : key.address0,
    destinationPort: isIn ? key.port1 : key.port0,
    flags: packet.flags,
    icmpType: packet.icmpType,
    bytes: packet.bytes,
    tag,
    rtable,
    prio,
    tos,
    queue,
  };
};
