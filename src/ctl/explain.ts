/**
 * `uplinkctl explain`: one policy of a status document in plain lines. Where a new connection would go, with what odds, why
 * every other member would not take it, and what would come next. Decides nothing: it only says what the daemon has decided.
 */
import type { PolicyFamilyStatus, PolicyStatus, Status } from '../wire/status.ts';
import { renderWait } from '../wire/words.ts';
import { rungColours } from './cells.ts';
import { renderUncalled } from './show-summary.ts';
import { type Paint, printable } from './terminal.ts';
import { gatewayOf, pathOf, renderMs, renderShares } from './words.ts';

type Family = PolicyFamilyStatus['family'];
type Member = PolicyFamilyStatus['members'][number];
type Failover = PolicyFamilyStatus['failovers'][number];

const balances: Readonly<Record<PolicyStatus['balance'], string>> = {
  weight: 'by chance, in the ratio of the weights',
  'least-states': 'to the link with the fewest states for its weight',
  'round-robin': 'to each link in turn',
  'source-hash': 'by the address of the client, which so keeps its link',
  random: 'by chance, to every link alike',
};

const rungs: Readonly<Record<PolicyFamilyStatus['rung'], string>> = {
  up: 'good members, of the lowest tier that has any',
  degraded: 'no member is up, these answer, but badly',
  recovering: 'no better member, these answer again, but not for long yet',
  unproven: 'nothing is known yet, nothing is held against these',
  'last-resort': 'no member can be trusted, all that could work are tried',
  none: 'refused, no member can take it',
};

const degradeds: Readonly<Record<PolicyStatus['degraded'], string>> = {
  use: 'a degraded member is as good as any',
  avoid: 'a degraded member is used only if none is up',
  never: 'a degraded member is a last resort',
};

const empties: Readonly<Record<PolicyStatus['empty'], string>> = {
  'last-resort': 'with no trusted member, all that could work are tried',
  drop: 'with no trusted member, new connections are refused',
};

/** A list as people say it: `fibre and dsl`. */
const joined = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

const renderFailback = (status: Status, policy: PolicyStatus): string => {
  switch (policy.failback) {
    case 'stay':
      return 'failback = "stay": connections on a worse tier stay when a better one is back';
    case 'move':
      return 'failback = "move": connections on a worse tier end once a better one has held';
    case null: {
      const members = new Set(policy.families.flatMap(({ members: its }) => its.map(({ link }) => link)));
      const metered = status.links.filter((link) => link.metered && members.has(link.name));
      return metered.length === 0
        ? 'failback is not set: connections stay, as no member is metered'
        : `failback is not set: "move" on ${joined(metered.map(({ name }) => name))} (metered), else "stay"`;
    }
  }
};

/** `inet6 from 2001:db8:a::/48 (fibre)`: what kind of connection a decision is about. */
const renderSubject = (
  status: Status,
  policy: PolicyStatus,
  { family, source }: PolicyFamilyStatus,
): string => {
  if (source !== null) {
    const prefixes = status.links.find(({ name }) => name === source)?.prefix6 ?? [];
    return `${family} from ${prefixes.length === 0 ? 'the prefix6' : prefixes.join(', ')} (${source})`;
  }
  const isRest = policy.families.some((other) => other.family === family && other.source !== null);
  return isRest ? `${family} from elsewhere` : family;
};

/** What no decision is about: the last rule of the policy refuses it. */
const renderUncovered = (policy: PolicyStatus, family: Family): string | null => {
  const own = policy.families.filter((each) => each.family === family);
  if (own.length === 0)
    return `${family}: refused, no member has a ${family === 'inet' ? 'gateway' : 'gateway6'}`;
  return own.some(({ source }) => source === null)
    ? null
    : `${family} from elsewhere: refused, members take only what is in their prefix6`;
};

/** An active member may have less than half a per cent; `-` is what takes nothing. */
const renderOdds = ({ shares }: PolicyFamilyStatus, { link, used }: Member): string => {
  if (!used) return '-';
  const odds = Math.round(shares.find((share) => share.link === link)?.percent ?? 0);
  return odds === 0 ? '<1%' : `${odds}%`;
};

