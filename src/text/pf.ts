/**
 * Rules -> pf.conf(5). The only place that writes and quotes pf's language. Order and words are exactly those in which
 * `pfctl -sr` prints a rule back (print_rule in sbin/pfctl/pfctl_parser.c of 7.8), so that what pf holds can be compared
 * with what was loaded as text. pfctl's optimizer neither merges nor moves them (pfctl_optimize.c): labels and anchor
 * calls are barriers, and the marking rules of inbound, which have neither, differ in their tags.
 */
import { parsePrefix, renderPrefix } from '../core/address.ts';
import type { Family, Prefix } from '../core/model.ts';
import type { Marks, PoolAnchor, PoolTable, Rule, Ruleset, Translation, Via } from '../core/rule.ts';

type PoolRule = Extract<Rule, { kind: 'pool' }>;

const refuse = (what: string, value: unknown): Error =>
  new Error(`unfit ${what} for pf: ${JSON.stringify(value)}`);

// The configuration was checked long before; this is the last fence between a string and the firewall's language.
const checked = (what: string, pattern: RegExp, value: string): string => {
  if (!pattern.test(value)) throw refuse(what, value);
  return value;
};
const name = (value: string): string => checked('name', /^[a-z][a-z0-9_]{0,14}$/, value);
const device = (value: string): string => checked('interface', /^[A-Za-z][A-Za-z0-9_]{0,14}$/, value);
/** PF_TABLE_NAME_SIZE is 32, its end included. */
const table = (value: string): string => checked('table', /^[a-z][a-z0-9_]{0,30}$/, value);
const hashKey = (value: string | null): string => checked('hash key', /^[0-9a-f]{32}$/, value ?? '');
const inet = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/;
const inet6 = /^(?=[^%]*:)[0-9a-fA-F:.]{2,45}(?:%[A-Za-z][A-Za-z0-9_]{0,14})?$/;
const address = (family: Family, value: string): string =>
  checked('gateway', family === 'inet' ? inet : inet6, value);
const whole = (what: string, lowest: number, highest: number, value: number): number => {
  if (!Number.isInteger(value) || value < lowest || value > highest) throw refuse(what, value);
  return value;
};
const rtable = (value: number): number => whole('routing table', 0, 255, value);

const prefix = (family: Family, value: Prefix): string => {
  const text = renderPrefix(value);
  const read = parsePrefix(text);
  if (read === null || value.family !== family || read.family !== family || renderPrefix(read) !== text) {
    throw refuse('network', value);
  }
  return text;
};

/** pfctl's kill by label knows no family, so inet6 has labels of its own. */
const label = (link: string, family: Family, more = ''): string =>
  `label "uplink:${name(link)}${family === 'inet6' ? ':inet6' : ''}${more}"`;
const policyLabel = (policy: string): string => `label "uplink::${name(policy)}"`;
const tagged = (policy: string): string => `tagged uplink_${name(policy)}`;
const inboundTag = (link: string): string => `uplink_inbound_${name(link)}`;

/**
 * A share above 0 and at most 1 as pfctl prints it after reading it: per cent, 6 decimals at most, zeros trimmed. pf keeps
 * 32 bits of it, finer than that by a factor of 20, so the text survives the round trip. Never 0 or 100 %.
 */
