/** Clients in the LAN, and what becomes of what they send: the claims about connections, judged by packets alone. */
import { containsAddress } from '../core/address.ts';
import {
  type Family,
  gatewayOf,
  type LinkSettings,
  type Prefix,
  pathKey,
  type Settings,
} from '../core/model.ts';
import type { Flow, Outcome } from '../emulator/clients.ts';
import { isForgotten } from './forgotten.ts';
import { UNSPECIFIED } from './learnt-truth.ts';
import { OBEYED_MS } from './operator.ts';
import { detectionMs, returnMs, type Scene } from './scene.ts';
import type { StoryClient } from './story.ts';

const familyOf = (client: StoryClient): Family => (client.to.includes(':') ? 'inet6' : 'inet');

/** Whether a link may carry what a client sends, whatever its health. */
const mayCarry = (link: LinkSettings, client: StoryClient): boolean => {
  const family = familyOf(client);
  if (gatewayOf(link, family) === null) return false;
  return (
    family === 'inet' ||
    link.nat6 !== 'no' ||
    link.prefix6.some((prefix) => containsAddress(prefix, client.address))
  );
};

const linksFor = (scene: Scene, client: StoryClient): readonly LinkSettings[] => {
  const { policies, links } = scene.settings();
  const policy = policies.find((each) => each.name === client.policy);
  return links.filter(
    (link) => policy?.members.some((member) => member.link === link.name) && mayCarry(link, client),
  );
};

/** By hand, for so long that no rule leads there any more. */
const isKeptOut = ({ operator }: Scene, { name }: LinkSettings): boolean =>
  operator().modeOf(name) !== 'enabled' && operator().silence(name) > OBEYED_MS;

const describe = (client: StoryClient, outcome: Outcome): string => {
  const what = `${client.kind} ${client.protocol} ${client.address} -> ${client.to} (${client.policy})`;
  switch (outcome.kind) {
    case 'delivered':
      return `${what}: delivered by ${outcome.interface} as ${outcome.natAddress}`;
    case 'refused':
      return `${what}: refused (${outcome.how})`;
    case 'silence':
      return `${what}: silence by ${outcome.interface ?? 'nothing'} as ${outcome.natAddress ?? '-'}: ${outcome.why}`;
  }
};

/** What an interface may send from: every address that it has ever had, since pf states may keep an old one; and every prefix that was mapped to there. */
interface AddressBook {
  readonly addressesOf: (nic: string) => ReadonlySet<string>;
  readonly prefixesOf: (nic: string) => ReadonlySet<Prefix>;
}

const createAddressBook = (scene: Scene): AddressBook => {
  const mapped = new Map<string, Set<Prefix>>();
  let read: Settings | null = null;
  const prefixesOf = (name: string): ReadonlySet<Prefix> => {
    const settings = scene.settings();
    if (settings !== read) {
      read = settings;
      for (const link of settings.links) {
        const known = mapped.get(link.interface) ?? new Set();
        for (const prefix of link.prefix6) known.add(prefix);
        mapped.set(link.interface, known);
      }
    }
    return mapped.get(name) ?? new Set();
  };
  const had = new Map<string, Set<string>>();
  let version = -1;
  const addressesOf = (name: string): ReadonlySet<string> => {
    const now = scene.router.firewall.world.version();
    if (now !== version) {
      version = now;
      for (const nic of scene.router.nics()) {
        const known = had.get(nic.name) ?? new Set();
        for (const { address } of nic.addresses) known.add(address.text);
        // Between two sessions.
        if (nic.kind === 'pppoe') known.add(UNSPECIFIED);
        had.set(nic.name, known);
      }
    }
    return had.get(name) ?? new Set();
  };
  return { addressesOf, prefixesOf };
};

