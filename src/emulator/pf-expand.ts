/**
 * One rule as written -> the rules that the kernel gets: lists multiplied out, families decided, translation and routing
 * pools built, and the checks that pfctl makes of each (sbin/pfctl/parse.y: expand_rule, collapse_redirspec, rule_consistent).
 */
import type { Family } from './address.ts';
import { renderValue } from './address.ts';
import { collapse, createPool } from './pf-pool-spec.ts';
import type {
  Action,
  Direction,
  End,
  Host,
  Pool,
  PoolType,
  PortMatch,
  Rule,
  Scrub,
  TcpMatch,
  UserMatch,
} from './pf-rules.ts';
import { createCounters } from './pf-rules.ts';

export interface HostNode {
  readonly family: Family | null;
  readonly host: Host;
  readonly isNegated: boolean;
  /** 0 when none was given. */
  readonly weight: number;
  readonly scope: string | null;
  /** A netmask that its family does not have. */
  readonly badMask?: number;
}

export interface InterfaceNode {
  readonly name: string | null;
  readonly rdomain: number | null;
  readonly isNegated: boolean;
}

export interface IcmpNode {
  readonly protocol: 'icmp' | 'ipv6-icmp';
  readonly type: number;
  readonly code: number | null;
}

export interface PoolSpec {
  readonly hosts: readonly HostNode[];
  readonly type: PoolType;
  readonly isSticky: boolean;
  readonly isStaticPort: boolean;
  readonly hashKey: string;
  /** `isOpen`: `port 8080:*`, as long as the range of the rule. */
  readonly port: { readonly low: number; readonly high: number; readonly isOpen: boolean } | null;
}

/** A rule as written, lists and all. Null means "not given". */
export interface RuleSpec {
  readonly action: Action;
  readonly answer: Rule['answer'];
  readonly direction: Direction | null;
  /** Null: no. */
  readonly log: readonly string[] | null;
  readonly quick: boolean;
  readonly interfaces: readonly InterfaceNode[] | null;
  readonly family: Family | null;
  readonly protocols: readonly string[] | null;
  readonly sources: readonly HostNode[] | null;
  readonly sourcePorts: readonly PortMatch[] | null;
  readonly destinations: readonly HostNode[] | null;
  readonly destinationPorts: readonly PortMatch[] | null;
  readonly tcpFlags: TcpMatch | 'any' | null;
  readonly users: readonly UserMatch[] | null;
  readonly icmp: readonly IcmpNode[] | null;
  readonly tos: number | null;
  readonly prio: number | null;
  readonly setPrio: readonly [number, number] | null;
  readonly setTos: number | null;
  readonly queue: readonly [string, string | null] | null;
  readonly keep: 'keep' | 'no' | null;
  /** Null when the rule does not say. */
  readonly isIfBound: boolean | null;
  readonly isSloppy: boolean;
  readonly isUnsynced: boolean;
  readonly hasFlow: boolean;
  readonly maxStates: number | null;
  readonly probability: number | null;
  readonly scrub: Scrub | null;
  readonly allowOpts: boolean;
  readonly label: string;
  readonly tag: string | null;
  readonly tagged: string | null;
  readonly isTaggedNegated: boolean;
  readonly rtable: number | null;
  readonly nat: PoolSpec | null;
  readonly rdr: PoolSpec | null;
  readonly route: { readonly kind: 'route-to' | 'reply-to'; readonly spec: PoolSpec } | null;
  readonly anchor: Rule['anchor'];
}

export interface Expansion {
  /** Says `stdin:N: message` and counts an error. */
  readonly complain: (message: string) => void;
  /** Says it, and counts nothing. */
  readonly say: (line: string) => void;
  /** Makes the table behind a list of pool addresses and gives its name. */
  readonly automaticTable: (hosts: readonly HostNode[]) => string;
  readonly addRule: (rule: Rule) => void;
}

