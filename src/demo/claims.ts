/**
 * What the story claims, and how it is checked: shares, states, flows and addresses, all against what the emulated pf did with packets. What
 * the daemon says of itself is only used to know when to look.
 */
import type { Status } from '../wire/status.ts';
import { isWithin } from './statistics.ts';
import type { World } from './world.ts';

/** Standard deviations that a share may be off. */
const DEVIATIONS = 3;

export interface Stage {
  /** A new act begins. */
  readonly act: (title: string) => void;
  /** One claim, and what was seen. */
  readonly claim: (claim: string, holds: boolean, seen: string) => void;
  /** The moment that the README shows. */
  readonly pose: () => void;
}

export const sharesOf = (status: Status): string =>
  status.policies
    .flatMap((policy) => policy.families.flatMap((family) => family.shares))
    .map(({ link, percent }) => `${link} ${percent}%`)
    .join(' ');

/** pf holds what the shares say, and nothing is under way. */
export const isSettledOn = (shares: string) => (status: Status) =>
  sharesOf(status) === shares && status.pf.applied === 'known' && !status.pf.busy;

export const healthOf = (status: Status, link: string): string | undefined =>
  status.links.find(({ name }) => name === link)?.paths[0]?.health;

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** New connections for a while, against what the weights promise. */
export const claimShares = async (
  world: World,
  stage: Stage,
  promised: ReadonlyMap<string, number>,
  ms: number,
): Promise<void> => {
  const counted = await world.countFor(ms);
  const answered = [...counted.values()].reduce((sum, count) => sum + count, 0);
  const links = [...world.router.uplinks.keys()];
  const isFair = links.every((link) =>
    isWithin(counted.get(link) ?? 0, answered, promised.get(link) ?? 0, DEVIATIONS),
  );
  const wanted = [...promised].map(([link, share]) => `${link} ${Math.round(share * 100)}%`).join(', ');
  const seen = links.map((link) => `${link} ${counted.get(link) ?? 0}`).join(', ');
  stage.claim(`new connections go to ${wanted}`, isFair && answered > 50, `${seen} of ${answered}`);
  stage.claim(
    'every one of them was answered',
    counted.failed === 0,
    `${counted.failed} of ${counted.total} failed`,
  );
};

/** Long flows that now leave by a link, with the address that the far end sees. */
export const flowsOn = (world: World, link: string) =>
  world.traffic.flows.filter((flow) => {
    const last = flow.history.at(-1);
    return last?.kind === 'delivered' && last.uplink === link;
  });

export const claimKilled = (
  world: World,
  stage: Stage,
  link: string,
  its: readonly bigint[],
  others: readonly bigint[],
): void => {
  const left = its.filter(world.hasState).length;
  const lost = others.filter((id) => !world.hasState(id)).length;
  stage.claim(
    `the states of ${link} are gone`,
    its.length > 0 && left === 0,
    `${its.length - left} of ${its.length}`,
  );
  stage.claim('and no state of any other link', lost === 0, `${lost} of ${others.length}`);
};

export const claimMoved = async (
  stage: Stage,
  flows: World['traffic']['flows'],
  address: string,
): Promise<void> => {
  const movedTo = (): number =>
    flows.filter((flow) => {
      const last = flow.history.at(-1);
      return last?.kind === 'delivered' && last.natAddress === address;
    }).length;
  const from = performance.now();
  while (movedTo() < flows.length && performance.now() - from < 1000) await wait(20);
  stage.claim(
    `UDP flows with fixed ports go on with the address ${address}, within a second`,
    flows.length > 0 && movedTo() === flows.length,
    `${movedTo()} of ${flows.length}`,
  );
};

export const both = new Map([
  ['fibre', 3 / 4],
  ['dsl', 1 / 4],
]);
export const only = (link: string): ReadonlyMap<string, number> => new Map([[link, 1]]);

/** Connections that are opened now and leave by a link have this address and go by this gateway. */
export const claimAddress = (
  world: World,
  stage: Stage,
  link: string,
  address: string,
  gateway: string,
): void => {
  const seen = new Set<string>();
  let count = 0;
  for (let index = 0; index < 60; index += 1) {
    const flow = world.router.lan.open({
      client: `10.0.0.${100 + index}`,
      protocol: 'udp',
      to: '198.18.0.9',
    });
    const outcome = flow.send();
    if (outcome.kind !== 'delivered' || outcome.uplink !== link) continue;
    count += 1;
    seen.add(`${outcome.natAddress} by ${outcome.gateway}`);
  }
  const wanted = `${address} by ${gateway}`;
  stage.claim(
    `what is new on ${link} has the address ${address} and goes by ${gateway}`,
    count > 0 && seen.size === 1 && seen.has(wanted),
    `${count} connections, ${[...seen].join(', ') || 'none'}`,
  );
};
