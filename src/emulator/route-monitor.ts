/**
 * `route -n monitor`: the kernel's messages as route(8) prints them (transcripts route-monitor-*). RTM_IFANNOUNCE is not flushed: its lines come
 * out with the next message of another kind (OPENBSD.md 2, point 5).
 */
import type { Address } from './address.ts';
import { maskOf, parseAddress, renderValue } from './address.ts';
import type { Nic } from './nic.ts';
import { broadcastOf, isPointToPoint, linkStateName, renderMonitorFlags } from './nic.ts';
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
    ['CLONING', route.isCloning],
    [
      'LLINFO',
      route.kind === 'neighbour' || (route.kind === 'local' && isUp && route.gateway !== route.source),
    ],
    ['STATIC', route.isStatic],
    ['BLACKHOLE', route.blackhole],
    ['CLONED', route.kind === 'neighbour'],
    ['CACHED', isCached],
    ['MPATH', route.isMpath],
    ['LOCAL', route.kind === 'local'],
    ['BROADCAST', route.kind === 'broadcast'],
    ['CONNECTED', route.kind === 'connected' && route.isCloning],
  ];
  return `<${names
    .filter(([, isSet]) => isSet)
    .map(([name]) => name)
    .join(',')}>`;
};

interface Block {
  readonly size: number;
  readonly lines: readonly string[];
  /** Come out with the next message only. */
  readonly unflushed?: readonly string[];
}

const TITLES = {
  add: 'RTM_ADD: Add Route',
  delete: 'RTM_DELETE: Delete Route',
  change: 'RTM_CHANGE: Change Metrics or flags',
  get: 'RTM_GET: Report Metrics',
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
  const hasMask = !route.isHost;
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
    ...(isNamed ? [nic?.lladdr ?? nic?.name ?? '', route.source] : []),
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
      `${TITLES[message.what]}: len ${size}, priority ${route.priority}, table ${table}, if# ${index}${name}, pid: ${pid}, seq ${message.sequence}, errno 0`,
      `flags:${routeFlagNames(route, message.isUp)}`,
      'fmask:',
      'use:        0   mtu:        0    expire:        0 ',
      'locks:  inits: ',
      `sockaddrs: <${names.join(',')}>`,
      ` ${values.join(' ')}`,
    ],
  };
};

/** The request as it came, without DONE. */
const renderFailed = (message: Extract<RouteMessage, { kind: 'route-failed' }>): Block => {
  const { gateway, label, isMpath } = message;
  const via = gateway === null ? null : parseAddress(gateway);
  const isInet6 = message.destination.includes(':');
  const one = isInet6 ? 32 : 16;
  const size = 96 + one + (via === null ? 0 : sizeOf(via)) + 8 + (label === null ? 0 : 40);
  const names = [
    'DST',
    ...(gateway === null ? [] : ['GATEWAY']),
    'NETMASK',
    ...(label === null ? [] : ['LABEL']),
  ];
  const values = [
    message.destination,
    ...(gateway === null ? [] : [gateway]),
    'default',
    ...(label === null ? [] : [`"${label}"`]),
  ];
  return {
    size,
    lines: [
      `${TITLES[message.what]}: len ${size}, priority 0, table ${message.table}, if# 0, pid: ${message.pid}, seq ${message.sequence}, errno ${message.errno}`,
      `flags:<UP,GATEWAY,STATIC${isMpath ? ',MPATH' : ''}>`,
      'fmask:',
      'use:        0   mtu:        0    expire:        0 ',
      'locks:  inits: ',
      `sockaddrs: <${names.join(',')}>`,
      ` ${values.join(' ')}`,
    ],
  };
};

/** Its last lines stay in the buffer: route(8) flushes after the addresses, of which there are none here (route.c, pmsg_addrs). */
const renderProposal = (message: Extract<RouteMessage, { kind: 'proposal' }>, isNamed: boolean): Block => ({
  size: 232,
  lines: [
    `RTM_PROPOSAL: config proposal: len 232, source ${message.source}, table ${message.table}, if# ${message.index}, ${isNamed ? `name ${message.name}, ` : ''}pid: ${message.pid}, seq ${message.sequence}, errno 0`,
    // umb(4) says UP only of what it has
    `flags:<${message.source === 'umb' && message.servers.length === 0 ? '' : 'UP,'}DONE>`,
    'fmask:',
    'use:        0   mtu:        0    expire:        0 ',
    'locks:  inits: ',
  ],
  unflushed: [
    'proposals: <DNS>',
    ` ${message.family === 'inet' ? 'INET' : 'INET6'} [${message.servers.join(', ')}]`,
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
          `RTM_IFINFO: iface status change: len 200, if# ${nic.index}, ${name}link: ${linkStateName(nic, message.carrier)}, mtu: ${nic.mtu}, flags:${renderMonitorFlags(nic)}`,
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
      // what stands there is the peer of a point-to-point link, and the kernel's own broadcast address only later
      const broadcast = isPointToPoint(nic.kind)
        ? (address.peer ?? '0.0.0.0')
        : ((isNew ? null : broadcastOf(address)) ?? '0.0.0.0');
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
    case 'proposal':
      return renderProposal(message, nicOf(message.name)?.isAttached === true);
    case 'desync':
      return { size: 4, lines: ['RTM_DESYNC: route socket overflow: len 4'] };
  }
};

const tableOf = (message: RouteMessage): number | null =>
  message.kind === 'route' || message.kind === 'route-failed' || message.kind === 'proposal'
    ? message.table
    : null;

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
    // what has gone is still known by what was said of it
    if (message.kind === 'ifinfo') detached.set(message.nic.name, message.nic);
    const block = render(message, (name) => router.nic(name) ?? detached.get(name) ?? null);
    buffer += `got message of size ${block.size} on ${renderTime(router.clock.wall())}\n${block.lines.map((line) => `${line}\n`).join('')}`;
    if (message.kind === 'announce') return;
    invocation.out(buffer);
    buffer = (block.unflushed ?? []).map((line) => `${line}\n`).join('');
  });
  invocation.onEnd(stop);
};