const ANY: HostNode = { family: null, host: { kind: 'any' }, isNegated: false, weight: 0, scope: null };
const isInconsistent = (rule: Rule, complain: (message: string) => void): boolean => {
  let problems = 0;
  const problem = (isOne: boolean, message: string): void => {
    if (!isOne) return;
    complain(message);
    problems++;
  };
  const hasPorts = rule.source.port !== null || rule.destination.port !== null;
  const isIcmp = rule.protocol === 'icmp' || rule.protocol === 'ipv6-icmp';
  problem(rule.protocol !== 'tcp' && rule.protocol !== 'udp' && hasPorts, 'port only applies to tcp/udp');
  problem(
    rule.protocol !== 'tcp' && rule.protocol !== 'udp' && rule.user !== null,
    'user only applies to tcp/udp',
  );
  problem(!isIcmp && rule.icmpType !== null, 'icmp-type/code only applies to icmp');
  problem(rule.family === null && rule.icmpType !== null, 'must indicate address family with icmp-type/code');
  problem(
    (rule.protocol === 'icmp' && rule.family === 'inet6') ||
      (rule.protocol === 'ipv6-icmp' && rule.family === 'inet'),
    `proto ${rule.protocol === 'icmp' ? 'icmp' : 'icmp6'} doesn't match address family ${rule.family}`,
  );
  problem(rule.allowOpts && rule.action !== 'pass', 'allow-opts can only be specified for pass rules');
  problem(
    rule.answer === 'return-rst' && rule.protocol !== 'tcp',
    'return-rst can only be applied to TCP rules',
  );
  problem(rule.action !== 'pass' && rule.keepState, 'keep state is great, but only for pass rules');
  problem(rule.route !== null && !rule.keepState, 'route-to, reply-to and dup-to require keep state');
  const translates = rule.nat !== null || rule.rdr !== null;
  problem(translates && rule.action !== 'match' && !rule.keepState, 'nat-to and rdr-to require keep state');
  problem(translates && rule.direction === null, 'nat-to and rdr-to require a direction');
  problem(
    rule.family === 'inet6' && rule.scrub !== null && (rule.scrub.noDf || rule.scrub.randomId),
    'address family inet6 does not support scrub options no-df, random-id',
  );
  if (rule.route !== null && rule.action !== 'pass')
    problem(true, `route-to, reply-to and dup-to are not supported on ${rule.action} rules`);
  return problems > 0;
};

/** The family that all hosts of a list share, if the rule names none. */
const decideFamily = (family: Family | null, hosts: readonly HostNode[] | null): Family | null => {
  if (family !== null || hosts === null || hosts.length === 0) return family;
  const first = hosts[0]?.family ?? null;
  return hosts.every((node) => node.family === first) ? first : null;
};

const hostText = (node: HostNode, family: Family | null): string => {
  const { host } = node;
  const not = node.isNegated ? '! ' : '';
  switch (host.kind) {
    case 'any':
      return `${not}any`;
    case 'interface':
      return `${not}(${host.name})`;
    case 'table':
      return `${not}<${host.name}>`;
    case 'no-route':
      return `${not}${host.kind}`;
    case 'prefix': {
      const bits = host.prefix.family === 'inet' ? 32 : 128;
      if (family === null || host.prefix.length === 0) return `${not}any`;
      const text = renderValue(host.prefix.family, host.prefix.value);
      return `${not}${text}${host.prefix.length < bits ? `/${host.prefix.length}` : ''}`;
    }
  }
};

const portText = (port: PortMatch | null): string => {
  if (port === null) return '';
  switch (port.operator) {
    case '=':
      return String(port.low);
    case '><':
    case '<>':
      return `${port.low}${port.operator}${port.high}`;
    case ':':
      return '';
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `${port.operator}${port.low}`;
  }
};

