/** pfctl -k: ending pf states by host, label, id or key, in one routing domain (OPENBSD.md 3d, sys/net/pf_ioctl.c DIOCKILLSTATES). */
import type { Prefix } from './address.ts';
import { bitsOf, createPrefix, doesContain, parseAddress } from './address.ts';
import { killStates } from './pf.ts';
import type { PfState } from './pf-state.ts';
import type { Call } from './pfctl-call.ts';
import { die, usage } from './pfctl-call.ts';
import type { Invocation } from './program.ts';

/** PF_RULE_LABEL_SIZE */
const LABEL_SIZE = 64;

const readPrefix = (invocation: Invocation, text: string): Prefix => {
  const [host = '', mask] = text.split('/');
  const address = parseAddress(host);
  if (address === null) return die(invocation, 'getaddrinfo: no address associated with name');
  const bits = bitsOf(address.family);
  const length = mask === undefined ? bits : Number(mask);
  if (!Number.isInteger(length) || length < 0 || length > bits)
    return die(invocation, `prefix is ${Number.isInteger(length) ? 'too large' : 'invalid'}: ${mask}`);
  return createPrefix(address.family, address.value, length);
};

const isIn = (prefix: Prefix | undefined, text: string): boolean => {
  const address = parseAddress(text);
  return prefix === undefined || (address !== null && doesContain(prefix, address));
};

/** With -n /dev/pf is open for reading only, if it is: what was asked for has been read by then, and is refused by the kernel. */
const refuseDryRun = ({ invocation, isDryRun }: Call, request: string): void => {
  if (isDryRun)
    die(invocation, `${request}: ${invocation.isRoot ? 'Permission denied' : 'Bad file descriptor'}`);
};

/** `-K`: forgets source nodes by source and, with a second one, by the address that they were given. Their pf states stay. */
export const killSources = (call: Call, keys: readonly string[]): void => {
  const { invocation } = call;
  const { firewall, clock } = invocation.router;
  const [source, address] = keys.map((text) => readPrefix(invocation, text));
  // two families name no destination
  const hasPair = address === undefined || source?.family === address.family;
  if (hasPair) refuseDryRun(call, 'DIOCKILLSRCNODES');
  const doomed = hasPair
    ? firewall.nodes
        .list(clock.now())
        .filter((node) => isIn(source, node.source) && isIn(address, node.address))
    : [];
  for (const node of doomed) firewall.nodes.remove(node);
  if (!call.isQuiet)
    invocation.err(
      `killed ${doomed.length} src nodes from 1 sources and ${keys.length > 1 && hasPair ? 1 : 0} destinations\n`,
    );
};

/** `keys` are the arguments of the -k options, one or two. */
export const kill = (call: Call, keys: readonly string[]) => {
  const { invocation } = call;
  const { router } = invocation;
  const { firewall } = router;
  const say = (text: string): void => {
    if (!call.isQuiet) invocation.err(`${text}\n`);
  };
  const isOn = (pfState: PfState): boolean => call.nic === null || pfState.interface === call.nic;
  // the end that counts is the initiator's: the stack's key going out, the wire's coming in
  const keyOf = (
    pfState: PfState,
  ): {
    readonly rdomain: number;
    readonly source: string;
    readonly sourcePort: number;
    readonly destination: string;
    readonly destinationPort: number;
  } =>
    pfState.direction === 'out'
      ? {
          rdomain: pfState.stack.rdomain,
          source: pfState.stack.address1,
          sourcePort: pfState.stack.port1,
          destination: pfState.stack.address0,
          destinationPort: pfState.stack.port0,
        }
      : {
          rdomain: pfState.wire.rdomain,
          source: pfState.wire.address0,
          sourcePort: pfState.wire.port0,
          destination: pfState.wire.address1,
          destinationPort: pfState.wire.port1,
        };
  firewall.states.purge(router.clock.now());
  const [first = '', second = ''] = keys;
  if (first === 'label') {
    if (keys.length !== 2 || second === '') usage(invocation, 'no label specified');
    if (Buffer.byteLength(second) >= LABEL_SIZE) die(invocation, `label too long: ${second}`);
    refuseDryRun(call, 'DIOCKILLSTATES');
    const count = killStates(
      firewall,
      (one) => one.rule.label === second && keyOf(one).rdomain === call.rdomain && isOn(one),
    );
    return say(`killed ${count} states`);
  }
  if (first === 'id') {
    if (keys.length !== 2 || second === '') usage(invocation, 'no id specified');
    const match = /^([0-9a-f]+)(?:\/([0-9a-f]+))?/i.exec(second);
    if (match === null) return usage(invocation, 'wrong id format specified');
    const id = BigInt(`0x${match[1]}`);
    if (id === 0n) usage(invocation, 'cannot kill id 0');
    refuseDryRun(call, 'DIOCKILLSTATES');
    const isOurs =
      match[2] === undefined || Number.parseInt(match[2], 16) === Number.parseInt(firewall.creator, 16);
    const pfState = isOurs ? firewall.states.all.get(id) : undefined;
    return say(`killed ${pfState === undefined ? 0 : killStates(firewall, (one) => one === pfState)} states`);
  }
  if (first === 'key') {
    if (keys.length !== 2 || second === '') usage(invocation, 'no key specified');
    const tokens = second.split(/[ \t]+/).filter((token) => token !== '');
    const [protocol = '', one = '', direction = '', two = ''] = tokens;
    if (tokens.length !== 4)
      die(
        invocation,
        'pfctl_key_kill_states: key must be "protocol host1:port1 direction host2:port2" format',
      );
    if (!['tcp', 'udp', 'icmp', 'ipv6-icmp', 'icmp6'].includes(protocol))
      die(invocation, `invalid protocol: ${protocol}`);
    if (direction !== '->' && direction !== '<-') die(invocation, `invalid direction: ${direction}`);
    const parse = (text: string): { readonly address: string; readonly port: number } => {
      const match = /^(.+?)(?:\[([0-9]+)\]|:([0-9]+))$/.exec(text);
      const address = match === null ? null : parseAddress(match[1] ?? '');
      if (match === null || address === null) return die(invocation, `invalid host: ${text}`);
      return { address: address.text, port: Number(match[2] ?? match[3]) };
    };
    const [source, destination] = direction === '->' ? [parse(one), parse(two)] : [parse(two), parse(one)];
    refuseDryRun(call, 'DIOCKILLSTATES');
    // in: what comes from the source; out: what goes to the destination, as the stack sees it
    const count = killStates(firewall, (each) => {
      const key = keyOf(each);
      return (
        each.protocol === (protocol === 'icmp6' ? 'ipv6-icmp' : protocol) &&
        key.rdomain === call.rdomain &&
        key.source === source.address &&
        key.sourcePort === source.port &&
        key.destination === destination.address &&
        key.destinationPort === destination.port &&
        isOn(each)
      );
    });
    return say(`killed ${count} states`);
  }
  const [source, destination] = keys.map((text) => readPrefix(invocation, text));
  const hasPair = destination === undefined || source?.family === destination.family;
  if (hasPair) refuseDryRun(call, 'DIOCKILLSTATES');
  const count = killStates(firewall, (one) => {
    const key = keyOf(one);
    return (
      key.rdomain === call.rdomain &&
      isIn(source, key.source) &&
      isIn(destination, key.destination) &&
      isOn(one)
    );
  });
  say(`killed ${count} states from 1 sources and ${keys.length > 1 && hasPair ? 1 : 0} destinations`);
};
