/** Settings, interfaces and paths to test the core with: two or three links on em0, em1, em2, short to write down. */
import type { Evidence } from '../../src/core/evidence.ts';
import { newPath, type PathHealth, stepEvidence } from '../../src/core/health.ts';
import type {
  Interface,
  InterfaceTable,
  LinkSettings,
  PolicySettings,
  ProbeSettings,
  Settings,
  Target,
} from '../../src/core/model.ts';
import { millis, mono } from '../../src/core/time.ts';

export const toGateway: Target = { kind: 'gateway' };
export const toAddress = (address: string): Target => ({ kind: 'address', family: 'inet', address });

export const probeSettings = (more: Partial<ProbeSettings> = {}): ProbeSettings => ({
  targets: [toAddress('9.9.9.9')],
  quorum: 1,
  interval: millis(1000),
  timeout: millis(1000),
  fall: 3,
  rise: 5,
  hold: millis(10_000),
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
  weight: 1,
  tier: 1,
  nat: true,
  rtable: null,
  probe: probeSettings(),
  ...more,
});

export const policySettings = (
  links: readonly LinkSettings[],
  more: Partial<PolicySettings> = {},
): PolicySettings => ({
  name: 'default',
  members: links.map(({ name, tier, weight }) => ({ link: name, tier, weight })),
  balance: 'weight',
  empty: 'last-resort',
  ...more,
});

export const settingsOf = (
  links: readonly LinkSettings[],
  policies: readonly PolicySettings[] = [policySettings(links)],
  more: Partial<Settings> = {},
): Settings => ({ anchor: 'uplinkd', local: [], reconcile: millis(30_000), links, policies, ...more });

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

export const ready = (number: number, address = `10.${number}.0.2`): Evidence => ({
  kind: 'ready',
  gateway: `10.${number}.0.1`,
  address,
  identity: `${number + 1}:${address}>10.${number}.0.1`,
});

/** A path whose evidence is present, with windows still empty. */
export const readyPath = (link: LinkSettings, number: number): PathHealth =>
  stepEvidence(newPath(link, 'inet', 101 + number, mono(0)), ready(number), mono(0));