export const renderProbability = (share: number): string => {
  if (!(share > 0 && share <= 1)) throw refuse('probability', share);
  const millionths = Math.min(99_999_999, Math.max(1, Math.round(share * 1e8)));
  const decimals = String(millionths % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const whole = String(Math.floor(millionths / 1_000_000));
  return decimals === '' ? `${whole}%` : `${whole}.${decimals}%`;
};

/** Begins with a blank if there is anything to set. */
const renderMarks = ({ prio, tos }: Marks): string => {
  const sets: string[] = [];
  if (prio !== null) {
    const [first, second] = [whole('prio', 0, 7, prio[0]), whole('prio', 0, 7, prio[1])];
    sets.push(first === second ? `prio ${first}` : `prio(${first}, ${second})`);
  }
  if (tos !== null) sets.push(`tos 0x${whole('tos', 0, 255, tos).toString(16).padStart(2, '0')}`);
  return sets.length === 0 ? '' : ` set (${sets.join(', ')})`;
};

/** pf prints a network of length 0 on both ends as `all`. */
const renderFrom = (family: Family, from: Prefix | null): string =>
  from === null || from.length === 0 ? 'all' : `from ${prefix(family, from)} to any`;

const renderVia = (family: Family, via: Via): string => {
  switch (via.kind) {
    case 'route-to':
      return `route-to ${address(family, via.gateway)}`;
    case 'rtable':
      return `rtable ${rtable(via.rtable)}`;
  }
};

/**
 * Nothing for a routing table. Answers cannot be steered by one: pf puts `rtable` on packets in the state's own direction only
 * ("return traffic is routed normally", pf_create_state in sys/net/pf.c), here towards the LAN, where it would do harm.
 */
const renderAnswerVia = (family: Family, via: Via): string => {
  switch (via.kind) {
    case 'route-to':
      return ` reply-to ${address(family, via.gateway)}`;
    case 'rtable':
      return '';
  }
};

/**
 * From a routing domain of its own into that of the LAN. Answers find the state by their addresses in domain 0, on whichever
 * interface they are about to leave, and are routed again in its domain (pf_test and PF_TAG_REROUTE, sys/net/pf.c and ip_output.c).
 */
const renderCrossing = (crosses: boolean): string => (crosses ? ' rtable 0' : '');

const renderTranslation = (family: Family, out: string, translation: Translation): string => {
  switch (translation.kind) {
    case 'none':
      return '';
    case 'address':
      // `(em0:0)` of inet6 is the link-local address, so there the whole interface, which pf makes a round-robin pool.
      return family === 'inet' ? ` nat-to (${out}:0)` : ` nat-to (${out}) round-robin`;
    case 'prefix':
      return ` nat-to ${prefix(family, translation.prefix)} bitmask`;
  }
};

const renderBalance = (rule: PoolRule): string => {
  const key = rule.balance === 'source-hash' ? ` 0x${hashKey(rule.hashKey)}` : '';
  return `${rule.balance}${key}${rule.sticky ? ' sticky-address' : ''}`;
};

/** One rule without newline. Throws an Error if a name, interface, address, number or key in it cannot be one. */
export const renderRule = (rule: Rule): string => {
  switch (rule.kind) {
    case 'probe': {
      const out = device(rule.interface);
      const [proto, type] = rule.family === 'inet' ? ['icmp', 'icmp-type'] : ['ipv6-icmp', 'icmp6-type'];
      return (
        `pass out quick on ${out} ${rule.family} proto ${proto} from (${out}) to any ${type} echoreq ` +
        `set (prio 7) keep state (if-bound) ${label(rule.link, rule.family, ':probe')}`
      );
    }
    case 'probe-to': {
      // By `user`, which forwarded packets have none of: what a host behind this router asks of the same server is not ours.
      const out = device(rule.interface);
      const flags = rule.protocol === 'tcp' ? ' flags S/SA' : '';
      return (
        `pass out quick on ${out} ${rule.family} proto ${rule.protocol} from (${out}) ` +
        `to ${address(rule.family, rule.address)} port = ${whole('port', 1, 65_535, rule.port)} user = 0${flags} ` +
        `set (prio 7) keep state (if-bound) ${label(rule.link, rule.family, ':probe')}`
      );
    }
    case 'choose': {
      const share = rule.probability === 1 ? '' : ` probability ${renderProbability(rule.probability)}`;
      return (
        `pass in quick ${rule.family} ${renderFrom(rule.family, rule.from)} flags S/SA${renderMarks(rule.marks)}${share} ` +
        `${label(rule.link, rule.family)} ${tagged(rule.policy)} ${renderVia(rule.family, rule.via)}`
      );
    }
    case 'call':
      // A name without a leading slash means a child of the anchor that calls (pf_anchor_setup in sys/net/pf_ruleset.c).
      return `anchor "${name(rule.policy)}" in ${rule.family} all ${tagged(rule.policy)}`;
    case 'pool':
      return (
        `pass in quick ${rule.family} all flags S/SA${renderMarks(rule.marks)} ${policyLabel(rule.policy)} ` +
        `${tagged(rule.policy)} route-to <${table(rule.table)}> ${renderBalance(rule)}`
      );
    case 'refuse':
      return `block return in quick all ${policyLabel(rule.policy)} ${tagged(rule.policy)}`;
    case 'fence':
      return `block return out quick all ${policyLabel(rule.policy)} ${tagged(rule.policy)}`;
    case 'close':
    case 'guard':
      return (
        `block return out quick on ${device(rule.interface)} ${rule.family} all ${policyLabel(rule.policy)} ` +
        tagged(rule.policy)
      );
    case 'leave': {
      const out = device(rule.interface);
      return (
        `pass out quick on ${out} ${rule.family} all flags S/SA${renderMarks(rule.marks)} keep state (if-bound) ` +
        `${label(rule.link, rule.family)} ${tagged(rule.policy)}` +
        renderTranslation(rule.family, out, rule.translation)
      );
    }
    case 'inbound-mark': {
      const on = device(rule.interface);
      return (
        `match in on ${on} ${rule.family} from ! (${on}:network) to any ` +
        `tag ${inboundTag(rule.link)} tagged uplink_inbound`
      );
    }
    case 'inbound-direct':
      return (
        `pass in quick on ${device(rule.interface)} ${rule.family} all flags S/SA ` +
        `${label(rule.link, rule.family, ':in')} tagged uplink_inbound${renderCrossing(rule.crosses)}`
      );
    case 'inbound-in': {
      const answers = rule.gateway === null ? '' : ` reply-to ${address(rule.family, rule.gateway)}`;
      return (
        `pass in quick on ${device(rule.interface)} ${rule.family} all flags S/SA ` +
        `${label(rule.link, rule.family, ':in')} tagged ${inboundTag(rule.link)}${renderCrossing(rule.crosses)}${answers}`
      );
    }
    case 'inbound-pass':
      return `pass out quick ${rule.family} all flags S/SA label "uplink::inbound" tagged uplink_inbound`;
    case 'inbound-out':
      return (
        `pass out quick ${rule.family} all flags S/SA ${label(rule.link, rule.family, ':in')} ` +
        `tagged ${inboundTag(rule.link)}${renderAnswerVia(rule.family, rule.via)}`
      );
  }
};

/** What `pfctl -a ANCHOR -f -` reads: a rule a line, each with its newline. Line N is rule N. Throws as renderRule. */
export const renderRuleset = (ruleset: Ruleset): string =>
  ruleset.map((rule) => `${renderRule(rule)}\n`).join('');

const entry = (value: string): string =>
  checked('gateway', value.includes(':') ? /^[0-9a-fA-F:.]{2,45}$/ : inet, value);
const weight = (value: number): number => whole('weight', 1, 65_535, value);

/**
 * A table's definition, with its newline. `persist`: it stays when no rule has it any more. Without entries it is emptied.
 * Throws as renderRule.
 */
export const renderTable = (
  { name: tableName, entries }: PoolTable,
  { persist }: { readonly persist: boolean },
): string => {
  // An entry without weight has weight 1 (pf_table.c).
  const members = entries.map((each) =>
    weight(each.weight) === 1 ? entry(each.address) : `${entry(each.address)} weight ${each.weight}`,
  );
  const list = members.length === 0 ? '{ }' : `{ ${members.join(', ')} }`;
  return `table <${table(tableName)}>${persist ? ' persist' : ''} ${list}\n`;
};

/** What `pfctl -a ANCHOR -f -` reads for a policy's own anchor: a line a table, then a line a rule. Throws as renderRule. */
export const renderPoolAnchor = (anchor: PoolAnchor): string =>
  anchor.tables.map((each) => renderTable(each, { persist: true })).join('') + renderRuleset(anchor.rules);

/**
 * What `pfctl -T add -f -` and `-T replace -f -` read: a line an entry. As arguments, address and weight are not understood
 * (OPENBSD.md, section 1). Throws as renderRule.
 */
export const renderEntries = (entries: PoolTable['entries']): string =>
  entries.map((each) => `${entry(each.address)} weight ${weight(each.weight)}\n`).join('');
