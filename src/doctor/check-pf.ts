/** pf's main rule set: whether it calls the anchor, and does nothing in front of it that the anchor should do. */
import type { Settings } from '../core/model.ts';
import type { MainRule } from '../text/pf-main.ts';
import { checkExemption, checkInbound, checkTags } from './check-tag.ts';
import type { Finding, Place } from './finding.ts';
import { anchorLineOf, localTable, type Machine, PF_CONF, uplinksOf } from './machine.ts';
import { add, LOAD, moveBehind, sourceOf, splitAtAnchor } from './pf-conf.ts';

const checkCall = (machine: Machine, settings: Settings, rules: readonly MainRule[]): readonly Finding[] => {
  const { anchor } = settings;
  if (rules.some((rule) => rule.anchor === anchor || rule.anchor === '*')) return [];
  const lastTag = machine.pf.source?.findLast(({ rule }) => rule.tag?.startsWith('uplink_') === true);
  const place: Place = lastTag === undefined ? { kind: 'end' } : { kind: 'after', line: lastTag.line };
  return [
    {
      id: 'anchor-not-called',
      severity: 'error',
      what: `the main rule set does not call the anchor ${anchor}`,
      why: 'pf never looks at what uplinkd loads: nothing is steered, and no probe is let out.',
      cures: anchorLineOf(machine) === null ? add(`anchor "${anchor}"`, place) : [LOAD],
    },
  ];
};

const isLocalOnly = (settings: Settings, endpoint: string): boolean =>
  endpoint !== 'any' &&
  (endpoint.includes(localTable(settings)) ? !endpoint.startsWith('!') : !endpoint.startsWith('!'));

/** Neighbours and routers of one network, who never ask through this one. As in pf.conf, or as pfctl prints it. */
const DISCOVERY = new Set(['neighbrsol', 'neighbradv', 'routersol', 'routeradv']);
const isDiscovery = ({ text }: MainRule): boolean => {
  const [, several, one] = /\bicmp6-type (?:\{([^}]*)\}|(\S+))/.exec(text) ?? [];
  const types = (several ?? one ?? '').split(/[\s,]+/).filter((type) => type !== '');
  return types.length > 0 && types.every((type) => DISCOVERY.has(type));
};

/** Would it take what the anchor should have? Rules for some ports, or to addresses of this network, are the owner's will. */
const overtakes = (machine: Machine, settings: Settings, rule: MainRule): boolean => {
  if (!rule.quick || rule.tagged !== null || rule.interfaces.some((name) => /^lo\d*$/.test(name)))
    return false;
  if (isLocalOnly(settings, rule.to) || isDiscovery(rule)) return false;
  const uplinks = [...uplinksOf(machine), 'egress'];
  const isOfUplinks = rule.interfaces.length > 0 && rule.interfaces.every((name) => uplinks.includes(name));
  const isOfLans = rule.interfaces.length > 0 && !isOfUplinks;
  if (rule.action === 'block')
    return !rule.hasProtocol && !rule.hasPort && rule.from === 'any' && rule.to === 'any';
  if (rule.action !== 'pass') return false;
  // This machine's own packets on the way out are not ours.
  if (rule.direction === 'out') return !isOfLans && rule.from === 'any' && !rule.hasProtocol;
  return !isOfUplinks && !rule.hasPort;
};

const checkQuick = (machine: Machine, settings: Settings, rules: readonly MainRule[]): readonly Finding[] => {
  if (!rules.some((rule) => rule.anchor === settings.anchor)) return [];
  const rule = splitAtAnchor(rules, settings.anchor).before.find((each) =>
    overtakes(machine, settings, each),
  );
  if (rule === undefined) return [];
  const anchorLine = anchorLineOf(machine);
  const source = sourceOf(machine, (each) => overtakes(machine, settings, each));
  return [
    {
      id: 'quick-before-anchor',
      severity: 'error',
      what: `this rule is quick and stands before the anchor: ${rule.text}`,
      why: 'What it matches never gets to uplinkd’s rules: it is not steered, not translated, or refused.',
      cures: anchorLine === null || source === undefined ? [] : moveBehind(source.line, anchorLine),
    },
  ];
};

const checkTranslation = (machine: Machine, settings: Settings): readonly Finding[] => {
  const uplinks = [...uplinksOf(machine), 'egress'];
  const found = machine.pf.source?.find(
    ({ rule }) =>
      rule.hasNat &&
      rule.direction !== 'in' &&
      rule.tagged === null &&
      (rule.interfaces.length === 0 || rule.interfaces.some((name) => uplinks.includes(name))),
  );
  if (found === undefined || !settings.links.some(({ nat }) => nat)) return [];
  return [
    {
      id: 'foreign-nat',
      severity: 'error',
      what: `${PF_CONF} translates as well: ${found.rule.text}`,
      why: 'Packets get an address before uplinkd’s rule for the link they leave by can give them the right one.',
      cures: [{ kind: 'remove', file: PF_CONF, line: found.line }, LOAD],
    },
  ];
};

const checkLoopback = (machine: Machine): readonly Finding[] => {
  const { source } = machine.pf;
  if (source === null || source.some(({ rule }) => /^set skip on .*\blo0?\b/.test(rule.text))) return [];
  return [
    {
      id: 'lo-not-skipped',
      severity: 'warning',
      what: `${PF_CONF} does not say: set skip on lo`,
      why: 'What this machine says to itself is filtered: a rule that blocks stops its own resolver and daemons.',
      cures: add('set skip on lo', { kind: 'start' }),
    },
  ];
};

/** Everything about pf itself. */
export const checkPf = (machine: Machine): readonly Finding[] => {
  const { enabled, refusal, rules } = machine.pf;
  if (refusal !== null)
    return [
      {
        id: 'pf-unreadable',
        severity: 'error',
        what: `pf cannot be asked: ${refusal}`,
        why: 'Nothing of what follows from its rules could be looked at. Only root may ask it.',
        cures: [],
      },
    ];
  const { settings } = machine;
  return [
    ...(enabled === false
      ? [
          {
            id: 'pf-disabled',
            severity: 'error',
            what: 'pf is not enabled',
            why: 'Nothing is filtered, translated or sent to an uplink.',
            cures: [{ kind: 'run', command: 'pfctl -e' }],
          } as const,
        ]
      : []),
    ...checkLoopback(machine),
    ...(settings === null || rules === null
      ? []
      : [
          ...checkCall(machine, settings, rules),
          ...checkQuick(machine, settings, rules),
          ...checkTags(machine, settings, rules),
          ...checkInbound(machine, settings, rules),
          ...checkExemption(machine, settings, rules),
          ...checkTranslation(machine, settings),
        ]),
  ];
};
