/**
 * Settings to canonical TOML with every default spelled out, for `uplinkd -nv`: parse.ts reads it back to the same
 * settings. No string in valid settings has control characters, so JSON's quoting is TOML's.
 */
import { renderPrefix } from '../core/address.ts';
import type {
  CarpSettings,
  HookSettings,
  LinkSettings,
  Member,
  MetricsSettings,
  PolicySettings,
  ProbeSettings,
  Settings,
} from '../core/model.ts';
import { nameTarget } from '../core/target-name.ts';
import { renderBytes } from './bytes.ts';
import { renderTime } from './time.ts';

const quote = (text: string): string => JSON.stringify(text);
const list = (items: readonly string[]): string => `[${items.join(', ')}]`;

/** A key without which something is not so, or is uplinkd's to choose: no value says that. */
const given = <T>(key: string, value: T | null, render: (value: T) => string): readonly string[] =>
  value === null ? [] : [`${key} = ${render(value)}`];

const renderProbe = (probe: ProbeSettings): readonly string[] => [
  `targets   = ${list(probe.targets.map((target) => quote(nameTarget(target))))}`,
  `quorum    = ${probe.quorum}`,
  `interval  = ${quote(renderTime(probe.interval))}`,
  `idle      = ${quote(renderTime(probe.idle))}`,
  `timeout   = ${quote(probe.timeout === 'auto' ? 'auto' : renderTime(probe.timeout))}`,
  `fall      = ${probe.fall}`,
  `rise      = ${probe.rise}`,
  `hold      = ${quote(renderTime(probe.hold))}`,
  `confirm   = ${probe.confirm}`,
  `loss      = { ${[
    `degraded = ${probe.loss.degraded}`,
    ...given('recover', probe.loss.recover, String),
    `down = ${probe.loss.down}`,
    `window = ${quote(renderTime(probe.loss.window))}`,
  ].join(', ')} }`,
  ...given('latency  ', probe.latency.degraded, (degraded) => {
    const recover = given('recover', probe.latency.recover, (time) => quote(renderTime(time)));
    return `{ ${[`degraded = ${quote(renderTime(degraded))}`, ...recover].join(', ')} }`;
  }),
  `damping   = ${probe.damping}`,
];

const renderLink = (link: LinkSettings): readonly string[] => [
  '',
  `[link.${link.name}]`,
  `interface = ${quote(link.interface)}`,
  ...given('gateway  ', link.gateway, quote),
  ...given('gateway6 ', link.gateway6, quote),
  ...given('via      ', link.via, quote),
  `weight    = ${link.weight}`,
  `tier      = ${link.tier}`,
  `nat       = ${link.nat}`,
  `nat6      = ${quote(link.nat6)}`,
  `prefix6   = ${list(link.prefix6.map(({ address, length }) => quote(`${address}/${length}`)))}`,
  `metered   = ${link.metered}`,
  ...given('budget   ', link.budget, (bytes) => quote(renderBytes(bytes))),
  ...given('rtable   ', link.rtable, String),
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
  `sticky    = ${policy.sticky}`,
  `degraded  = ${quote(policy.degraded)}`,
  ...given('failback ', policy.failback, quote),
  `empty     = ${quote(policy.empty)}`,
  ...given('prio     ', policy.prio, ([most, quick]) => `[${most}, ${quick}]`),
  ...given('tos      ', policy.tos, String),
];

const renderCarp = ({ group, demote, hold }: CarpSettings): readonly string[] => [
  '',
  '[carp]',
  `group     = ${quote(group)}`,
  `demote    = ${demote}`,
  `hold      = ${quote(renderTime(hold))}`,
];

const renderHook = (hook: HookSettings): readonly string[] => [
  '',
  '[hook]',
  `command   = ${list(hook.command.map(quote))}`,
  `timeout   = ${quote(renderTime(hook.timeout))}`,
  `digest    = ${quote(renderTime(hook.digest))}`,
];

const renderMetrics = ({ address, port, hosts, isPublic }: MetricsSettings): readonly string[] => [
  '',
  '[metrics]',
  `listen    = ${quote(`${address.includes(':') ? `[${address}]` : address}:${port}`)}`,
  `hosts     = ${list(hosts.map(quote))}`,
  `public    = ${isPublic}`,
];

/** Writes valid settings; each link has its whole probe table, so there is no `[probe]`. */
export const renderConfig = (settings: Settings): string =>
  [
    `anchor        = ${quote(settings.anchor)}`,
    `local         = ${list(settings.local.map((prefix) => quote(renderPrefix(prefix))))}`,
    `default_route = ${quote(settings.defaultRoute)}`,
    `on_exit       = ${quote(settings.onExit)}`,
    `reconcile     = ${quote(renderTime(settings.reconcile))}`,
    '',
    '[inbound]',
    `enabled   = ${settings.inbound}`,
    ...(settings.carp === null ? [] : renderCarp(settings.carp)),
    ...(settings.hook === null ? [] : renderHook(settings.hook)),
    '',
    '[control]',
    `group     = ${quote(settings.controlGroup)}`,
    ...(settings.metrics === null ? [] : renderMetrics(settings.metrics)),
    ...settings.links.flatMap(renderLink),
    ...settings.policies.flatMap(renderPolicy),
    '',
  ].join('\n');
