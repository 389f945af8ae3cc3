/** Settings, interfaces and paths to test the core with: two or three links on em0, em1, em2, short to write down. */
import type { Evidence } from '../../src/core/evidence.ts';
import { stepEvidence } from '../../src/core/health.ts';
import { linkLabel } from '../../src/core/kill.ts';
import {
  type Family,
  families,
  gatewayOf,
  type Interface,
  type InterfaceAddress,
  type InterfaceTable,
  type LinkSettings,
  type PathKey,
  type PolicySettings,
  type Prefix,
  type ProbeSettings,
  pathKey,
  type Settings,
  type Target,
} from '../../src/core/model.ts';
import { newPath, type PathHealth } from '../../src/core/path.ts';
import { millis, mono } from '../../src/core/time.ts';
import type { Kill } from '../../src/core/transaction.ts';

export const toGateway: Target = { kind: 'gateway' };
export const toAddress = (address: string): Target => ({ kind: 'address', family: 'inet', address });
export const toAddress6 = (address: string): Target => ({ kind: 'address', family: 'inet6', address });

export const probeSettings = (more: Partial<ProbeSettings> = {}): ProbeSettings => ({
  targets: [toAddress('9.9.9.9')],
  quorum: 1,
  interval: millis(1000),
  idle: millis(60_000),
  timeout: millis(1000),
  fall: 3,
  rise: 5,
  hold: millis(10_000),
  confirm: false,
  // Out of the way: what shares of loss do to a path is health.test.ts's.
  loss: { degraded: 100, recover: null, down: 100, window: millis(30_000) },
  latency: { degraded: null, recover: null },
  damping: false,
  ...more,
});

/** Link `names[n]` is on `em<n>`, 192.0.2.0/24 written 10.<n>.0.0/24, gateway 10.<n>.0.1. */
export const linkSettings = (
  name: string,
  number: number,
  more: Partial<LinkSettings> = {},
): LinkSettings => ({
  name,
  interface: `em${number}`,
  gateway: `10.${number}.0.1`,
  gateway6: null,
  via: null,
  weight: 1,
  tier: 1,
  nat: true,
  nat6: 'no',
  prefix6: [],
  metered: false,
  budget: null,
  rtable: null,
  probe: probeSettings(),
  ...more,
});

/** Both families, and targets in both. */
export const both = probeSettings({ targets: [toAddress('9.9.9.9'), toAddress6('2620:fe::fe')] });

export const prefix6 = (address: string, length = 48): Prefix => ({ family: 'inet6', address, length });

/** The same with an inet6 path: gateway 2001:db8:<n>::1, prefix 2001:db8:<100 + n>::/48, unless said otherwise. */
export const linkSettings6 = (name: string, number: number, more: Partial<LinkSettings> = {}): LinkSettings =>
  linkSettings(name, number, {
    gateway6: `2001:db8:${number}::1`,
    prefix6: [prefix6(`2001:db8:${100 + number}::`)],
    probe: both,
    ...more,
  });

export const policySettings = (
  links: readonly LinkSettings[],
  more: Partial<PolicySettings> = {},
): PolicySettings => ({
  name: 'default',
  members: links.map(({ name, tier, weight }) => ({ link: name, tier, weight })),
  balance: 'weight',
  sticky: false,
  degraded: 'avoid',
  failback: null,
  empty: 'last-resort',
  prio: null,
  tos: null,
  ...more,
});

export const settingsOf = (
  links: readonly LinkSettings[],
  policies: readonly PolicySettings[] = [policySettings(links)],
  more: Partial<Settings> = {},
): Settings => ({
  anchor: 'uplinkd',
  local: [],
  reconcile: millis(30_000),
  defaultRoute: 'none',
  onExit: 'keep',
  inbound: false,
  carp: null,
  hook: null,
  controlGroup: 'wheel',
  metrics: null,
  links,
  policies,
  ...more,
});

/** An interface that is up, with carrier, and has the address 10.<n>.0.2/24. */
export const em = (number: number, more: Partial<Interface> = {}): Interface => ({
  name: `em${number}`,
  index: number + 1,
  up: true,
  carrier: 'up',
  rdomain: 0,
  addresses: [{ family: 'inet', address: `10.${number}.0.2`, prefixLength: 24, peer: null }],
  ...more,
});

/** The same with 2001:db8:<n>::2/64 and a link-local address. */
export const em6 = (number: number, more: Partial<Interface> = {}): Interface => {
  const inet6 = (address: string): InterfaceAddress => ({
    family: 'inet6',
    address,
    prefixLength: 64,
    peer: null,
  });
  const addresses = [...em(number).addresses, inet6(`fe80::${number + 1}:2`), inet6(`2001:db8:${number}::2`)];
  return em(number, { addresses, ...more });
};

export const lan: Interface = {
  name: 'em9',
  index: 10,
  up: true,
  carrier: 'up',
  rdomain: 0,
  addresses: [{ family: 'inet', address: '192.168.1.1', prefixLength: 24, peer: null }],
};

/** em0 … em<count - 1>, all well, and the LAN. */
export const interfacesOf = (count: number): InterfaceTable => [
  ...Array.from({ length: count }, (_, number) => em(number)),
  lan,
];

export const interfacesOf6 = (count: number): InterfaceTable => [
  ...Array.from({ length: count }, (_, number) => em6(number)),
  lan,
];

export const ready = (number: number, address = `10.${number}.0.2`): Evidence => ({
  kind: 'ready',
  gateway: `10.${number}.0.1`,
  address,
  identity: `${number + 1}:${address}>10.${number}.0.1`,
});

export const ready6 = (number: number): Evidence => ({
  kind: 'ready',
  gateway: `2001:db8:${number}::1`,
  address: `2001:db8:${number}::2`,
  identity: `${number + 1}:2001:db8:${number}::2>2001:db8:${number}::1`,
});

/** Every path of some settings, with nothing known of it but how packets would be sent there. */
export const newPaths = (settings: Settings): ReadonlyMap<PathKey, PathHealth> =>
  new Map(
    settings.links.flatMap((link, number) =>
      families
        .filter((family) => gatewayOf(link, family) !== null)
        .map((family) => [pathKey(link.name, family), newPath(link, family, 101 + number, mono(0))] as const),
    ),
  );

/** A path whose evidence is present, with windows still empty. */
export const readyPath = (link: LinkSettings, number: number, family: Family = 'inet'): PathHealth =>
  stepEvidence(
    newPath(link, family, 101 + number, mono(0)),
    family === 'inet' ? ready(number) : ready6(number),
    mono(0),
  );

/** What a transaction does about the states of a link in inet. */
export const labelKill = (link: string): Kill => ({
  path: `${link}/inet`,
  link,
  what: { kind: 'label', label: linkLabel(link, 'inet') },
  rdomains: [0],
  again: false,
});
