/**
 * Packets walked through rendered rules, for any settings and any healths: what is tagged leaves by a link of the policy's
 * active set, to that link's gateway and with an address that its provider takes, or it is refused.
 */

import t from 'tap';
import { containsAddress } from '../../src/core/address.ts';
import {
  type Family,
  families,
  gatewayOf,
  type Health,
  type LinkSettings,
  type PathKey,
  pathKey,
  type Settings,
  viaOf,
} from '../../src/core/model.ts';
import { previewPools, previewRuleset } from '../../src/core/preview.ts';
import { allocateRtables, noRtables } from '../../src/core/rtable.ts';
import { renderPoolAnchor, renderRuleset } from '../../src/text/pf.ts';
import fc from '../chance.ts';
import { settingsArbitrary } from '../config/settings.ts';
import { activeSet } from '../core/active-set.ts';
import { createMachine, type Machine } from '../emulator/machine.ts';
import { check, must } from '../text/random.ts';

const LAN = 'em9';
const PACKETS = 200;
const FIRST_PORT = 7000;

const isLinkLocal = (address: string): boolean => address.startsWith('fe80:');
const ownAddress = (number: number): string => `100.64.${number}.2`;
const ownAddress6 = (number: number): string => `2001:db8:${9000 + number}::2`;

/** Gateways in networks of their own, which chance would not always give them. */
const apart = (settings: Settings): Settings => ({
  ...settings,
  links: settings.links.map((link, number) => ({
    ...link,
    gateway: link.gateway === null ? null : `100.64.${number}.1`,
    gateway6:
      link.gateway6 === null || isLinkLocal(link.gateway6) ? link.gateway6 : `2001:db8:${9000 + number}::1`,
  })),
});

/** A router with all the links, whatever their health is said to be; the daemon's routing tables are set. */
const machineFor = (settings: Settings): Machine => {
  const { byLink } = allocateRtables(noRtables, settings.links, null);
  const machine = createMachine({
    lan: { interface: LAN, address: '172.31.0.1/16', address6: '2001:db8:ffff::1/64' },
    interfaces: [],
    uplinks: settings.links.map((link, number) => ({
      name: link.name,
      interface: link.interface,
      address: `${ownAddress(number)}/24`,
      gateway: `100.64.${number}.1`,
      address6: `${ownAddress6(number)}/64`,
      ...(link.gateway6 === null ? {} : { gateway6: link.gateway6 }),
    })),
    details: settings.links.map((link, number) => ({
      name: link.interface,
      addresses: [`fe80::${number + 1}:ffff/64`],
    })),
  });
  for (const link of settings.links) {
    for (const family of families) {
      const gateway = gatewayOf(link, family);
      if (gateway === null || viaOf(link, family, 0) === 'route-to') continue;
      const scope = isLinkLocal(gateway) ? `%${link.interface}` : '';
      const ran = machine.run(
        `route -n -T ${byLink.get(link.name)} add -${family} default ${gateway}${scope}`,
      );
      must(ran.code === 0, `route: ${ran.stderr}`);
    }
  }
  return machine;
};

const load = (machine: Machine, settings: Settings, healths: ReadonlyMap<PathKey, Health>): void => {
  const pfctl = (anchor: string, text: string): void => {
    const ran = machine.run(anchor === '' ? 'pfctl -f -' : `pfctl -a ${anchor} -f -`, text);
    must(ran.code === 0, `pfctl -a ${anchor}: ${ran.stderr}\n${text}`);
  };
  const tags = settings.policies.map(
    ({ name }, n) => `match in on ${LAN} proto udp to port ${FIRST_PORT + n} tag uplink_${name}\n`,
  );
  pfctl('', `${tags.join('')}anchor "${settings.anchor}"\n`);
  for (const pool of previewPools(settings, healths)) pfctl(pool.anchor, renderPoolAnchor(pool));
  const text = renderRuleset(previewRuleset(settings, healths));
  pfctl(settings.anchor, text);
  const held = machine.run(`pfctl -a ${settings.anchor} -sr`).stdout;
  must(held === text, `pf prints other words: ${held} for ${text}`);
};

