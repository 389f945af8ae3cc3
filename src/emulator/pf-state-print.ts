/** A pf state as `pfctl -ss` prints it (sbin/pfctl/pf_print_state.c print_state). */
import type { Family } from './address.ts';
import type { PfState, StateTable } from './pf-state.ts';

const TCP_NAMES = [
  'CLOSED',
  'LISTEN',
  'SYN_SENT',
  'SYN_RCVD',
  'ESTABLISHED',
  'CLOSE_WAIT',
  'FIN_WAIT_1',
  'CLOSING',
  'LAST_ACK',
  'FIN_WAIT_2',
  'TIME_WAIT',
];
const UDP_NAMES = ['NO_TRAFFIC', 'SINGLE', 'MULTIPLE'];

const host = (family: Family, address: string, port: number, rdomain: number): string => {
  const at = port === 0 ? '' : family === 'inet' ? `:${port}` : `[${port}]`;
  return `${rdomain === 0 ? '' : `(${rdomain}) `}${address}${at}`;
};

const clock = (seconds: number): string => {
  const two = (value: number): string => String(value).padStart(2, '0');
  const whole = Math.max(0, Math.floor(seconds));
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
};

/** The first line of `pfctl -ss`, without the newline. */
export const renderStateLine = (pfState: PfState): string => {
  const { family, protocol } = pfState;
  const isOut = pfState.direction === 'out';
  let stack = isOut ? pfState.stack : pfState.wire;
  const wire = isOut ? pfState.wire : pfState.stack;
  // an ICMP identifier that NAT has changed is shown once only
  if (protocol === 'icmp' || protocol === 'ipv6-icmp')
    stack = isOut ? { ...stack, port0: wire.port0 } : { ...stack, port1: wire.port1 };
  const differs = stack.rdomain !== wire.rdomain;
  const one = host(family, wire.address1, wire.port1, wire.rdomain);
  const oneWas =
    differs || wire.address1 !== stack.address1 || wire.port1 !== stack.port1
      ? ` (${host(family, stack.address1, stack.port1, stack.rdomain)})`
      : '';
  const zero = host(family, wire.address0, wire.port0, wire.rdomain);
  const zeroWas =
    differs || wire.address0 !== stack.address0 || wire.port0 !== stack.port0
      ? ` (${host(family, stack.address0, stack.port0, stack.rdomain)})`
      : '';
  const gateway = pfState.route === null ? '' : ` {${pfState.route.gateway}}`;
  const source = isOut ? pfState.source.level : pfState.destination.level;
  const destination = isOut ? pfState.destination.level : pfState.source.level;
  const name = (level: number): string =>
    (protocol === 'tcp' ? TCP_NAMES[level] : protocol === 'udp' ? UDP_NAMES[level] : undefined) ??
    String(level);
  return `${pfState.interface} ${protocol} ${one}${oneWas}${isOut ? '' : gateway} ${isOut ? '->' : '<-'} ${zero}${zeroWas}${isOut ? gateway : ''}       ${name(source)}:${name(destination)}`;
};

/** The further lines of `-v` and, with `withId`, `-vv`. */
export const renderStateDetails = (
  pfState: PfState,
  now: number,
  { creator, states }: { readonly creator: string; readonly states: StateTable },
  withId: boolean,
): readonly string[] => {
  const isOut = pfState.direction === 'out';
  const peers = isOut ? [pfState.source, pfState.destination] : [pfState.destination, pfState.source];
  const sequence =
    pfState.protocol === 'tcp'
      ? [`   ${peers.map((peer) => `[${peer.sequence} + ${peer.window}] wscale 10`).join('  ')}`]
      : [];
  const { packets, bytes } = pfState;
  const anchor = pfState.anchorRule?.number ?? null;
  const { number: rule, isSloppy, hasFlow } = pfState.rule;
  const isTracked = pfState.nodes.some((node) => !node.isGone);
  const main =
    `   age ${clock((now - pfState.created) / 1000)}, expires in ${clock((states.expiresAt(pfState) - now) / 1000)}, ` +
    `${packets[0]}:${packets[1]} pkts, ${bytes[0]}:${bytes[1]} bytes` +
    `${anchor === null ? '' : `, anchor ${anchor}`}${rule === null ? '' : `, rule ${rule}`}` +
    `${isSloppy ? ', sloppy' : ''}${hasFlow ? ', pflow' : ''}${isTracked ? ', source-track' : ''}`;
  const id = withId ? [`   id: ${pfState.id.toString(16).padStart(16, '0')} creatorid: ${creator}`] : [];
  return [...sequence, main, ...id];
};
