/** Forwarding, and the routing table of this machine itself. */
import type { Settings } from '../core/model.ts';
import type { Cure, Finding } from './finding.ts';
import { linesOf, type Machine, MYGATE, SYSCTL_CONF } from './machine.ts';

interface Switch {
  readonly name: string;
  readonly id: string;
  readonly why: string;
}

const persist = (machine: Machine, line: string): readonly Cure[] =>
  linesOf(machine, SYSCTL_CONF).some((each) => each.replace(/\s+/g, '') === line)
    ? []
    : [{ kind: 'add', file: SYSCTL_CONF, line, place: { kind: 'end' } }];

/** A sysctl that must be 1, now and after the next boot. */
const checkSwitch = (machine: Machine, { name, id, why }: Switch): readonly Finding[] => {
  const value = machine.sysctls.get(name);
  const line = `${name}=1`;
  if (value === '0')
    return [
      {
        id,
        severity: 'error',
        what: `${name} is 0`,
        why,
        cures: [{ kind: 'run', command: `sysctl ${line}` }, ...persist(machine, line)],
      },
    ];
  const cures = persist(machine, line);
  return value === undefined || cures.length === 0
    ? []
    : [
        {
          id: `${id}-until-boot`,
          severity: 'warning',
          what: `${name} is 1, but ${SYSCTL_CONF} does not say so`,
          why: `After the next boot: ${why}`,
          cures,
        },
      ];
};

const switchesFor = (settings: Settings): readonly Switch[] => [
  ...(settings.links.some(({ gateway }) => gateway !== null)
    ? [
        {
          name: 'net.inet.ip.forwarding',
          id: 'inet-not-forwarded',
          why: 'This machine forwards no inet packet: its network has no internet.',
        },
      ]
    : []),
  ...(settings.links.some(({ gateway6 }) => gateway6 !== null)
    ? [
        {
          name: 'net.inet6.ip6.forwarding',
          id: 'inet6-not-forwarded',
          why: 'This machine forwards no inet6 packet.',
        },
      ]
    : []),
];

/** Equal routes are of no use while the kernel takes the first of them. */
const checkMultipath = (machine: Machine, settings: Settings): readonly Finding[] => {
  if (settings.defaultRoute !== 'multipath') return [];
  const names = [
    ...(settings.links.some(({ gateway }) => gateway !== null) ? ['net.inet.ip.multipath'] : []),
    ...(settings.links.some(({ gateway6 }) => gateway6 !== null) ? ['net.inet6.ip6.multipath'] : []),
  ];
  return names.flatMap((name) =>
    checkSwitch(machine, {
      name,
      id: 'multipath-off',
      why: 'This machine’s own connections all take the first of the default routes.',
    }),
  );
};

/** Untagged traffic follows it, dead or alive. */
const checkStray = (machine: Machine, settings: Settings): readonly Finding[] => {
  // Otherwise default routes are wanted, or kept by uplinkd.
  if (settings.defaultRoute !== 'none') return [];
  const uplinks = settings.links.map((link) => link.interface);
  const strays = (machine.routes ?? []).filter(
    (route) =>
      route.destination === 'default' && route.interface !== null && uplinks.includes(route.interface),
  );
  const gates = linesOf(machine, MYGATE).filter((line) => /^[^#\s]/.test(line));
  return strays.map((route): Finding => {
    const family = route.family === 'inet' ? '' : ' -inet6';
    const bare = route.gateway.replace(/%.*/, '');
    return {
      id: 'stray-default-route',
      severity: 'advice',
      what: `routing table 0 has a default route by ${route.interface} (${route.gateway})`,
      why: 'What no rule tags, and this machine’s own traffic, goes by it whether that link is dead or alive. Where that is meant, let it be.',
      cures: [
        { kind: 'run', command: `route -n delete${family} default ${route.gateway}` },
        ...gates
          .filter((line) => line.trim().replace(/%.*/, '') === bare)
          .map((line): Cure => ({ kind: 'remove', file: MYGATE, line })),
      ],
    };
  });
};

export const checkRoutes = (machine: Machine): readonly Finding[] => {
  const { settings } = machine;
  if (settings === null) return [];
  return [
    ...switchesFor(settings).flatMap((each) => checkSwitch(machine, each)),
    ...checkMultipath(machine, settings),
    ...checkStray(machine, settings),
  ];
};