/** A source of each kind that the rules could tell apart: one in every prefix6, one in none, one of inet. */
const sourcesOf = (
  settings: Settings,
): readonly { readonly address: string; readonly owner: string | null }[] => [
  { address: '172.31.3.4', owner: null },
  { address: '2001:db8:ffff::34', owner: null },
  ...settings.links.flatMap((link) =>
    link.prefix6.map((prefix) => ({ address: prefix.address, owner: link.name })),
  ),
];

const checkTranslation = (
  link: LinkSettings,
  family: Family,
  number: number,
  before: string,
  after: string,
) => {
  if (family === 'inet') {
    must(after === (link.nat ? ownAddress(number) : before), `${before} leaves ${link.name} as ${after}`);
    return;
  }
  switch (link.nat6) {
    case 'no':
      return must(after === before, `${before} leaves ${link.name} as ${after}`);
    case 'nat':
      return must(after === ownAddress6(number), `${before} leaves ${link.name} as ${after}`);
    case 'prefix': {
      const [prefix] = link.prefix6;
      return must(prefix !== undefined && containsAddress(prefix, after), `${after} is not of ${link.name}`);
    }
  }
};

const health = fc.constantFrom('up' as const, 'degraded' as const, 'unknown' as const, 'down' as const);

t.test('no packet leaves by a link outside the active set', async (t) => {
  let sent = 0;
  let refused = 0;
  check(
    t,
    fc.property(
      settingsArbitrary.map(apart),
      fc.array(health, { minLength: 10, maxLength: 10 }),
      (settings, drafts) => {
        const healths = new Map(
          settings.links.flatMap(({ name }, n) =>
            families.map((family, f) => [pathKey(name, family), drafts[2 * n + f] ?? 'up'] as const),
          ),
        );
        const machine = machineFor(settings);
        load(machine, settings, healths);
        const sources = sourcesOf(settings);
        for (let n = 0; n < PACKETS; n += 1) {
          const at = n % settings.policies.length;
          const policy = settings.policies[at];
          const source = sources[Math.floor(n / settings.policies.length) % sources.length];
          if (policy === undefined || source === undefined) continue;
          const family = source.address.includes(':') ? 'inet6' : 'inet';
          const active = activeSet(
            settings,
            policy,
            family,
            source.owner,
            (path) => healths.get(path) ?? 'up',
          );
          const outcome = machine.router.forward(
            {
              family,
              protocol: 'udp',
              source: source.address,
              sourcePort: 1024 + n,
              destination: family === 'inet' ? '198.18.0.80' : '2001:db8:eeee::80',
              destinationPort: FIRST_PORT + at,
              flags: {},
              icmpType: null,
              bytes: 100,
              tag: null,
              rtable: 0,
            },
            LAN,
          );
          const what = `${source.address} by ${policy.name} (${policy.balance}), to [${active}]`;
          if (active.length === 0) {
            must(outcome.kind === 'refused' && outcome.how === 'unreachable', `${what}: ${outcome.kind}`);
            refused += 1;
            continue;
          }
          if (outcome.kind !== 'sent') throw new Error(`${what}: ${JSON.stringify(outcome)}`);
          sent += 1;
          const number = settings.links.findIndex((each) => each.interface === outcome.nic.name);
          const link = settings.links[number];
          if (link === undefined) throw new Error(`${what}: left by ${outcome.nic.name}`);
          must(active.includes(link.name), `${what}: left by ${link.name}`);
          must(
            outcome.nextHop.split('%')[0] === gatewayOf(link, family),
            `${what}: went to ${outcome.nextHop} of ${link.name}`,
          );
          checkTranslation(link, family, number, source.address, outcome.packet.source);
        }
      },
    ),
    Number(process.env['RUNS'] ?? 100),
  );
  t.comment(`${sent} packets were sent, ${refused} refused`);
  t.ok(sent > 1000 && refused > 100, 'both were seen');
});
