/**
 * Settings to canonical TOML with every default spelled out, for `uplinkd -nv`: parse.ts reads it back to the same
 * settings. Every string in valid settings is plain ASCII, so JSON's quoting is TOML's.
 */
import { renderPrefix } from '../core/address.ts';
import type { LinkSettings, Member, PolicySettings, ProbeSettings, Settings, Target } from '../core/model.ts';
import { renderTime } from './time.ts';

const quote = (text: string): string => JSON.stringify(text);
const list = (items: readonly string[]): string => `[${items.join(', ')}]`;
const renderTarget = (target: Target): string =>
  quote(target.kind === 'gateway' ? 'gateway' : target.address);

const renderProbe = (probe: ProbeSettings): readonly string[] => [
  `targets   = ${list(probe.targets.map(renderTarget))}`,
  `quorum    = ${probe.quorum}`,
  `interval  = ${quote(renderTime(probe.interval))}`,
  `timeout   = ${quote(renderTime(probe.timeout))}`,
  `fall      = ${probe.fall}`,
  `rise      = ${probe.rise}`,
  `hold      = ${quote(renderTime(probe.hold))}`,
];

const renderLink = (link: LinkSettings): readonly string[] => [
  '',
  `[link.${link.name}]`,
  `interface = ${quote(link.interface)}`,
  `gateway   = ${quote(link.gateway)}`,
  `weight    = ${link.weight}`,
  `tier      = ${link.tier}`,
  `nat       = ${link.nat}`,
  // Without the key a routing table is given out; no value says that.
  ...(link.rtable === null ? [] : [`rtable    = ${link.rtable}`]),
  `[link.${link.name}.probe]`,
  ...renderProbe(link.probe),
];

const renderMember = (member: Member): string =>
  `  { link = ${quote(member.link)}, tier = ${member.tier}, weight = ${member.weight} },`;

const renderPolicy = (policy: PolicySettings): readonly string[] => [
  '',
  `[policy.${policy.name}]`,
  'members   = [',
  ...policy.members.map(renderMember),
  ']',
  `balance   = ${quote(policy.balance)}`,
  `empty     = ${quote(policy.empty)}`,
];

/** Writes valid settings; each link has its whole probe table, so there is no `[probe]`. */
export const renderConfig = (settings: Settings): string =>
  [
    `anchor    = ${quote(settings.anchor)}`,
    `local     = ${list(settings.local.map((prefix) => quote(renderPrefix(prefix))))}`,
    `reconcile = ${quote(renderTime(settings.reconcile))}`,
    ...settings.links.flatMap(renderLink),
    ...settings.policies.flatMap(renderPolicy),
    '',
  ].join('\n');
