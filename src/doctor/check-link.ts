/** Links: whether their interfaces, gateways and targets are what the machine has, and can be told apart. */
import { containsAddress, networkOf, parseAddress, renderPrefix } from '../core/address.ts';
import type { LinkSettings, Prefix, Settings } from '../core/model.ts';
import { findKeyLine, findSectionLine } from './config-line.ts';
import type { Cure, Finding } from './finding.ts';
import { DHCPLEASED_CONF, linesOf, type Machine, type NamedInterface, PF_CONF } from './machine.ts';

const RELOAD: Cure = { kind: 'run', command: 'uplinkctl reload' };

/** Out of the way of the routing tables that uplinkd gives out, from 101 on; 255 is the last. */
const FIRST_RDOMAIN = 200;
const RDOMAINS = 56;

const networksOf = (of: NamedInterface): readonly Prefix[] =>
  of.addresses
    .filter(({ family, prefixLength, peer }) => family === 'inet' && peer === null && prefixLength < 32)
    .map(({ address, prefixLength }) => networkOf(address, prefixLength));

const hasOnLink = (of: NamedInterface, address: string): boolean =>
  networksOf(of).some((network) => containsAddress(network, address)) ||
  of.addresses.some(({ peer }) => peer === address);

/** A line of the link's table in the configuration, with another value. */
const rewrite = (machine: Machine, link: LinkSettings, key: string, value: string): readonly Cure[] => {
  const line = findKeyLine(linesOf(machine, machine.paths.config), `link.${link.name}`, key);
  return line === null
    ? []
    : [{ kind: 'replace', file: machine.paths.config, line, by: `${key} = "${value}"` }, RELOAD];
};

const checkInterface = (machine: Machine, link: LinkSettings): readonly Finding[] => {
  const all = machine.interfaces ?? [];
  const found = all.find(({ name }) => name === link.interface);
  const gateway = parseAddress(link.gateway ?? '')?.address ?? null;
  const better = gateway === null ? undefined : all.find((each) => hasOnLink(each, gateway));
  if (found === undefined)
    return [
      {
        id: 'interface-absent',
        severity: 'error',
        what: `link ${link.name}: there is no interface ${link.interface}`,
        why: `The link is down. There are ${all.map(({ name }) => name).join(', ')}.`,
        cures: better === undefined ? [] : rewrite(machine, link, 'interface', better.name),
      },
    ];
  const up: Finding = {
    id: 'interface-down',
    severity: 'error',
    what: `link ${link.name}: ${link.interface} is not up`,
    why: 'The link is down, whatever its cable says.',
    cures: [
      { kind: 'run', command: `ifconfig ${link.interface} up` },
      ...(linesOf(machine, `/etc/hostname.${link.interface}`).some((line) => line.trim() === 'down')
        ? [{ kind: 'replace', file: `/etc/hostname.${link.interface}`, line: 'down', by: 'up' } as const]
        : []),
    ],
  };
  const findings: Finding[] = found.up ? [] : [up];
  if (gateway === null) return findings;
  if (all.some(({ addresses }) => addresses.some(({ address }) => address === gateway)))
    findings.push({
      id: 'gateway-is-own',
      severity: 'error',
      what: `link ${link.name}: the gateway ${gateway} is an address of this machine`,
      why: 'Packets would be sent to ourselves. The gateway is the router at the other end of the line.',
      cures: [],
    });
  else if (!found.addresses.some(({ family }) => family === 'inet'))
    findings.push({
      id: 'no-address',
      severity: 'error',
      what: `link ${link.name}: ${link.interface} has no inet address`,
      why: 'Nothing can be sent from it: the link is down.',
      cures: [{ kind: 'run', command: `ifconfig ${link.interface} inet autoconf` }],
    });
  else if (!hasOnLink(found, gateway))
    findings.push({
      id: 'gateway-off-link',
      severity: 'error',
      what: `link ${link.name}: the gateway ${gateway} is on no network of ${link.interface} (${networksOf(found).map(renderPrefix).join(', ')})`,
      why: 'pf would send packets by whatever route leads there, perhaps out of another link; so the link is not used.',
      cures: better === undefined ? [] : rewrite(machine, link, 'interface', better.name),
    });
  return findings;
};

const overlaps = (one: NamedInterface, other: NamedInterface): boolean =>
  networksOf(one).some((a) =>
    networksOf(other).some((b) => containsAddress(a, b.address) || containsAddress(b, a.address)),
  );

/** An interface into a routing domain of its own, now and after the next boot. */
const ownRdomain = (its: NamedInterface): readonly Cure[] => [
  {
    kind: 'add',
    file: `/etc/hostname.${its.name}`,
    line: `rdomain ${FIRST_RDOMAIN + (its.index % RDOMAINS)}`,
    place: { kind: 'start' },
  },
  { kind: 'run', command: `sh /etc/netstart ${its.name}` },
];

/** Two links on one network of one routing domain: the kernel sends to that network by one of them only. */
const checkTwins = (machine: Machine, settings: Settings): readonly Finding[] => {
  const findings: Finding[] = [];
  const found = settings.links.flatMap((link) => {
    const its = machine.interfaces?.find(({ name }) => name === link.interface);
    return its === undefined ? [] : [{ link, its }];
  });
  for (const [at, one] of found.entries())
    for (const other of found.slice(at + 1)) {
      if (one.its.name === other.its.name || one.its.rdomain !== other.its.rdomain) continue;
      if (!overlaps(one.its, other.its)) continue;
      findings.push({
        id: 'same-network',
        severity: 'error',
        what: `links ${one.link.name} and ${other.link.name}: ${one.its.name} and ${other.its.name} are on the same network`,
        why: 'The kernel reaches a network by one interface: both links would use that one. Give one a routing domain of its own.',
        cures: ownRdomain(other.its),
      });
    }
  return findings;
};

