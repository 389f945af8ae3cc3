/**
 * `route -n monitor`: the kernel's messages as route(8) prints them (transcripts route-monitor-*). RTM_IFANNOUNCE is not flushed: its lines come
 * out with the next message of another kind (OPENBSD.md 2, point 5).
 */
import type { Address } from './address.ts';
import { maskOf, parseAddress, renderValue } from './address.ts';
import type { Nic } from './nic.ts';
import { broadcastOf, renderMonitorFlags } from './nic.ts';
import type { Invocation } from './program.ts';
import type { RouteMessage } from './route-message.ts';
import type { Route } from './route-table.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** ctime(3) in UTC, without the newline. `wall` in milliseconds since 1970. */
export const renderTime = (wall: number): string => {
  const at = new Date(wall);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':');
  return `${DAYS[at.getUTCDay()]} ${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${clock} ${at.getUTCFullYear()}`;
};

const maskText = (family: 'inet' | 'inet6', length: number): string =>
  renderValue(family, maskOf(family, length));

/** `<UP,GATEWAY,DONE,STATIC>`: what a route is, in route(8)'s order of bits. */
export const routeFlagNames = (route: Route, isUp: boolean, withDone = true, isCached = false): string => {
  const names: readonly (readonly [string, boolean])[] = [
    ['UP', isUp],
    ['GATEWAY', route.isViaGateway],
    ['HOST', route.isHost],
    ['REJECT', route.reject],
    ['DONE', withDone],
    ['CLONING', route.kind === 'connected' && !route.isHost],
    ['LLINFO', route.kind === 'neighbour' || (route.kind === 'local' && isUp && route.gateway !== null)],
    ['STATIC', route.kind === 'static'],
    ['BLACKHOLE', route.blackhole],
    ['CLONED', route.kind === 'neighbour'],
    ['CACHED', isCached],
    ['MPATH', route.isMpath],
    ['LOCAL', route.kind === 'local'],
    ['BROADCAST', route.kind === 'broadcast'],
    ['CONNECTED', route.kind === 'connected' && !(route.isHost && route.priority === 8)],
  ];
  return `<${names
    .filter(([, isSet]) => isSet)
    .map(([name]) => name)
    .join(',')}>`;
};

interface Block {
  readonly size: number;
  readonly lines: readonly string[];
}

const TITLES = {
  add: 'RTM_ADD: Add Route',
  delete: 'RTM_DELETE: Delete Route',
  change: 'RTM_CHANGE: Change Metrics or flags',
} as const;

const sizeOf = (address: Address | 'link'): number =>
  address === 'link' || address.family === 'inet6' ? 32 : 16;
const scopeOf = (route: Route, address: Address): string =>
  address.family === 'inet6' && address.value >> 118n === 0x3fan && address.scope === null
    ? `${address.text}%${route.nic}`
    : address.text;

const renderRoute = (message: Extract<RouteMessage, { kind: 'route' }>, nic: Nic | null): Block => {
  const { route, table, pid } = message;
  const family = route.prefix.family;
  const destination = parseAddress(renderValue(family, route.prefix.value));
  const gateway = route.gateway === null ? null : parseAddress(route.gateway);
  const source = parseAddress(route.source);
  const hasMask =
    !route.isHost || (route.kind === 'connected' && route.prefix.length < (family === 'inet' ? 32 : 128));
  const index = nic?.index ?? 0;
  const isNamed = nic?.isAttached === true;
  const names = [
    'DST',
    'GATEWAY',
    ...(hasMask ? ['NETMASK'] : []),
    ...(isNamed ? ['IFP', 'IFA'] : []),
    ...(route.label === null ? [] : ['LABEL']),
  ];
  const values = [
    destination === null ? '' : scopeOf(route, destination),
    route.gateway ?? `link#${index}`,
    ...(hasMask ? [maskText(family, route.prefix.length)] : []),
    ...(isNamed ? [nic?.lladdr ?? '', route.source] : []),
    ...(route.label === null ? [] : [`"${route.label}"`]),
  ];
  const one = family === 'inet' ? 16 : 32;
  const size =
    96 +
    one +
    (gateway === null ? 32 : sizeOf(gateway)) +
    (hasMask ? one : 0) +
    (isNamed ? 32 + sizeOf(source ?? 'link') : 0) +
    (route.label === null ? 0 : 40);
  const name = isNamed ? `, name ${route.nic}` : '';
  return {
    size,
    lines: [
      `${TITLES[message.what]}: len ${size}, priority ${route.priority}, table ${table}, if# ${index}${name}, pid: ${pid}, seq ${pid === 0 ? 0 : 1}, errno 0`,
      `flags:${routeFlagNames(route, message.isUp)}`,
      'fmask:',
      'use:        0   mtu:        0    expire:        0 ',
      'locks:  inits: ',
      `sockaddrs: <${names.join(',')}>`,
      ` ${values.join(' ')}`,
    ],
  };
};

