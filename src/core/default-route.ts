/**
 * What the routing tables should hold: a default route for each path in its own table, and in rtable 0, for this machine's
 * own traffic, what `default_route` says. Routes of rtable 0 that are not ours are never touched, but for those that
 * dhcpleased puts there for a link that is to be captured and ignored.
 */
import { decideOwnTraffic } from './decide.ts';
import { learnWishOf } from './evidence.ts';
import {
  type Family,
  families,
  gatewayOf,
  gatewayWordOf,
  isLinkLocal,
  type LinkSettings,
  type PathKey,
  pathKey,
  type Settings,
} from './model.ts';
import type { PathHealth } from './path.ts';
import type { RouteWish } from './transaction.ts';

/** The next hop as route(8) takes it: a link-local one needs its scope. Null while the path has none. */
const nextHop = (path: PathHealth | undefined): string | null => {
  if (path?.evidence?.kind !== 'ready') return null;
  const { gateway } = path.evidence;
  return isLinkLocal(gateway) ? `${gateway}%${path.interface}` : gateway;
};

/** Of a link in a routing domain of its own whose gateway is learnt from there: it would be odd to write back what was read. */
export const isRoutedByItself = (link: LinkSettings, path: PathHealth): boolean =>
  path.rdomain !== 0 && learnWishOf(link, path.family, path.rdomain)?.source.kind === 'route';

const wishPathRoutes = (settings: Settings, paths: Iterable<PathHealth>): readonly RouteWish[] =>
  [...paths].flatMap((path): readonly RouteWish[] => {
    const gateway = nextHop(path);
    const link = settings.links.find((each) => each.name === path.link);
    if (gateway === null || link === undefined || isRoutedByItself(link, path)) return [];
    return [{ kind: 'path', id: path.key, family: path.family, rtable: path.rtable, gateway }];
  });

/** The links that carry this machine's own traffic in a family, as far as its default route is ours; the best one first. */
export const ownLinks = (
  settings: Settings,
  family: Family,
  paths: ReadonlyMap<PathKey, PathHealth>,
): readonly string[] => {
  const { defaultRoute } = settings;
  if (defaultRoute !== 'best' && defaultRoute !== 'multipath') return [];
  const links = decideOwnTraffic(settings, family, paths).filter(
    (link) => nextHop(paths.get(pathKey(link, family))) !== null,
  );
  return defaultRoute === 'best' ? links.slice(0, 1) : links;
};

export const ownFamilies = (settings: Settings): readonly Family[] =>
  families.filter((family) => settings.links.some((link) => gatewayOf(link, family) !== null));

const wishOwnRoutes = (settings: Settings, paths: ReadonlyMap<PathKey, PathHealth>): readonly RouteWish[] =>
  ownFamilies(settings).map((family) => ({
    kind: 'own',
    id: `own/${family}`,
    family,
    rtable: 0,
    gateways: ownLinks(settings, family, paths).flatMap(
      (link) => nextHop(paths.get(pathKey(link, family))) ?? [],
    ),
  }));

const wishCaptured = (settings: Settings, paths: ReadonlyMap<PathKey, PathHealth>): readonly RouteWish[] => {
  if (settings.defaultRoute !== 'none') return [];
  const interfaces = settings.links
    .filter((link) => gatewayWordOf(link, 'inet') === 'dhcp')
    .filter((link) => paths.get(pathKey(link.name, 'inet'))?.rdomain === 0)
    .map((link) => link.interface);
  return interfaces.length === 0
    ? []
    : [{ kind: 'captured', id: 'captured/inet', family: 'inet', rtable: 0, interfaces }];
};

export const wishRoutes = (
  settings: Settings,
  paths: ReadonlyMap<PathKey, PathHealth>,
): readonly RouteWish[] => [
  ...wishPathRoutes(settings, paths.values()),
  ...wishOwnRoutes(settings, paths),
  ...wishCaptured(settings, paths),
];
