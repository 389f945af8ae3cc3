/**
 * A rule as `pfctl -sr` prints it, word for word and in its order (sbin/pfctl/pfctl_parser.c, print_rule). Nothing here decides anything.
 */

import { bitsOf, renderValue } from './address.ts';
import { renderIcmpCode } from './pf-icmp-code.ts';
import { renderIcmpType } from './pf-icmp-type.ts';
import type { End, Host, InterfaceModifiers, Pool, PortMatch, Rule, UserMatch } from './pf-rules.ts';
import { adaptiveOf } from './pf-timeout.ts';

/** What `-vv` shows in angle brackets and parentheses; null before the rule is loaded (`<t:0>`, `(em0:*)`). */
export interface Sizes {
  /** `*`: there is no such table. */
  readonly table: (name: string) => number | '*';
  readonly interface: (name: string, modifiers: InterfaceModifiers, family: Rule['family']) => number;
}

export const UNLOADED: Sizes = { table: () => 0, interface: () => 0 };

export const renderModifiers = (modifiers: InterfaceModifiers): string =>
  `${modifiers.network ? ':network' : ''}${modifiers.broadcast ? ':broadcast' : ''}${modifiers.peer ? ':peer' : ''}${modifiers.noAlias ? ':0' : ''}`;

const renderHost = (host: Host, family: Rule['family'], sizes: Sizes | null): string => {
  switch (host.kind) {
    case 'any':
      return 'any';
    case 'prefix': {
      const { prefix } = host;
      if (prefix.length === 0) return 'any';
      const bits = bitsOf(family ?? prefix.family);
      return `${renderValue(prefix.family, prefix.value)}${prefix.length < bits ? `/${prefix.length}` : ''}`;
    }
    case 'interface': {
      const count = sizes?.interface(host.name, host.modifiers, family) ?? 0;
      return `(${host.name}${renderModifiers(host.modifiers)}${sizes === null ? '' : count <= 0 ? ':*' : `:${count}`})`;
    }
    case 'no-route':
      return host.kind;
    case 'table':
      return sizes === null ? `<${host.name}>` : `<${host.name}:${sizes.table(host.name)}>`;
  }
};

const renderPort = (port: PortMatch): string => {
  switch (port.operator) {
    case '><':
    case '<>':
      return ` port ${port.low} ${port.operator} ${port.high}`;
    case ':':
      return ` port ${port.low}:${port.high}`;
    case '=':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return ` port ${port.operator} ${port.low}`;
  }
};

const renderUser = ({ operator, low, high }: UserMatch): string =>
  operator === '><' || operator === '<>'
    ? ` user ${low ?? 'unknown'} ${operator} ${high ?? 'unknown'}`
    : ` user ${operator} ${low ?? 'unknown'}`;

const renderEnd = (end: End, family: Rule['family'], sizes: Sizes | null): string =>
  `${end.isNegated ? '! ' : ''}${renderHost(end.host, family, sizes)}${end.port === null ? '' : renderPort(end.port)}`;

const isAll = (rule: Rule): boolean =>
  [rule.source, rule.destination].every(
    (end) => end.host.kind === 'any' && !end.isNegated && end.port === null,
  );

const renderPool = (
  pool: Pool,
  kind: 'nat' | 'rdr' | 'route',
  family: Rule['family'],
  sizes: Sizes | null,
): string => {
  const parts = [renderHost(pool.host, family, sizes)];
  const { lowPort, highPort } = pool;
  if (kind === 'nat' && (lowPort !== 50001 || highPort !== 65535) && (lowPort !== 0 || highPort !== 0))
    parts.push(`port ${lowPort === highPort ? lowPort : `${lowPort}:${highPort}`}`);
  if (kind === 'rdr' && lowPort !== 0)
    parts.push(`port ${lowPort}${highPort !== 0 && highPort !== lowPort ? `:${highPort}` : ''}`);
  if (pool.type === 'source-hash') parts.push(`source-hash ${pool.hashKey}`);
  else if (pool.type !== 'none') parts.push(pool.type);
  if (pool.isSticky) parts.push('sticky-address');
  if (kind === 'nat' && lowPort === 0 && highPort === 0) parts.push('static-port');
  return parts.join(' ');
};

/** `%f` without its trailing zeros. */
const renderProbability = (probability: number): string =>
  ((probability * 100) / 4294967296).toFixed(6).replace(/\.?0+$/, '');

const renderSets = (rule: Rule): string => {
  const sets: string[] = [];
  if (rule.setPrio !== null)
    sets.push(
      rule.setPrio[0] === rule.setPrio[1]
        ? `prio ${rule.setPrio[0]}`
        : `prio(${rule.setPrio[0]}, ${rule.setPrio[1]})`,
    );
  if (rule.queue !== null)
    sets.push(
      rule.queue[1] === null ? `queue ${rule.queue[0]}` : `queue(${rule.queue[0]}, ${rule.queue[1]})`,
    );
  if (rule.setTos !== null) sets.push(`tos 0x${rule.setTos.toString(16).padStart(2, '0')}`);
  return sets.length === 0 ? '' : ` set (${sets.join(', ')})`;
};