const judgeWay = (
  scene: Scene,
  client: StoryClient,
  outcome: Outcome,
  isFresh: boolean,
  { addressesOf, prefixesOf }: AddressBook,
): void => {
  if (outcome.kind === 'refused' || outcome.interface === null || outcome.natAddress === null) return;
  if (!scene.isPfConfLoaded()) return;
  const { links } = scene.settings();
  const left = links.find((link) => link.interface === outcome.interface);
  const isCalm = scene.clock.now() >= scene.calmAt();
  if (isFresh && isCalm && !linksFor(scene, client).some((link) => link === left)) {
    scene.report('no connection leaves by a link that is not its own', describe(client, outcome));
  }
  if (isFresh && isCalm && left !== undefined && isKeptOut(scene, left))
    scene.report('what an operator says holds', `${left.name}: ${describe(client, outcome)}`);
  const isTranslated = outcome.natAddress !== client.address;
  if (isCalm && !isTranslated && familyOf(client) === 'inet' && left?.nat === true)
    scene.report('no packet leaves with the address of another link', describe(client, outcome));
  if (isTranslated && !addressesOf(outcome.interface).has(outcome.natAddress)) {
    const { natAddress } = outcome;
    const isMapped =
      familyOf(client) === 'inet6' &&
      [...prefixesOf(outcome.interface)].some((prefix) => containsAddress(prefix, natAddress));
    if (!isMapped)
      scene.report('no packet leaves with the address of another link', describe(client, outcome));
  }
};

/** Failing since when, and the verdict on it. A new connection has no past: where it goes now counts, not what came of the last one. */
const judgeService = (scene: Scene, client: StoryClient, outcome: Outcome, failingSince: number): void => {
  const { truth } = scene;
  const now = scene.clock.now();
  const family = familyOf(client);
  if (!scene.isPfConfLoaded() || outcome.kind === 'delivered') return;
  const links = linksFor(scene, client);
  const paths = links.flatMap((link) => truth.paths.get(pathKey(link.name, family)) ?? []);
  // What gets lost on a path that loses things proves nothing.
  const left =
    outcome.kind === 'silence' ? paths.find((path) => path.link.interface === outcome.interface) : undefined;
  const usable = paths.filter(({ link }) => scene.operator().modeOf(link.name) === 'enabled');
  const tried = left === undefined ? usable : [left];
  if (left !== undefined && left.standing !== 'dead') return;
  if (tried.some(({ standing }) => standing === 'grey')) return;
  const readyAt = Math.min(
    ...usable
      .filter((path) => path.standing === 'good')
      .map(
        (path) => Math.max(path.since, now - scene.operator().silence(path.link.name)) + returnMs(path.link),
      ),
  );
  const since = left === undefined ? Math.max(0, ...usable.map((path) => path.since)) : left.since;
  const slowest = Math.max(0, ...links.map((link) => detectionMs(link)));
  if (now - Math.max(failingSince, since, scene.calmAt(), readyAt) > slowest) {
    scene.report('connections go where they can', describe(client, outcome));
  }
};

export interface Traffic {
  start(): void;
  readonly packets: () => number;
}

export const createTraffic = (scene: Scene): Traffic => {
  const { clock, router, world } = scene;
  const book = createAddressBook(scene);
  // Also what only the first settings had.
  book.prefixesOf('');
  let packets = 0;
  let nextPort = 61_000;
  const begin = (client: StoryClient, index: number): void => {
    let flow: Flow | null = null;
    let failingSince: number | null = null;
    let openedAt = 0;
    const open = (): Flow => {
      openedAt = clock.now();
      const flow = { client: client.address, protocol: client.protocol, to: client.to };
      return router.lan.open(
        client.kind === 'lasting' ? { ...flow, sourcePort: nextPort++, port: 5000 } : flow,
      );
    };
    const tick = (): void => {
      // A client whose connection was reset takes another port.
      const isReset = flow !== null && client.protocol === 'tcp' && !flow.isOpen;
      const isFresh = isReset || client.kind === 'fresh';
      if (flow === null || isFresh) flow = open();
      const outcome = flow.send();
      packets += 1;
      if (client.kind === 'fresh') flow.close();
      // Who is refused in the middle of a connection knows at once, and makes another.
      const isOver = client.protocol === 'tcp' && !isFresh && outcome.kind === 'refused';
      failingSince = outcome.kind === 'delivered' || isOver ? null : (failingSince ?? clock.now());
      scene.truth.look(scene.settings(), clock.now());
      if (isFresh || !isForgotten(scene, client, openedAt, outcome)) {
        judgeWay(scene, client, outcome, isFresh, book);
        if (failingSince !== null) judgeService(scene, client, outcome, isFresh ? 0 : failingSince);
      }
      clock.after(client.everyMs, tick);
    };
    clock.after(client.everyMs * (0.5 + (index % 7) / 13), tick);
  };
  return {
    start: () => {
      for (const [index, client] of world.clients.entries()) begin(client, index);
    },
    packets: () => packets,
  };
};
