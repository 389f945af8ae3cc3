/** What `uplinkctl show` tells at rest: held against the world, and against the rules that pf holds. */
import { renderPrefix } from '../core/address.ts';
import { type Family, gatewayWordOf } from '../core/model.ts';
import { takeSnapshot } from '../daemon/snapshot.ts';
import { isLinkUp } from '../emulator/nic.ts';
import { type LinkStatus, type PathStatus, type Status, statusSchema } from '../wire/status.ts';
import { READ_MS } from './disturbance.ts';
import { judgeHealth } from './judge-health.ts';
import type { Life } from './life.ts';
import { waysOf } from './pf-ways.ts';
import type { Claim, Scene } from './scene.ts';
import type { PathTruth } from './truth.ts';

const CLAIM: Claim = 'show tells the truth';

const shownPath = ({ links }: Status, { link, family }: PathTruth): PathStatus | undefined =>
  links.find(({ name }) => name === link.name)?.paths.find((path) => path.family === family);

const gatewayShown = (link: LinkStatus | undefined, family: Family): string | null =>
  (family === 'inet' ? link?.gateway : link?.gateway6) ?? null;

/** Interface, address and gateway of a path that has been where it is for long enough. */
const judgePlace = (scene: Scene, status: Status, path: PathTruth): void => {
  const { link, family } = path;
  const nic = scene.router.nic(link.interface);
  const shown = status.links.find(({ name }) => name === link.name);
  const { address = null, usable } = shownPath(status, path) ?? {};
  const fail = (what: string): void => scene.report(CLAIM, `${path.key}, ${path.identity}: ${what}`);
  if ((nic === null) !== (shown?.carrier === 'absent')) fail(`carrier ${shown?.carrier}`);
  if (nic?.isUp === true && isLinkUp(nic) !== (shown?.carrier !== 'down')) fail(`carrier ${shown?.carrier}`);
  const isDisabled = scene.operator().modeOf(link.name) === 'disabled';
  if (path.standing === 'good' && usable === isDisabled) fail(`usable ${usable}`);
  const own = nic?.addresses.map((each) => each.address.text.split('%')[0]) ?? [];
  if (usable === true && (address === null || !own.includes(address))) fail(`address ${address}`);
  const gateway = gatewayShown(shown, family);
  const word = gatewayWordOf(link, family);
  if (word === 'route') return;
  // While there is none to be known, the word for where it is learnt.
  if (
    usable === true ? gateway !== path.gateway : word !== null && gateway !== word && gateway !== path.gateway
  )
    fail(`gateway ${gateway}, and it is ${path.gateway}`);
};

/** By which links a policy's new connections go, and how many of a hundred by each. */
const judgeShares = (scene: Scene, status: Status): void => {
  const ways = waysOf(scene.router.firewall, scene.settings().anchor);
  for (const { name, families } of status.policies)
    for (const { family, source, shares } of families) {
      const links = scene.settings().links;
      const owner = links.find((link) => link.name === source);
      const networks = source === null ? [null] : (owner?.prefix6 ?? []).map(renderPrefix);
      for (const network of networks) {
        const there = ways.filter(
          (way) => way.policy === name && way.family === family && way.source === network,
        );
        const isWay = (link: string, percent: number): boolean =>
          there.some(({ to, share }) =>
            to.kind === 'link'
              ? to.link === link && share !== null && Math.abs(100 * share - percent) < 1
              : to.gateway ===
                gatewayShown(
                  status.links.find((each) => each.name === link),
                  family,
                ),
          );
        if (there.length !== shares.length || !shares.every(({ link, percent }) => isWay(link, percent)))
          scene.report(
            CLAIM,
            `${name} ${family} ${network}: shown ${JSON.stringify(shares)}, pf has ${JSON.stringify(there)}`,
          );
      }
    }
};

/** `rules`: what pf prints of the anchor. */
export const judgeShow = (scene: Scene, life: Life, rules: readonly string[]): void => {
  const engine = scene.engine();
  if (engine === null) return;
  const facts = {
    version: '0',
    pid: 1,
    config: '/etc/uplinkd.conf',
    startedAt: life.startedAt,
    settingsLoadedAt: life.startedAt,
  };
  const now = scene.clock.now();
  const status = takeSnapshot(engine, facts, life.loop.history(), life.loop.reactions(), now);
  const parsed = statusSchema.safeParse(JSON.parse(JSON.stringify(status)));
  if (!parsed.success) scene.report(CLAIM, parsed.error.message);
  for (const { name, admin } of status.links)
    if (admin !== scene.operator().modeOf(name))
      scene.report(
        'what an operator says holds',
        `${name} was ${scene.operator().modeOf(name)}, show says ${admin}`,
      );
  judgeHealth(scene, CLAIM, (path) => shownPath(status, path));
  for (const path of scene.truth.paths.values())
    if (now - Math.max(path.since, path.identityAt, scene.hearsAt()) > READ_MS)
      judgePlace(scene, status, path);
  if (rules.join('\n') !== status.pf.rules.join('\n')) scene.report(CLAIM, 'other rules than pf holds');
  if (!status.pf.busy) judgeShares(scene, status);
  if (status.pf.applied !== 'known' || status.pf.failure !== null)
    scene.report(CLAIM, `pf at rest: ${JSON.stringify({ ...status.pf, rules: [], pools: [] })}`);
};
