/**
 * A routing table as `route show` and `netstat -r` print it (sbin/route/show.c, usr.bin/netstat/show.c: the same columns; transcripts
 * route-show-*, netstat-rn*), and the names that route(8) gives to what is in it.
 */
import type { Family, Prefix } from './address.ts';
import { renderValue } from './address.ts';
import { isLinkUp } from './nic.ts';
import type { Route } from './route-table.ts';
import type { Router } from './router.ts';

export const isUp = (router: Router, route: Route): boolean => {
  const nic = router.nic(route.nic);
  return route.kind === 'local' || (nic !== null && isLinkUp(nic));
};

const gatewayUsers = (router: Router, route: Route): number => {
  const text = renderValue(route.prefix.family, route.prefix.value);
  let count = 0;
  for (const each of router.routing.tables.values())
    count += each.routes.filter(
      (one) => one.isViaGateway && one.nic === route.nic && one.gateway?.split('%')[0] === text,
    ).length;
  return count;
};

/** Routes that use a neighbour as their gateway, or clones of a connected route. */
const refsOf = (router: Router, table: number, route: Route): number => {
  if (route.kind === 'neighbour') return gatewayUsers(router, route);
  // a peer that is the gateway of others
  if (route.kind === 'connected' && route.isHost) return gatewayUsers(router, route);
  if (!route.isCloning) return 0;
  const nic = route.nic;
  return router.routing
    .list(table, route.prefix.family)
    .filter((one) => one.kind === 'neighbour' && one.nic === nic).length;
};

const flagLetters = (router: Router, table: number, route: Route): string => {
  const refs = refsOf(router, table, route);
  const isRejected = route.reject || (route.kind === 'neighbour' && route.rejectUntil > router.clock.now());
  const letters: readonly (readonly [string, boolean])[] = [
    ['U', isUp(router, route)],
    ['G', route.isViaGateway],
    ['H', route.isHost],
    ['R', isRejected],
    ['C', route.isCloning],
    ['L', route.kind === 'neighbour' || (route.kind === 'local' && route.gateway !== route.source)],
    ['S', route.isStatic],
    ['B', route.blackhole],
    ['c', route.kind === 'neighbour'],
    ['h', (route.kind === 'neighbour' || (route.kind === 'connected' && route.isHost)) && refs > 0],
    ['P', route.isMpath],
    ['l', route.kind === 'local'],
    ['b', route.kind === 'broadcast'],
    ['n', route.kind === 'connected' && route.isCloning],
  ];
  return letters
    .filter(([, isSet]) => isSet)
    .map(([letter]) => letter)
    .join('');
};

/** `192.0.2/24`, `default`: a network as route(8) names it. */
const netName = (prefix: Prefix): string => {
  if (prefix.length === 0) return 'default';
  const text = renderValue(prefix.family, prefix.value);
  if (prefix.family === 'inet6') return `${text}/${prefix.length}`;
  const octets = text.split('.');
  const shown = prefix.length < 9 ? 1 : prefix.length < 17 ? 2 : prefix.length < 25 ? 3 : 4;
  return `${octets.slice(0, shown).join('.')}/${prefix.length}`;
};

const withScope = (router: Router, route: Route, text: string): string =>
  text.startsWith('fe80:') && !text.includes('%')
    ? `${text}%${router.nic(route.nic)?.name ?? route.nic}`
    : text;

export const destinationName = (router: Router, route: Route): string => {
  if (!route.isHost) return netName(route.prefix);
  return withScope(router, route, renderValue(route.prefix.family, route.prefix.value));
};

export const gatewayName = (router: Router, route: Route): string =>
  route.gateway === null
    ? `link#${router.nic(route.nic)?.index ?? 0}`
    : withScope(router, route, route.gateway);

/** Every route of the families, or those with a label. */
export const renderRoutes = (
  router: Router,
  table: number,
  families: readonly Family[],
  label: string | null,
): string => {
  let text = 'Routing tables\n';
  for (const family of families) {
    const routes = router.routing
      .list(table, family)
      .filter((route) => label === null || route.label === label);
    if (routes.length === 0) continue;
    const [one, two] = family === 'inet' ? [18, 18] : [43, 39];
    text += `\n${family === 'inet' ? 'Internet' : 'Internet6'}:\n`;
    text += `${'Destination'.padEnd(one)} ${'Gateway'.padEnd(two)} ${'Flags'.padEnd(6)} ${'Refs'.padStart(5)} ${'Use'.padStart(8)} ${'Mtu'.padStart(5)}  Prio Iface\n`;
    for (const route of routes) {
      const nic = router.nic(route.nic);
      const mtu = nic?.kind === 'loopback' ? String(nic.mtu) : '-';
      text +=
        `${destinationName(router, route).padEnd(one)} ${gatewayName(router, route).padEnd(two)} ${flagLetters(router, table, route).slice(0, 6).padEnd(6)} ` +
        `${String(refsOf(router, table, route)).padStart(5)} ${String(route.use).padStart(8)} ${mtu.padStart(5)}   ${String(route.priority).padStart(3)} ${route.nic.padEnd(5)}\n`;
    }
  }
  return text;
};