/** Multiplies the rule out; complaints count as errors, and the rules that are right are added all the same, as pfctl does. */
export const expandRule = (spec: RuleSpec, world: Expansion): void => {
  const isStateful =
    spec.keep === 'keep' || (spec.keep === null && spec.action === 'pass' && spec.anchor === null);
  const flags: TcpMatch | null =
    spec.tcpFlags === 'any'
      ? null
      : (spec.tcpFlags ??
        (spec.action === 'pass' && isStateful && spec.anchor === null ? { set: 'S', of: 'SA' } : null));
  const declared = decideFamily(decideFamily(spec.family, spec.sources), spec.destinations);
  const interfaces = spec.interfaces ?? [{ name: null, rdomain: null, isNegated: false }];
  const protocols: readonly (string | null)[] = spec.protocols ?? [null];
  const icmps: readonly (IcmpNode | null)[] = spec.icmp ?? [null];
  const sourcePorts: readonly (PortMatch | null)[] = spec.sourcePorts ?? [null];
  const destinationPorts: readonly (PortMatch | null)[] = spec.destinationPorts ?? [null];
  let added = 0;
  let errors = 0;

  const one = (
    nic: InterfaceNode,
    protocol: string | null,
    icmp: IcmpNode | null,
    source: HostNode,
    destination: HostNode,
    sourcePort: PortMatch | null,
    destinationPort: PortMatch | null,
    user: UserMatch | null,
  ): void => {
    const rdr = collapse(spec.rdr, 'rdr', declared, world);
    const nat = collapse(spec.nat, 'nat', rdr.family, world);
    const route = collapse(spec.route?.spec ?? null, 'route', nat.family, world);
    errors += [rdr, nat, route].filter((each) => each.isBad).length;
    let { family } = route;
    const clash = (a: Family | null, b: Family | null): boolean => a !== null && b !== null && a !== b;
    if (
      clash(family, source.family) ||
      clash(family, destination.family) ||
      clash(source.family, destination.family)
    )
      return;
    const scope = source.scope ?? destination.scope;
    if (scope !== null && nic.name !== null && nic.name !== scope) return;
    family = family ?? source.family ?? destination.family;
    for (const { badMask } of [source, destination])
      if (badMask !== undefined) {
        world.say(`netmask ${badMask} invalid for IPv4 address`);
        errors++;
      }
    if (icmp !== null && protocol !== icmp.protocol) {
      world.complain('icmp-type mismatch');
      errors++;
    }
    const pools = {
      nat: createPool(spec.nat, 'nat', nat.host, destinationPort, world),
      rdr: createPool(spec.rdr, 'rdr', rdr.host, destinationPort, world),
      route: createPool(spec.route?.spec ?? null, 'route', route.host, destinationPort, world),
    };
    errors += Object.values(pools).filter((pool) => pool === 'bad').length;
    const pool = (of: keyof typeof pools): Pool | null => (pools[of] === 'bad' ? null : pools[of]);
    const routed = pool('route');
    const name = nic.name ?? scope;
    const expandName = (text: string): string =>
      text
        .replaceAll('$if', name ?? 'any')
        .replaceAll('$srcaddr', hostText(source, family))
        .replaceAll('$dstaddr', hostText(destination, family))
        .replaceAll('$srcport', portText(sourcePort))
        .replaceAll('$dstport', portText(destinationPort))
        .replaceAll('$proto', protocol ?? 'ip');
    // pf has no other way to say any: 0.0.0.0/0 is the same to it
    const end = (node: HostNode, port: PortMatch | null): End => ({
      host: node.host.kind === 'prefix' && node.host.prefix.length === 0 ? ANY.host : node.host,
      isNegated: node.isNegated,
      port,
    });
    const rule: Rule = {
      action: spec.action,
      answer: spec.answer,
      direction: spec.direction,
      log: spec.log,
      quick: spec.quick,
      interface: name,
      isInterfaceNegated: nic.isNegated,
      rdomain: nic.rdomain,
      family,
      protocol,
      source: end(source, sourcePort),
      destination: end(destination, destinationPort),
      tcpFlags: protocol !== null && protocol !== 'tcp' ? null : flags,
      user,
      icmpType: icmp?.type ?? null,
      icmpCode: icmp?.code ?? null,
      // to pf 0 is none
      tos: spec.tos === 0 ? null : spec.tos,
      prio: spec.prio,
      setPrio: spec.setPrio,
      setTos: spec.setTos,
      queue: spec.queue,
      keepState: isStateful,
      isIfBound: isStateful && spec.isIfBound === true,
      isSloppy: spec.isSloppy,
      isUnsynced: spec.isUnsynced,
      hasFlow: spec.hasFlow,
      maxStates: spec.maxStates,
      probability: spec.probability,
      scrub: spec.scrub,
      allowOpts: spec.allowOpts,
      label: expandName(spec.label),
      tag: spec.tag === null ? null : expandName(spec.tag) || null,
      tagged: spec.tagged === null ? null : expandName(spec.tagged) || null,
      isTaggedNegated: spec.isTaggedNegated,
      rtable: spec.rtable,
      nat: pool('nat'),
      rdr: pool('rdr'),
      route: routed === null || spec.route === null ? null : { kind: spec.route.kind, pool: routed },
      anchor: spec.anchor,
      number: null,
      insertedBy: 0,
      home: '',
      counters: createCounters(),
    };
    if (isInconsistent(rule, world.complain) || errors > 0) world.complain('skipping rule due to errors');
    else {
      world.addRule(rule);
      added++;
    }
  };

  for (const nic of interfaces)
    for (const protocol of protocols)
      for (const icmp of icmps)
        for (const source of spec.sources ?? [ANY])
          for (const destination of spec.destinations ?? [ANY])
            for (const sourcePort of sourcePorts)
              for (const destinationPort of destinationPorts)
                for (const user of spec.users ?? [null])
                  one(nic, protocol, icmp, source, destination, sourcePort, destinationPort, user);
  if (added === 0) world.complain('rule expands to no valid combination');
};
