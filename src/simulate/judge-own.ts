/** The default routes that are ours: of rtable 0 at rest, by the settings and by what is true of the paths; and what a restart must leave. */
import { type Family, families, gatewayOf, gatewayWordOf, pathKey } from '../core/model.ts';
import type { Route } from '../emulator/route-table.ts';
import { detectionMs, returnMs, type Scene } from './scene.ts';

/** adapter/route.ts */
const OWN_LABEL = 'uplinkd';
const LEASE_LABEL = 'dhcpleased';

export const defaultRoutes = (scene: Scene, family: Family): readonly Route[] =>
  (scene.router.routing.tables.get(0)?.routes ?? []).filter(
    ({ prefix }) => prefix.family === family && prefix.length === 0,
  );

export const ownRoutes = (scene: Scene, family: Family): readonly Route[] =>
  defaultRoutes(scene, family).filter(({ label }) => label === OWN_LABEL);

/**
 * In which table a link has its own is history; so are the tables of links that were taken out of the file, and one of them may be that
 * of a link now that is not ready, and whose table nobody uses yet.
 */
export const renderRoutes = (scene: Scene): string => {
  const { router } = scene;
  const numbers = scene.engine()?.rtables.byLink;
  const defaultsOf = (link: string): readonly Route[] =>
    (router.routing.tables.get(numbers?.get(link) ?? -1)?.routes ?? []).filter(
      ({ prefix }) => prefix.length === 0,
    );
  const isReady = (link: string, family: Family): boolean =>
    scene.engine()?.paths.get(pathKey(link, family))?.evidence?.kind === 'ready';
  const render = (whose: string, routes: readonly Route[]): readonly string[] =>
    routes.map(({ prefix, gateway, nic }) => `${whose}: ${prefix.family} ${gateway} ${nic}`).sort();
  return [
    ...render(
      'own',
      families.flatMap((family) => ownRoutes(scene, family)),
    ),
    ...scene.settings().links.flatMap(({ name }) =>
      render(
        name,
        defaultsOf(name).filter(({ prefix }) => isReady(name, prefix.family)),
      ),
    ),
  ].join('\n');
};

const judgeFamily = (scene: Scene, family: Family): void => {
  const { links, defaultRoute } = scene.settings();
  const now = scene.clock.now();
  const own = ownRoutes(scene, family);
  const fail = (text: string): void =>
    scene.report(
      'the default route is what is decided',
      `default_route = "${defaultRoute}", ${family}: ${text}: ${own.map(({ gateway, nic }) => `${gateway} ${nic}`).join(', ')}`,
    );
  if (defaultRoute === 'leave') return;
  if (defaultRoute === 'none') {
    if (own.length > 0) fail('a route of ours is there');
    const captured = links
      .filter((link) => gatewayWordOf(link, 'inet') === 'dhcp')
      .map((link) => link.interface);
    for (const { label, nic } of defaultRoutes(scene, family))
      if (label === LEASE_LABEL && captured.includes(nic)) fail(`dhcpleased has one by ${nic}`);
    return;
  }
  if (defaultRoute === 'best' && own.length > 1) fail('more than one');
  const operator = scene.operator();
  const good = links.filter(
    (link) =>
      gatewayOf(link, family) !== null &&
      scene.truth.lasting(pathKey(link.name, family), 'good', now) > returnMs(link) &&
      operator.lasting(link.name, 'enabled') > returnMs(link),
  );
  if (good.length === 0) return;
  if (own.length === 0) fail(`none, though ${good.map(({ name }) => name).join(', ')} would do`);
  for (const { nic } of own) {
    const link = links.find((each) => each.interface === nic);
    const isDead =
      link === undefined ||
      scene.truth.lasting(pathKey(link.name, family), 'dead', now) > detectionMs(link) + 10_000;
    if (isDead) fail(`it leads to a dead one, though ${good.map(({ name }) => name).join(', ')} would do`);
  }
};

export const judgeOwnTraffic = (scene: Scene): void => {
  for (const family of families)
    if (scene.settings().links.some((link) => gatewayOf(link, family) !== null)) judgeFamily(scene, family);
};
