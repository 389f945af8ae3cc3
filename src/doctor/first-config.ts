/**
 * A first uplinkd.conf and what pf.conf needs, from what the machine has: interfaces by which a default route leads, leases,
 * point-to-point lines. It guesses, says what it guessed from, and leaves out what it cannot know.
 */
import { containsAddress, networkOf } from '../core/address.ts';
import type { Machine, NamedInterface } from './machine.ts';

export interface FirstConfig {
  readonly kind: 'written';
  /** uplinkd.conf(5) */
  readonly config: string;
  /** Lines for pf.conf(5). */
  readonly pf: string;
}

export type First = FirstConfig | { readonly kind: 'nothing'; readonly why: string };

interface Uplink {
  readonly its: NamedInterface;
  /** As it is written: an address or a word. */
  readonly gateway: string;
  readonly from: string;
  readonly isModem: boolean;
  readonly has6: boolean;
}

const notAnUplink = /^(?:lo|enc|pflog|pfsync|pflow|bridge|carp|svlan|tpmr|veb|vport|wg|gif|gre|vxlan)\d+$/;

const isPointToPoint = (its: NamedInterface): boolean => its.flags.includes('POINTOPOINT');
const isModem = (its: NamedInterface): boolean => /^(?:umb|ppp)\d+$/.test(its.name);

const defaultGateway = (machine: Machine, name: string): string | null =>
  machine.routes?.find(
    (route) => route.family === 'inet' && route.destination === 'default' && route.interface === name,
  )?.gateway ?? null;

const isOnLink = (its: NamedInterface, gateway: string): boolean =>
  its.addresses.some(
    ({ family, address, prefixLength, peer }) =>
      family === 'inet' && peer === null && containsAddress(networkOf(address, prefixLength), gateway),
  );

/** Where its gateway is known from, or null: then nothing says that it is an uplink at all. */
const findGateway = (machine: Machine, its: NamedInterface): Pick<Uplink, 'gateway' | 'from'> | null => {
  if (isPointToPoint(its)) return { gateway: 'peer', from: 'it is a point-to-point line' };
  if (its.flags.includes('AUTOCONF4')) return { gateway: 'dhcp', from: 'it has its address by DHCP' };
  const gateway = defaultGateway(machine, its.name);
  if (gateway !== null && isOnLink(its, gateway)) return { gateway, from: 'a default route leads there' };
  return its.rdomain !== 0 && its.addresses.some(({ family }) => family === 'inet')
    ? { gateway: 'route', from: `it is in the routing domain ${its.rdomain}, which has a default route` }
    : null;
};

const findUplinks = (machine: Machine, interfaces: readonly NamedInterface[]): readonly Uplink[] =>
  interfaces.flatMap((its): readonly Uplink[] => {
    if (notAnUplink.test(its.name)) return [];
    const found = findGateway(machine, its);
    if (found === null) return [];
    const has6 =
      its.flags.some((flag) => flag === 'AUTOCONF6') ||
      machine.routes?.some(
        (route) =>
          route.family === 'inet6' && route.destination === 'default' && route.interface === its.name,
      ) === true;
    return [{ its, ...found, isModem: isModem(its), has6 }];
  });

/** RFC 1918 */
const privateNetworks = [networkOf('10.0.0.0', 8), networkOf('172.16.0.0', 12), networkOf('192.168.0.0', 16)];
const isPrivate = (its: NamedInterface): boolean =>
  its.addresses
    .filter(({ family }) => family === 'inet')
    .every(({ address }) => privateNetworks.some((network) => containsAddress(network, address)));

/** Names of links are shorter than those of interfaces may be, and have no dots. */
const nameOf = (its: NamedInterface): string =>
  its.name
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_')
    .slice(0, 15);

const renderLink = ({ its, gateway, from, isModem: modem, has6 }: Uplink): string =>
  [
    `# ${its.name}: ${from}. The name of the link is yours to choose.`,
    `[link.${nameOf(its)}]`,
    `interface = "${its.name}"`,
    `gateway   = "${gateway}"`,
    ...(modem
      ? [
          '# A modem: only when nothing better is there, and left again as soon as something is.',
          'tier      = 2',
          'metered   = true',
        ]
      : []),
    ...(has6
      ? [
          '# It has inet6, too. A provider takes only what comes from the prefix that it has delegated: name it, or translate.',
          '#gateway6  = "route"',
          '#prefix6   = ["2001:db8:a::/48"]',
          '#nat6      = "nat"',
        ]
      : []),
  ].join('\n');

