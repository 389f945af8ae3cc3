/** Tags: what marks traffic for the policies, and for connections from outside. */
import type { Settings } from '../core/model.ts';
import type { MainRule } from '../text/pf-main.ts';
import type { Cure, Finding } from './finding.ts';
import { anchorLineOf, lansOf, linesOf, localTable, type Machine, PF_CONF } from './machine.ts';
import {
  add,
  INBOUND,
  inFrontOfAnchor,
  moveBehind,
  replace,
  sourceOf,
  splitAtAnchor,
  tagOf,
} from './pf-conf.ts';

/** The policy `default` is only there by itself while the file has no other. */
const addPolicy = (machine: Machine, name: string): readonly Cure[] => {
  const file = machine.paths.config;
  const hasPolicies = linesOf(machine, file).some((line) => /^\s*\[policy[.\]]/.test(line));
  const names = hasPolicies ? [name] : ['default', name];
  return [
    ...names.map((each): Cure => ({ kind: 'add', file, line: `[policy.${each}]`, place: { kind: 'end' } })),
    { kind: 'run', command: 'uplinkctl reload' },
  ];
};

export const checkTags = (
  machine: Machine,
  settings: Settings,
  rules: readonly MainRule[],
): readonly Finding[] => {
  const { before, after } = splitAtAnchor(rules, settings.anchor);
  const table = localTable(settings);
  const lan = lansOf(machine)[0]?.name;
  const known = new Set([...settings.policies.map(tagOf), INBOUND]);
  const untagged = settings.policies.filter(
    (policy) => ![...before, ...after].some((rule) => rule.tag === tagOf(policy)),
  );
  const late = after.filter(
    (rule) => rule.tag !== null && known.has(rule.tag) && !before.some(({ tag }) => tag === rule.tag),
  );
  const strange = [
    ...new Set(
      rules.flatMap(({ tag }) => (tag?.startsWith('uplink_') === true && !known.has(tag) ? [tag] : [])),
    ),
  ];
  const anchorLine = anchorLineOf(machine);
  return [
    ...untagged.map(
      (policy): Finding => ({
        id: 'policy-untagged',
        severity: policy.name === 'default' ? 'error' : 'warning',
        what: `no rule tags anything for the policy ${policy.name}`,
        why: 'The policy has no traffic: what should go by it goes its old way.',
        cures:
          lan === undefined
            ? []
            : add(
                `match in on ${lan} inet from ${lan}:network to ! <${table}> tag ${tagOf(policy)}`,
                inFrontOfAnchor(machine),
              ),
      }),
    ),
    ...late.map((rule): Finding => {
      const source = sourceOf(machine, (each) => each.tag === rule.tag);
      return {
        id: 'tag-after-anchor',
        severity: 'error',
        what: `this rule tags behind the anchor: ${rule.text}`,
        why: 'uplinkd’s rules are evaluated before the tag is there, and do not match.',
        cures: anchorLine === null || source === undefined ? [] : moveBehind(anchorLine, source.line),
      };
    }),
    ...strange.map((tag): Finding => {
      const name = tag.replace(/^uplink_/, '');
      return {
        id: 'tag-without-policy',
        severity: 'error',
        what: `a rule tags ${tag}, and there is no policy ${name}`,
        why: 'No rule of uplinkd takes that tag: the traffic goes where the routing table says, or nowhere.',
        cures: /^[a-z][a-z0-9_]{0,14}$/.test(name) ? addPolicy(machine, name) : [],
      };
    }),
  ];
};

export const checkInbound = (
  machine: Machine,
  settings: Settings,
  rules: readonly MainRule[],
): readonly Finding[] =>
  !settings.inbound && rules.some(({ tag }) => tag === INBOUND)
    ? [
        {
          id: 'inbound-disabled',
          severity: 'error',
          what: `rules tag ${INBOUND}, and inbound is not enabled`,
          why: 'Connections from outside are answered by whatever the routing table says, or not at all.',
          cures: [
            { kind: 'add', file: machine.paths.config, line: '[inbound]', place: { kind: 'end' } },
            { kind: 'add', file: machine.paths.config, line: 'enabled = true', place: { kind: 'end' } },
            { kind: 'run', command: 'uplinkctl reload' },
          ],
        },
      ]
    : [];

/** The same line with a destination that leaves this network alone. */
const withExemption = (line: string, table: string): string => {
  if (/\bto any\b/.test(line)) return line.replace(/\bto any\b/, `to ! <${table}>`);
  return line.replace(/\s+(tag\b)/, ` to ! <${table}> $1`);
};

export const checkExemption = (
  machine: Machine,
  settings: Settings,
  rules: readonly MainRule[],
): readonly Finding[] => {
  const table = localTable(settings);
  const tags = settings.policies.map(tagOf);
  const isOpen = (rule: MainRule): boolean =>
    rule.tag !== null && tags.includes(rule.tag) && rule.to === 'any';
  const rule = rules.find(isOpen);
  const source = sourceOf(machine, isOpen);
  const hasTable =
    machine.pf.source?.some(({ rule: { text } }) => text.startsWith(`table <${table}>`)) ?? true;
  const lines =
    '{ self 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 224.0.0.0/4 255.255.255.255 fe80::/10 fc00::/7 ff00::/8 }';
  return [
    ...(rule === undefined
      ? []
      : [
          {
            id: 'local-not-exempt',
            severity: 'error',
            what: `this rule tags what is for this network, too: ${rule.text}`,
            why: 'Packets for this router and its other networks are sent to an uplink: the router is out of reach.',
            cures: source === undefined ? [] : replace(source.line, withExemption(source.line, table)),
          } as const,
        ]),
    ...(hasTable
      ? []
      : [
          {
            id: 'local-table-missing',
            severity: 'warning',
            what: `${PF_CONF} does not define the table <${table}>`,
            why: 'From each load of pf.conf to uplinkd’s next look it is empty: this router is out of reach of its own network.',
            cures: add(`table <${table}> persist ${lines}`, { kind: 'start' }),
          } as const,
        ]),
  ];
};