const renderFailed = (message: Extract<RouteMessage, { kind: 'route-failed' }>): Block => ({
  size: 120,
  lines: [
    `${TITLES[message.what]}: len 120, priority 0, table ${message.table}, if# 0, pid: ${message.pid}, seq 1, errno ${message.errno}`,
    'flags:<UP,GATEWAY,STATIC>',
    'fmask:',
    'use:        0   mtu:        0    expire:        0 ',
    'locks:  inits: ',
    'sockaddrs: <DST,NETMASK>',
    ` ${message.destination} default`,
  ],
});

const render = (message: RouteMessage, nicOf: (name: string) => Nic | null): Block => {
  switch (message.kind) {
    case 'ifinfo': {
      const { nic } = message;
      const name = message.isNamed ? `name ${nic.name}, ` : '';
      return {
        size: 200,
        lines: [
          `RTM_IFINFO: iface status change: len 200, if# ${nic.index}, ${name}link: ${message.carrier ? 'active' : 'no carrier'}, mtu: ${nic.mtu}, flags:${renderMonitorFlags(nic)}`,
          'sockaddrs: <IFP>',
          ` ${nic.lladdr ?? nic.name}`,
        ],
      };
    }
    case 'announce':
      return {
        size: 26,
        lines: [
          `RTM_IFANNOUNCE: iface arrival/departure: len 26, if# ${message.index}, name ${message.name}, what: ${message.what}`,
        ],
      };
    case 'new-address':
    case 'delete-address': {
      const { nic, address } = message;
      const isNew = message.kind === 'new-address';
      const isInet = address.address.family === 'inet';
      const size = isInet ? 96 : 120;
      const broadcast = isNew ? '0.0.0.0' : (broadcastOf(address) ?? '0.0.0.0');
      const name = message.isNamed ? `name ${nic.name}, ` : '';
      const title = isNew
        ? 'RTM_NEWADDR: address being added to iface'
        : 'RTM_DELADDR: address being removed from iface';
      return {
        size,
        lines: [
          `${title}: len ${size}, if# ${nic.index}, ${name}metric 0, flags:`,
          `sockaddrs: <NETMASK,IFP,IFA${isInet ? ',BRD' : ''}>`,
          ` ${maskText(address.address.family, address.length)} ${nic.lladdr ?? nic.name} ${address.address.text}${isInet ? ` ${broadcast}` : ''}`,
        ],
      };
    }
    case 'route':
      return renderRoute(message, nicOf(message.route.nic));
    case 'route-failed':
      return renderFailed(message);
    case 'desync':
      return { size: 4, lines: ['RTM_DESYNC: route socket overflow: len 4'] };
  }
};

const tableOf = (message: RouteMessage): number | null =>
  message.kind === 'route' || message.kind === 'route-failed' ? message.table : null;

/** Prints until it is killed. `table` shows that table's routes only, `ifaceOnly` no routes and addresses. */
export const monitor = (invocation: Invocation, table: number | null, ifaceOnly: boolean): void => {
  const { router } = invocation;
  let buffer = '';
  const detached = new Map<string, Nic>();
  for (const nic of router.nics()) detached.set(nic.name, nic);
  const stop = router.subscribe((message) => {
    const number = tableOf(message);
    if (table !== null && number !== null && number !== table) return;
    if (ifaceOnly && message.kind !== 'ifinfo' && message.kind !== 'announce' && message.kind !== 'desync')
      return;
    const block = render(message, (name) => router.nic(name) ?? detached.get(name) ?? null);
    buffer += `got message of size ${block.size} on ${renderTime(router.clock.wall())}\n${block.lines.map((line) => `${line}\n`).join('')}`;
    if (message.kind === 'announce') return;
    invocation.out(buffer);
    buffer = '';
  });
  invocation.onEnd(stop);
};
