/** Which rules and pools the anchors should hold, from the settings and what was decided. Equal input gives equal output. */
import { type Decision, usesPool } from './decide.ts';
import {
  type Family,
  families,
  gatewayOf,
  gatewayWordOf,
  isLinkLocal,
  type LinkSettings,
  type PathKey,
  type PolicySettings,
  type Prefix,
  pathKey,
  type Settings,
} from './model.ts';
import type { PathHealth } from './path.ts';
import type { Marks, PoolAnchor, Rule, Ruleset, Translation, Via } from './rule.ts';

export const linkOf = (settings: Settings, name: string): LinkSettings | undefined =>
  settings.links.find((each) => each.name === name);

/** Everything that the rules follow from. */
export interface RulesetInput {
  readonly settings: Settings;
  readonly decisions: readonly Decision[];
  readonly paths: ReadonlyMap<PathKey, PathHealth>;
  /** Paths that are dead while their connections have somewhere else to go. */
  readonly stranded: readonly PathKey[];
}

/** The gateway of a path: as configured, or as it was learnt last. Null while nobody has told it. */
export const knownGateway = (link: LinkSettings, path: PathHealth): string | null =>
  gatewayWordOf(link, path.family) === null
    ? gatewayOf(link, path.family)
    : path.evidence?.kind === 'ready'
      ? path.evidence.gateway
      : null;

const marksOf = (policy: PolicySettings): Marks => ({ prio: policy.prio, tos: policy.tos });

/** Null while its gateway is not known, or its routing table is not there: pf would refuse all of the rules. */
const viaRule = ({ paths }: RulesetInput, link: LinkSettings, family: Family): Via | null => {
  const path = paths.get(pathKey(link.name, family));
  if (path === undefined) return null;
  if (path.via === 'rtable') return { kind: 'rtable', rtable: path.rtable };
  const gateway = knownGateway(link, path);
  return gateway === null ? null : { kind: 'route-to', gateway };
};

/** The chain: each rule takes its share of what the rules before it have left, the last one all of the rest. */
const chain = (
  input: RulesetInput,
  policy: PolicySettings,
  decision: Decision,
  from: Prefix | null,
): readonly Rule[] => {
  const steered = decision.shares.flatMap((share) => {
    const link = linkOf(input.settings, share.link);
    const via = link === undefined ? null : viaRule(input, link, decision.family);
    return via === null ? [] : [{ ...share, via }];
  });
  let left = steered.reduce((sum, share) => sum + share.weight, 0);
  return steered.map(({ link, weight, via }) => {
    const probability = weight / left;
    left -= weight;
    const common = { policy: policy.name, family: decision.family, link, from, probability, via };
    return { kind: 'choose', ...common, marks: marksOf(policy) };
  });
};

const chooseRules = (input: RulesetInput, policy: PolicySettings, decision: Decision): readonly Rule[] => {
  if (usesPool(policy, input.settings, decision.family, input.paths)) {
    // An empty table would make packets vanish without an answer: then the policy's last rule must refuse them.
    return decision.shares.length === 0
      ? []
      : [{ kind: 'call', policy: policy.name, family: decision.family }];
  }
  if (decision.source === null) return chain(input, policy, decision, null);
  const owner = linkOf(input.settings, decision.source);
  return (owner?.prefix6 ?? []).flatMap((prefix) => chain(input, policy, decision, prefix));
};

const translationOf = (link: LinkSettings, family: Family): Translation => {
  if (family === 'inet') return { kind: link.nat ? 'address' : 'none' };
  const [prefix] = link.prefix6;
  if (link.nat6 === 'prefix' && prefix !== undefined) return { kind: 'prefix', prefix };
  return { kind: link.nat6 === 'nat' ? 'address' : 'none' };
};

interface LinkInFamily {
  readonly link: LinkSettings;
  readonly family: Family;
}

const membersOf = (settings: Settings, policy: PolicySettings): readonly LinkInFamily[] =>
  pathsOf(settings).filter(({ link }) => policy.members.some((member) => member.link === link.name));

const pathsOf = (settings: Settings): readonly LinkInFamily[] =>
  settings.links.flatMap((link) =>
    families.filter((family) => gatewayOf(link, family) !== null).map((family) => ({ link, family })),
  );

const inboundRules = (input: RulesetInput, { link, family }: LinkInFamily): readonly Rule[] => {
  const via = viaRule(input, link, family);
  if (via === null) return [];
  const common = { link: link.name, family };
  const crosses = input.paths.get(pathKey(link.name, family))?.rdomain !== 0;
  return [
    { kind: 'inbound-mark', interface: link.interface, ...common },
    { kind: 'inbound-direct', interface: link.interface, ...common, crosses },
    {
      kind: 'inbound-in',
      interface: link.interface,
      ...common,
      gateway: via.kind === 'route-to' ? via.gateway : null,
      crosses,
    },
    { kind: 'inbound-out', ...common, via },
  ];
};

/** A policy's new connections go there: by its last resort perhaps, whatever other policies have. */
const isInUse = (input: RulesetInput, policy: PolicySettings, { link, family }: LinkInFamily): boolean =>
  input.decisions.some(
    (decision) =>
      decision.policy === policy.name &&
      decision.family === family &&
      decision.shares.some((share) => share.link === link.name),
  );

