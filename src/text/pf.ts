/**
 * Rules -> pf.conf(5). The only place that writes and quotes pf's language. Order and words are exactly those in which
 * `pfctl -sr` prints a rule back (print_rule in sbin/pfctl/pfctl_parser.c of 7.8), so that what pf holds can be compared
 * with what was loaded as text. Rules with labels are never merged or moved by pfctl's optimizer (pfctl_optimize.c).
 */
import type { Family } from '../core/model.ts';
import type { Rule, Ruleset, Via } from '../core/ruleset.ts';

const refuse = (what: string, value: unknown): Error =>
  new Error(`unfit ${what} for pf: ${JSON.stringify(value)}`);

// The configuration was checked long before; this is the last fence between a string and the firewall's language.
const checked = (what: string, pattern: RegExp, value: string): string => {
  if (!pattern.test(value)) throw refuse(what, value);
  return value;
};
const name = (value: string): string => checked('name', /^[a-z][a-z0-9_]{0,14}$/, value);
const device = (value: string): string => checked('interface', /^[A-Za-z][A-Za-z0-9_]{0,14}$/, value);
const address = (family: Family, value: string): string =>
  family === 'inet'
    ? checked('gateway', /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/, value)
    : checked('gateway', /^(?=[^%]*:)[0-9a-fA-F:.]{2,45}(?:%[A-Za-z][A-Za-z0-9_]{0,14})?$/, value);
const table = (value: number): number => {
  if (!Number.isInteger(value) || value < 0 || value > 255) throw refuse('routing table', value);
  return value;
};

const label = (link: string, more = ''): string => `label "uplink:${name(link)}${more}"`;
const tagged = (policy: string): string => `tagged uplink_${name(policy)}`;

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

const renderVia = (family: Family, via: Via): string => {
  switch (via.kind) {
    case 'route-to':
      return `route-to ${address(family, via.gateway)}`;
    case 'rtable':
      return `rtable ${table(via.rtable)}`;
  }
};

/** `(em0:0)` of inet6 is the link-local address, so there the whole interface, which pf makes a round-robin pool. */
const renderNat = (family: Family, link: string): string =>
  family === 'inet' ? ` nat-to (${link}:0)` : ` nat-to (${link}) round-robin`;

/** One rule without newline. Throws an Error if a name, interface, gateway, table or probability cannot be one. */
export const renderRule = (rule: Rule): string => {
  switch (rule.kind) {
    case 'probe': {
      const out = device(rule.interface);
      const [proto, type] = rule.family === 'inet' ? ['icmp', 'icmp-type'] : ['ipv6-icmp', 'icmp6-type'];
      return (
        `pass out quick on ${out} ${rule.family} proto ${proto} from (${out}) to any ${type} echoreq ` +
        `set (prio 7) keep state (if-bound) ${label(rule.link, ':probe')}`
      );
    }
    case 'choose': {
      const share = rule.probability === 1 ? '' : ` probability ${renderProbability(rule.probability)}`;
      return (
        `pass in quick ${rule.family} all flags S/SA${share} ${label(rule.link)} ${tagged(rule.policy)} ` +
        renderVia(rule.family, rule.via)
      );
    }
    case 'refuse':
      return `block return in quick all label "uplink::${name(rule.policy)}" ${tagged(rule.policy)}`;
    case 'leave': {
      const out = device(rule.interface);
      return (
        `pass out quick on ${out} ${rule.family} all flags S/SA keep state (if-bound) ${label(rule.link)} ` +
        `${tagged(rule.policy)}${rule.nat ? renderNat(rule.family, out) : ''}`
      );
    }
  }
};

/** What `pfctl -a ANCHOR -f -` reads: a rule a line, each with its newline. Line N is rule N. Throws as renderRule. */
export const renderRuleset = (ruleset: Ruleset): string =>
  ruleset.map((rule) => `${renderRule(rule)}\n`).join('');
