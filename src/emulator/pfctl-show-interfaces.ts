/** pfctl -s Interfaces: interfaces and groups as pf knows them, with what it has counted on each (sbin/pfctl/pfctl_table.c print_iface(), transcripts pfctl-sI, -vvsI). */
import type { Host, Rule } from './pf-rules.ts';
import type { Shown } from './pfctl-show.ts';
import { renderTime } from './route-monitor.ts';
import type { Router } from './router.ts';

const COUNTED = [
  'In4/Pass',
  'In4/Block',
  'Out4/Pass',
  'Out4/Block',
  'In6/Pass',
  'In6/Block',
  'Out6/Pass',
  'Out6/Block',
];

/** References by rules: `on NAME`, and each address that is looked up on it. */
const references = (rule: Rule, name: string): number => {
  const isIt = (host: Host | undefined): boolean => host?.kind === 'interface' && host.name === name;
  const hosts = [
    rule.source.host,
    rule.destination.host,
    rule.nat?.host,
    rule.rdr?.host,
    rule.route?.pool.host,
  ];
  return (rule.interface === name ? 1 : 0) + hosts.filter(isIt).length;
};

const details = (router: Router, name: string): string => {
  const { firewall } = router;
  const number = (value: number): string => String(value).padEnd(18);
  const states = [...firewall.states.all.values()].filter((one) => one.interface === name).length;
  const rules = [...firewall.rulesets.values()]
    .flatMap((ruleset) => ruleset.rules)
    .reduce((sum, rule) => sum + references(rule, name), 0);
  const { packets, bytes, since } = firewall.traffic.of(name);
  const counted = COUNTED.map(
    (what, i) =>
      `\t${`${what}:`.padEnd(12)} [ Packets: ${number(packets[i] ?? 0)} Bytes: ${number(bytes[i] ?? 0)} ]\n`,
  );
  return (
    `\tCleared:     ${renderTime(router.clock.wall() - router.clock.now() + since)}\n` +
    `\tReferences:  [ States:  ${number(states)} Rules: ${number(rules)} ]\n${counted.join('')}`
  );
};

/** With `-i`, that one, or the interfaces of a group (sys/net/pf_if.c pfi_skip_if()). */
export const showInterfaces = (router: Router, filter: string | null, verbosity: number): Shown => {
  const names = new Set(['all', 'carp', 'enc', 'lo', 'egress']);
  const groups = new Map<string, readonly string[]>();
  for (const nic of router.nics()) {
    groups.set(nic.name, router.groupsOf(nic));
    for (const name of [nic.name, ...router.groupsOf(nic)]) names.add(name);
  }
  const isShown = (name: string): boolean =>
    filter === null || name === filter || (groups.get(name)?.includes(filter) ?? false);
  return {
    out: [...names]
      .filter(isShown)
      .sort()
      .map((name) => {
        const skipped = verbosity > 0 && router.firewall.skips.has(name) ? ' (skip)' : '';
        return `${name}${skipped}\n${verbosity > 1 ? details(router, name) : ''}`;
      })
      .join(''),
  };
};