const renderStateKeeping = (rule: Rule): string => {
  const adaptive = adaptiveOf(rule.maxStates ?? 0);
  const options = [
    rule.maxStates === null ? [] : [`max ${rule.maxStates}`],
    rule.isUnsynced ? ['no-sync'] : [],
    rule.isIfBound ? ['if-bound'] : [],
    rule.isSloppy ? ['sloppy'] : [],
    rule.hasFlow ? ['pflow'] : [],
    adaptive['adaptive.start'] === 0
      ? []
      : Object.entries(adaptive).map(([name, count]) => `${name} ${count}`),
  ].flat();
  const keeps =
    !rule.keepState && rule.action === 'pass'
      ? ' no state'
      : rule.keepState && options.length > 0
        ? ' keep state'
        : '';
  const probability = rule.probability === null ? '' : ` probability ${renderProbability(rule.probability)}%`;
  return `${keeps}${probability}${options.length === 0 ? '' : ` (${options.join(', ')})`}`;
};

const renderScrub = (rule: Rule): string => {
  const { scrub } = rule;
  if (scrub === null) return '';
  const parts = [
    scrub.noDf ? ['no-df'] : [],
    scrub.randomId ? ['random-id'] : [],
    scrub.minTtl > 0 ? [`min-ttl ${scrub.minTtl}`] : [],
    scrub.reassembleTcp ? ['reassemble tcp'] : [],
    scrub.maxMss > 0 ? [`max-mss ${scrub.maxMss}`] : [],
  ].flat();
  return parts.length === 0 ? '' : ` scrub (${parts.join(' ')})`;
};

/** With the code of each family that the rule has. */
const renderIcmpAnswer = (family: Rule['family']): string => {
  switch (family) {
    case 'inet':
      return 'return-icmp(port-unr)';
    case 'inet6':
      return 'return-icmp6(port-unr)';
    case null:
      return 'return-icmp(port-unr, port-unr)';
  }
};

/** An anchor that was written in braces without a name: pfctl shows its rules where it is called. */
export const isUnnamed = (name: string): boolean => (name.split('/').at(-1) ?? '').startsWith('_');

/** The rule in one line without the newline. With `sizes` as `-vv` prints it, `@N` in front. */
export const renderRule = (rule: Rule, sizes: Sizes | null): string => {
  const out: string[] = [];
  const say = (text: string): void => {
    out.push(text);
  };
  if (sizes !== null) say(`@${rule.number ?? -1} `);
  if (rule.anchor === null) say(rule.action);
  else say(isUnnamed(rule.anchor.name) ? 'anchor' : `anchor "${rule.anchor.name}"`);
  if (rule.action === 'block')
    say(` ${rule.answer === 'return-icmp' ? renderIcmpAnswer(rule.family) : rule.answer}`);
  if (rule.direction !== null) say(` ${rule.direction}`);
  if (rule.log !== null) say(rule.log.length === 0 ? ' log' : ` log (${rule.log.join(', ')})`);
  if (rule.quick) say(' quick');
  if (rule.interface !== null) say(` on ${rule.isInterfaceNegated ? '! ' : ''}${rule.interface}`);
  if (rule.rdomain !== null) say(` on ${rule.isInterfaceNegated ? '! ' : ''}rdomain ${rule.rdomain}`);
  if (rule.family !== null) say(` ${rule.family}`);
  if (rule.protocol !== null) say(` proto ${rule.protocol}`);
  if (isAll(rule)) say(' all');
  else
    say(
      ` from ${renderEnd(rule.source, rule.family, sizes)} to ${renderEnd(rule.destination, rule.family, sizes)}`,
    );
  if (rule.user !== null) say(renderUser(rule.user));
  if (rule.tcpFlags !== null) say(` flags ${rule.tcpFlags.set}/${rule.tcpFlags.of}`);
  else if (
    (rule.action === 'pass' || rule.action === 'match') &&
    (rule.protocol === null || rule.protocol === 'tcp') &&
    rule.anchor === null &&
    rule.keepState
  )
    say(' flags any');
  if (rule.icmpType !== null) {
    const family = rule.family ?? 'inet';
    say(` ${family === 'inet6' ? 'icmp6-type' : 'icmp-type'} ${renderIcmpType(family, rule.icmpType)}`);
    if (rule.icmpCode !== null) say(` code ${renderIcmpCode(family, rule.icmpType, rule.icmpCode)}`);
  }
  if (rule.tos !== null) say(` tos 0x${rule.tos.toString(16).padStart(2, '0')}`);
  if (rule.prio !== null) say(` prio ${rule.prio}`);
  say(renderSets(rule));
  if (rule.anchor === null) say(renderStateKeeping(rule));
  else if (rule.probability !== null) say(` probability ${renderProbability(rule.probability)}%`);
  say(renderScrub(rule));
  if (rule.allowOpts) say(' allow-opts');
  if (rule.label !== '') say(` label "${rule.label}"`);
  if (rule.tag !== null) say(` tag ${rule.tag}`);
  if (rule.tagged !== null) say(`${rule.isTaggedNegated ? ' !' : ''} tagged ${rule.tagged}`);
  if (rule.rtable !== null) say(` rtable ${rule.rtable}`);
  if (rule.anchor === null && rule.nat !== null)
    say(` nat-to ${renderPool(rule.nat, 'nat', rule.family, sizes)}`);
  else if (rule.anchor === null && rule.rdr !== null)
    say(` rdr-to ${renderPool(rule.rdr, 'rdr', rule.family, sizes)}`);
  if (rule.route !== null)
    say(` ${rule.route.kind} ${renderPool(rule.route.pool, 'route', rule.family, sizes)}`);
  return out.join('');
};