/** Perhaps an uplink: nothing tells who its router is. */
const renderDoubt = (its: NamedInterface): string => {
  const own = its.addresses.find(({ family }) => family === 'inet');
  return [
    `# ${its.name} (${own?.address}/${own?.prefixLength}) may be an uplink, too, but nothing tells who its router is.`,
    `#[link.${nameOf(its)}]`,
    `#interface = "${its.name}"`,
    '#gateway   = "the address of the router at the other end"',
  ].join('\n');
};

const renderConfig = (uplinks: readonly Uplink[], doubts: readonly NamedInterface[]): string =>
  `# /etc/uplinkd.conf, see uplinkd.conf(5). Written by uplinkctl init; check it with uplinkd -n.

# Links share new connections by weight (1 unless said otherwise); a higher tier is only used when no lower one works.

${[...uplinks.map(renderLink), ...doubts.map(renderDoubt)].join('\n\n')}

[probe]
# Pinged through each link. The gateway alone does not tell whether the provider behind it is alive.
# uplinkctl probe 9.9.9.9 1.1.1.1 tells how well these answer from here.
targets   = ["gateway", "9.9.9.9", "1.1.1.1"]

[policy.default]
# Whatever pf.conf tags uplink_default.
`;

const SAVED = '/var/db/uplinkd/anchor.conf';
const ALWAYS_LOCAL =
  'self 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 224.0.0.0/4 255.255.255.255 fe80::/10 fc00::/7 ff00::/8';

const renderPf = (lans: readonly NamedInterface[], uplinks: readonly Uplink[]): string => {
  const tags =
    lans.length === 0
      ? [
          '# No interface looks like a network of yours. Say here what is to be sent to the links:',
          '#match in on em0 inet from em0:network to ! <uplinkd_local> tag uplink_default',
        ]
      : lans.map(
          ({ name }) =>
            `match in on ${name} inet from ${name}:network to ! <uplinkd_local> tag uplink_default`,
        );
  return `# For /etc/pf.conf, see uplinkd(8). Written by uplinkctl init; check it with pfctl -nf, and the whole with uplinkctl check.

# Never sent to a link. uplinkd keeps it exact; the list counts until it runs.
table <uplinkd_local> persist { ${ALWAYS_LOCAL} }

set skip on lo

# What is to be sent to the links. No "quick" rule in front of the anchor may pass it, and none may translate it:
# nat-to for ${uplinks.map(({ its }) => its.name).join(', ')} is in the anchor.
${tags.join('\n')}

anchor "uplinkd"

# The router then forwards from the first moment of a boot. The file must exist, or all of pf.conf fails to load:
#     install -d -o root -g wheel -m 750 /var/db/uplinkd
#     install -o root -g wheel -m 600 /dev/null ${SAVED}
#load anchor "uplinkd" from "${SAVED}"
`;
};

export const writeFirstConfig = (machine: Machine): First => {
  const { interfaces } = machine;
  if (interfaces === null) return { kind: 'nothing', why: 'the interfaces cannot be read' };
  const uplinks = findUplinks(machine, interfaces);
  if (uplinks.length === 0)
    return {
      kind: 'nothing',
      why: 'no interface looks like an uplink: none has a default route, a lease or is a point-to-point line',
    };
  const others = interfaces.filter(
    (its) =>
      !notAnUplink.test(its.name) &&
      its.rdomain === 0 &&
      !uplinks.some((uplink) => uplink.its.name === its.name) &&
      its.addresses.some(({ family, peer }) => family === 'inet' && peer === null),
  );
  const lans = others.filter(isPrivate);
  const doubts = others.filter((its) => !isPrivate(its));
  return { kind: 'written', config: renderConfig(uplinks, doubts), pf: renderPf(lans, uplinks) };
};