const renderMember = (status: Status, family: Family, member: Member): string => {
  const link = status.links.find(({ name }) => name === member.link);
  const wait = pathOf(status, family, member.link)?.holdRemainingMs ?? null;
  const where = !member.used || link === undefined ? '' : `${link.interface} to ${gatewayOf(link, family)}, `;
  return `${where}${member.why}${wait === null ? '' : `, up in ${renderWait(wait)}`}`;
};

/** `if fibre is lost: lte 100% (tier 2)` */
const renderFailover = ({ members }: PolicyFamilyStatus, { lost, rung, shares }: Failover): string => {
  const tiers = new Set(
    members.filter(({ link }) => shares.some((share) => share.link === link)).map(({ tier }) => tier),
  );
  const tier = [...tiers].sort((a, b) => a - b).join(', ');
  const how = shares.length === 0 ? '' : ` (tier ${tier}${rung === 'up' ? '' : `, ${rung}`})`;
  return `if ${joined(lost)} ${lost.length > 1 ? 'are' : 'is'} lost: ${renderShares(shares)}${how}`;
};

/** How connections are shared out, and why not as configured. */
const renderBalance = (policy: PolicyStatus, { balance }: PolicyFamilyStatus): readonly string[] => [
  ...(balance === policy.balance
    ? []
    : [`  not by "${policy.balance}": pf has no pool of link-local gateways, rtables or prefixes`]),
  `  balance "${balance}": ${balances[balance]}`,
  ...(policy.sticky && balance !== 'weight'
    ? ['  sticky: a client keeps its link while it has connections']
    : []),
];

const renderDecision = (
  status: Status,
  policy: PolicyStatus,
  decision: PolicyFamilyStatus,
  paint: Paint,
): readonly string[] => {
  const { family, rung, sinceMs, members, failovers } = decision;
  const sorted = [...members].sort((a, b) => Number(b.used) - Number(a.used) || a.tier - b.tier);
  const width = Math.max(0, ...members.map(({ link }) => printable(link).length));
  return [
    `${printable(renderSubject(status, policy, decision))}: ` +
      `rung ${paint(rungColours[rung], rung)}, these shares for ${renderMs(sinceMs)}`,
    `  ${rungs[rung]}`,
    ...(decision.shares.length === 0 ? [] : renderBalance(policy, decision)),
    ...sorted.map((member) =>
      [
        renderOdds(decision, member).padStart(6),
        printable(member.link).padEnd(width),
        printable(renderMember(status, family, member)),
      ].join('  '),
    ),
    ...failovers.map((failover) => `  ${printable(renderFailover(decision, failover))}`),
  ];
};

/** What keeps the rules from being what pf does. */
const renderCautions = ({ pf }: Status, paint: Paint): readonly string[] => [
  ...(pf.called ? [] : [`pf: ${paint('bad', renderUncalled(pf))}`]),
  ...(pf.applied === 'known' ? [] : [`pf: ${paint('bad', 'the rules are not known to be in place')}`]),
];

/** All of it, for people: lines, each with its newline. */
export const renderExplanation = (status: Status, policy: PolicyStatus, paint: Paint): string => {
  const { name, tag, balance, sticky, degraded, empty } = policy;
  const uncovered = (['inet', 'inet6'] as const).flatMap((family) => renderUncovered(policy, family) ?? []);
  const decisions = policy.families.map((decision) => renderDecision(status, policy, decision, paint));
  const blocks: readonly (readonly string[])[] = [
    [`policy ${printable(name)}, packets tagged ${printable(tag)}`, ...renderCautions(status, paint)],
    ...decisions,
    ...(uncovered.length === 0 ? [] : [uncovered]),
    [
      `balance = "${balance}"${sticky ? ', sticky = true' : ''}`,
      `degraded = "${degraded}": ${degradeds[degraded]}`,
      printable(renderFailback(status, policy)),
      `empty = "${empty}": ${empties[empty]}`,
    ],
  ];
  return blocks.map((lines) => lines.map((line) => `${line}\n`).join('')).join('\n');
};

/** The part of the document that an explanation is made of. */
export const selectPolicy = (
  { version }: Status,
  policy: PolicyStatus,
): { readonly version: Status['version']; readonly policy: PolicyStatus } => ({ version, policy });