const allInboundRules = (input: RulesetInput, paths: readonly LinkInFamily[]): readonly Rule[] => [
  ...paths.flatMap((path) => inboundRules(input, path)),
  ...families
    .filter((family) => paths.some((path) => path.family === family))
    .map((family): Rule => ({ kind: 'inbound-pass', family })),
];

const withoutState = (
  kind: 'close' | 'guard',
  policy: PolicySettings,
  { link, family }: LinkInFamily,
): Rule => ({
  kind,
  policy: policy.name,
  family,
  link: link.name,
  interface: link.interface,
});

/**
 * In a pool, states on a dead link are found one by one, which takes a while: until then they are refused on the way out. So are
 * those whose other half, on the link, was killed by its label, whatever has become of the link meanwhile.
 */
const closeRules = (input: RulesetInput, policy: PolicySettings) => {
  const pooled = membersOf(input.settings, policy).filter(({ family }) =>
    usesPool(policy, input.settings, family, input.paths),
  );
  const dead = pooled
    .filter(({ link, family }) => input.stranded.includes(pathKey(link.name, family)))
    .filter((path) => !isInUse(input, policy, path));
  const translating = pooled.filter(
    (path) => !dead.includes(path) && translationOf(path.link, path.family).kind !== 'none',
  );
  return {
    before: dead.map((path) => withoutState('close', policy, path)),
    after: translating.map((path) => withoutState('guard', policy, path)),
  };
};

const leaveRules = (settings: Settings, policy: PolicySettings): readonly Rule[] =>
  membersOf(settings, policy).map(({ link, family }) => ({
    kind: 'leave',
    policy: policy.name,
    family,
    link: link.name,
    interface: link.interface,
    translation: translationOf(link, family),
    marks: marksOf(policy),
  }));

const DNS_PORT = 53;

/** What pings are let out by anyway; what a program of the administrator's sends is not known here. */
const probeRules = (link: LinkSettings, family: Family): readonly Rule[] => {
  const common = { link: link.name, interface: link.interface, family };
  const found = new Map<string, Rule>([['ping', { kind: 'probe', ...common }]]);
  for (const target of link.probe.targets) {
    // pf would want its scope, which is this link's in any case.
    if ((target.kind !== 'tcp' && target.kind !== 'dns') || isLinkLocal(target.address)) continue;
    if (target.family !== family) continue;
    const { address } = target;
    const [protocol, port] =
      target.kind === 'tcp' ? (['tcp', target.port] as const) : (['udp', DNS_PORT] as const);
    found.set(`${protocol} ${address} ${port}`, { kind: 'probe-to', ...common, protocol, address, port });
  }
  return [...found.values()];
};

/** What the anchor should hold. Equal input gives an equal ruleset. */
export const desireRuleset = (input: RulesetInput): Ruleset => {
  const { settings, decisions } = input;
  const paths = pathsOf(settings);
  return [
    ...paths.flatMap(({ link, family }) => probeRules(link, family)),
    ...(settings.inbound ? allInboundRules(input, paths) : []),
    ...settings.policies.flatMap((policy): readonly Rule[] => [
      ...decisions
        .filter((each) => each.policy === policy.name)
        .flatMap((each) => chooseRules(input, policy, each)),
      { kind: 'refuse', policy: policy.name },
    ]),
    ...settings.policies.flatMap((policy) => {
      const { before, after } = closeRules(input, policy);
      const fence: readonly Rule[] =
        settings.defaultRoute === 'none' ? [] : [{ kind: 'fence', policy: policy.name }];
      return [...before, ...leaveRules(settings, policy), ...after, ...fence];
    }),
  ];
};

/** 32 hex digits that follow from a text alone: source-hash needs the same key after every load and every restart. */
const hashKeyOf = (text: string): string =>
  [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b]
    .map((seed) => {
      let hash = seed;
      for (const character of text)
        hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
      return hash.toString(16).padStart(8, '0');
    })
    .join('');

export const poolTableName = (family: Family): string => `pool_${family}`;

/** The anchors of the policies that are balanced by a pool. Their rules follow from the settings alone, the tables from decisions. */
export const desirePools = ({ settings, decisions, paths }: RulesetInput): readonly PoolAnchor[] =>
  settings.policies.flatMap((policy): readonly PoolAnchor[] => {
    const { balance, sticky } = policy;
    if (balance === 'weight') return [];
    const own = decisions.filter(
      (decision) => decision.policy === policy.name && usesPool(policy, settings, decision.family, paths),
    );
    if (own.length === 0) return [];
    const used = own.map((decision) => decision.family);
    return [
      {
        anchor: `${settings.anchor}/${policy.name}`,
        rules: used.map((family) => ({
          kind: 'pool',
          policy: policy.name,
          family,
          table: poolTableName(family),
          balance,
          sticky,
          hashKey:
            balance === 'source-hash' ? hashKeyOf(`${settings.anchor} ${policy.name} ${family}`) : null,
          marks: marksOf(policy),
        })),
        tables: own.map((decision) => ({
          name: poolTableName(decision.family),
          entries: decision.shares
            .flatMap((share) => {
              const link = linkOf(settings, share.link);
              const path = paths.get(pathKey(share.link, decision.family));
              const address = link === undefined || path === undefined ? null : knownGateway(link, path);
              return address === null
                ? []
                : [{ address, weight: balance === 'least-states' ? share.weight : 1 }];
            })
            .sort((a, b) => (a.address < b.address ? -1 : 1)),
        })),
      },
    ];
  });