/** A dead provider behind a live gateway is only found by what is behind it. */
const checkTargets = (machine: Machine, link: LinkSettings): readonly Finding[] => {
  const behind = link.probe.targets.filter(
    (target) => target.kind !== 'gateway' && !(target.kind === 'address' && target.address === link.gateway),
  );
  if (behind.length > 0) return [];
  const lines = linesOf(machine, machine.paths.config);
  const line =
    findKeyLine(lines, `link.${link.name}.probe`, 'targets') ?? findKeyLine(lines, 'probe', 'targets');
  return [
    {
      id: 'only-gateway-probed',
      severity: 'warning',
      what: `link ${link.name}: nothing but its gateway is probed`,
      why: 'When the provider’s network is dead behind a gateway that answers, the link counts as up.',
      cures:
        line === null
          ? []
          : [
              {
                kind: 'replace',
                file: machine.paths.config,
                line,
                by: 'targets = ["gateway", "9.9.9.9", "1.1.1.1"]',
              },
              RELOAD,
            ],
    },
  ];
};

const checkPrefix = (machine: Machine, link: LinkSettings): readonly Finding[] => {
  if (link.gateway6 === null || link.nat6 !== 'no' || link.prefix6.length > 0) return [];
  const line = findSectionLine(linesOf(machine, machine.paths.config), `link.${link.name}`);
  return [
    {
      id: 'no-prefix6',
      severity: 'warning',
      what: `link ${link.name}: it has a gateway6, but neither prefix6 nor nat6`,
      why: 'A provider drops sources that it has not delegated, so the link takes no inet6. prefix6 is better, if it has delegated one.',
      cures:
        line === null
          ? []
          : [
              {
                kind: 'add',
                file: machine.paths.config,
                line: 'nat6 = "nat"',
                place: { kind: 'after', line },
              },
              RELOAD,
            ],
    },
  ];
};

const checkPings = (machine: Machine, link: LinkSettings): readonly Finding[] => {
  const ping = machine.pings.find((each) => each.link === link.name);
  const isProbed = link.probe.targets.some(
    (target) => target.kind === 'gateway' || (target.kind === 'address' && target.address === ping?.address),
  );
  const blocking = machine.pf.source?.find(
    ({ rule }) => rule.action === 'block' && rule.quick && rule.direction !== 'in',
  );
  if (ping?.outcome === 'blocked') {
    const line = `pass out quick on ${link.interface} inet proto icmp from (${link.interface}) icmp-type echoreq`;
    return [
      {
        id: 'probe-blocked',
        severity: 'error',
        what: `link ${link.name}: pf does not let pings out by ${link.interface}`,
        why: 'While the anchor is empty or comes too late, every link looks dead.',
        cures: [
          {
            kind: 'add',
            file: PF_CONF,
            line,
            place: blocking === undefined ? { kind: 'end' } : { kind: 'before', line: blocking.line },
          },
          { kind: 'run', command: `pfctl -f ${PF_CONF}` },
        ],
      },
    ];
  }
  return ping?.outcome === 'silent' && isProbed
    ? [
        {
          id: 'gateway-silent',
          severity: 'advice',
          what: `link ${link.name}: the gateway ${ping.address} does not answer pings`,
          why: 'Some never do; then it is of no use as a target. Or the line is dead.',
          cures: [],
        },
      ]
    : [];
};

/** dhcpleased(8) throws routes away that it is told to ignore, and the gateway with them. */
const checkLease = (machine: Machine, settings: Settings, link: LinkSettings): readonly Finding[] => {
  const its = machine.interfaces?.find(({ name }) => name === link.interface);
  if (link.gateway !== 'dhcp' || its === undefined || its.rdomain !== 0) return [];
  let inside = false;
  const ignoring = linesOf(machine, DHCPLEASED_CONF).find((line) => {
    const opened = /^\s*interface\s+"?([\w.]+)"?/.exec(line)?.[1];
    if (opened !== undefined) inside = opened === link.interface;
    return inside && /\bignore\s+(?:dns\s*,?\s*)?routes\b/.test(line.replace(/#.*/, ''));
  });
  // With any other default_route the lease's own is left alone, or rdomain 0 is where the link has to be.
  const isTakenOut = settings.defaultRoute === 'none';
  if (ignoring === undefined)
    return isTakenOut
      ? [
          {
            id: 'lease-in-rdomain-0',
            severity: 'advice',
            what: `link ${link.name}: its lease puts a default route into routing table 0, at each renewal`,
            why: 'uplinkd takes it out again, but for a moment it is there. In a routing domain of its own it is never in the way.',
            cures: ownRdomain(its),
          },
        ]
      : [];
  return [
    {
      id: 'lease-without-gateway',
      severity: 'error',
      what: `link ${link.name}: its gateway is to come from a lease, and ${DHCPLEASED_CONF} ignores its routes`,
      why: 'With "ignore routes" dhcpleased(8) forgets the gateway, and nobody else knows it. In a routing domain of its own the route is out of the way and known.',
      cures: [
        { kind: 'remove', file: DHCPLEASED_CONF, line: ignoring },
        { kind: 'run', command: 'rcctl restart dhcpleased' },
      ],
    },
  ];
};

export const checkLinks = (machine: Machine): readonly Finding[] => {
  const { settings, interfaces } = machine;
  if (settings === null) return [];
  const each = settings.links.flatMap((link) => [
    ...(interfaces === null ? [] : checkInterface(machine, link)),
    ...checkTargets(machine, link),
    ...checkPrefix(machine, link),
    ...checkPings(machine, link),
    ...checkLease(machine, settings, link),
  ]);
  return [...each, ...checkTwins(machine, settings)];
};
