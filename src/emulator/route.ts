/** route(8): show, get, add, change, delete, flush, monitor, in any rtable (transcripts route-*, sbin/route). Changes go to the router's tables. */
import type { Family, Prefix } from './address.ts';
import { bitsOf, createPrefix, maskOf, parseAddress, renderValue } from './address.ts';
import type { Invocation, Program } from './program.ts';
import { parseOptions } from './program.ts';
import { monitor, routeFlagNames } from './route-monitor.ts';
import { destinationName, gatewayName, isUp, renderRoutes } from './route-show.ts';
import type { RouteError } from './route-table.ts';

const ERRORS: Readonly<Record<RouteError, string>> = {
  ESRCH: 'not in table',
  EEXIST: 'File exists',
  ENETUNREACH: 'Network is unreachable',
  EINVAL: 'Invalid argument',
  EHOSTUNREACH: 'No route to host',
  ENOENT: 'No such file or directory',
};

const show = (invocation: Invocation, table: number, words: readonly string[]) => {
  let families: readonly Family[] = ['inet', 'inet6'];
  let label: string | null = null;
  for (let i = 0; i < words.length; i++) {
    if (words[i] === '-inet') families = ['inet'];
    else if (words[i] === '-inet6') families = ['inet6'];
    else if (words[i] === '-label') label = words[++i] ?? null;
    else {
      invocation.err(`route: emulator: show ${words[i]} not known\n`);
      return invocation.exit(1);
    }
  }
  invocation.out(renderRoutes(invocation.router, table, families, label));
  invocation.exit(0);
};

const PRIORITIES: Readonly<Record<number, string>> = {
  1: 'local',
  4: 'connected',
  8: 'static',
  3: '',
  56: 'default',
};

const get = (invocation: Invocation, table: number, words: readonly string[]) => {
  const { router } = invocation;
  const word = words.filter((one) => !one.startsWith('-'))[0] ?? 'default';
  const family: Family = words.includes('-inet6') || word.includes(':') ? 'inet6' : 'inet';
  const address = parseAddress(word === 'default' ? (family === 'inet' ? '0.0.0.0' : '::') : word);
  const route =
    address === null
      ? null
      : word === 'default'
        ? (router.routing.list(table, family).find((one) => one.prefix.length === 0) ?? null)
        : router.routing.lookup(table, address);
  if (address !== null)
    router.routing.report(
      table,
      createPrefix(family, address.value, word === 'default' ? 0 : bitsOf(family)),
      route,
      invocation.pid,
    );
  if (address === null || route === null) {
    invocation.out(`get ${word === 'default' ? 'net' : 'host'} ${word}: not in table\n`);
    return invocation.exit(1);
  }
  const up = isUp(router, route);
  const lines = [`   route to: ${address.text}`, `destination: ${renderValue(family, route.prefix.value)}`];
  if (!route.isHost) lines.push(`       mask: ${renderValue(family, maskOf(family, route.prefix.length))}`);
  if (route.isViaGateway) lines.push(`    gateway: ${gatewayName(router, route)}`);
  lines.push(`  interface: ${route.nic}`, ` if address: ${route.source}`);
  lines.push(`   priority: ${route.priority} (${PRIORITIES[route.priority] ?? ''})`);
  lines.push(`      flags: ${routeFlagNames(route, up)}`);
  if (route.label !== null) lines.push(`      label: ${route.label}`);
  lines.push(
    '     use       mtu    expire',
    `${String(route.use).padStart(8)}  ${'0'.padStart(8)}  ${'0'.padStart(8)} `,
  );
  if (route.label !== null) lines.push('sockaddrs: <DST,GATEWAY,NETMASK,IFP,IFA,LABEL>');
  invocation.out(`${lines.join('\n')}\n`);
  invocation.exit(0);
};

interface Request {
  readonly destination: Prefix;
  readonly destinationText: string;
  readonly isHost: boolean;
  readonly gateway: string | null;
  readonly priority: number | null;
  readonly label: string | null;
  readonly mpath: boolean;
  readonly reject: boolean;
  readonly blackhole: boolean;
  readonly nic: string | null;
}

/** The arguments of add, change and delete; a string is what route(8) would die of. */
const parseRequest = (words: readonly string[]): Request | string => {
  let family: Family | null = null;
  let priority: number | null = null;
  let label: string | null = null;
  const flags = new Set<string>();
  const places: string[] = [];
  let length: number | null = null;
  let nic: string | null = null;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const value = (): string => words[++i] ?? '';
    if (!word.startsWith('-')) places.push(word);
    else if (word === '-inet') family = 'inet';
    else if (word === '-inet6') family = 'inet6';
    else if (word === '-priority') priority = Number(value());
    else if (word === '-label') label = value();
    else if (word === '-prefixlen') length = Number(value());
    else if (word === '-ifp') nic = value();
    else if (word === '-ifa') value();
    else if (['-mpath', '-reject', '-blackhole', '-host', '-net', '-static'].includes(word))
      flags.add(word.slice(1));
    else return `emulator: ${word} not known`;
  }
  const [to = '', gateway, more] = places;
  if (to === '' || more !== undefined) return 'emulator: usage';
  const [bare = '', mask] = to.split('/');
  const guess: Family = family ?? ([to, gateway].some((one) => one?.includes(':')) ? 'inet6' : 'inet');
  const common = {
    destinationText: to,
    gateway: gateway ?? null,
    priority,
    label,
    mpath: flags.has('mpath'),
    reject: flags.has('reject'),
    blackhole: flags.has('blackhole'),
    nic,
  };
  if (to === 'default') return { ...common, destination: createPrefix(guess, 0n, 0), isHost: false };
  const address = parseAddress(bare);
  if (address === null) return `${to}: bad address`;
  const bits = length ?? (mask === undefined ? bitsOf(address.family) : Number(mask));
  if (!Number.isInteger(bits) || bits < 0 || bits > bitsOf(address.family)) return `${to}: bad address`;
  return {
    ...common,
    destination: createPrefix(address.family, address.value, bits),
    isHost: bits === bitsOf(address.family),
  };
};

const change = (
  invocation: Invocation,
  table: number,
  verb: 'add' | 'change' | 'delete',
  words: readonly string[],
  isQuiet: boolean,
) => {
  const { router, pid } = invocation;
  const request = parseRequest(words);
  if (typeof request === 'string') {
    invocation.err(`route: ${request}\n`);
    return invocation.exit(1);
  }
  const { destination, gateway } = request;
  const error = ((): RouteError | null => {
    if (verb === 'delete') return router.routing.remove(table, destination, gateway, request.priority, pid);
    if (gateway === null) return 'EINVAL';
    const wanted = { ...request, gateway, pid };
    return verb === 'add' ? router.routing.add(table, wanted) : router.routing.change(table, wanted);
  })();
  if (!isQuiet) {
    const via = gateway === null ? '' : `: gateway ${gateway}`;
    const why = error === null ? '' : `: ${ERRORS[error]}`;
    invocation.out(`${verb} ${request.isHost ? 'host' : 'net'} ${request.destinationText}${via}${why}\n`);
  }
  invocation.exit(error === null ? 0 : 1);
};

const flush = (invocation: Invocation, table: number, words: readonly string[], isQuiet: boolean): void => {
  const { router } = invocation;
  const families: readonly Family[] = words.includes('-inet')
    ? ['inet']
    : words.includes('-inet6')
      ? ['inet6']
      : ['inet', 'inet6'];
  for (const family of families)
    for (const route of router.routing.list(table, family)) {
      if (route.kind !== 'static' && route.kind !== 'neighbour') continue;
      router.routing.remove(table, route.prefix, route.gateway, route.priority, invocation.pid);
      if (!isQuiet)
        invocation.out(
          `${destinationName(router, route).padEnd(20)} ${gatewayName(router, route).padEnd(20)} done\n`,
        );
    }
  invocation.exit(0);
};

/** `route -T N exec …`: anybody may go into a table from rtable 0, only root out of another (kern/uipc_syscalls.c, sys_setrtable). */
const execute = (invocation: Invocation, table: number, words: readonly string[]): void => {
  const [name, ...args] = words;
  if (name === undefined) {
    invocation.err('usage: route [-dnqtv] [-T rtable] command [[modifiers] args]\n');
    invocation.exit(1);
  } else if (invocation.rtable !== 0 && table !== invocation.rtable && !invocation.isRoot) {
    invocation.err('route: setrtable: Operation not permitted\n');
    invocation.exit(1);
  } else if (!invocation.become(name, args, table)) {
    invocation.err(`route: ${name}: No such file or directory\n`);
    invocation.exit(127);
  }
};

export const route: Program = (invocation) => {
  const { router } = invocation;
  const options = parseOptions(invocation.args, 'dnqtT:v');
  const usage = (): void => {
    invocation.err('usage: route [-dnqtv] [-T rtable] command [[modifiers] args]\n');
    invocation.exit(1);
  };
  if (options.problem !== null) {
    invocation.err(`route: ${options.problem}\n`);
    return usage();
  }
  const number = options.given.find((one) => one.letter === 'T')?.value ?? null;
  const isQuiet = options.given.some((one) => one.letter === 'q');
  const [verb, ...words] = options.rest;
  if (number !== null && (!/^[0-9]+$/.test(number) || Number(number) > 255)) {
    invocation.err(`route: invalid table id: ${number}\n`);
    return invocation.exit(1);
  }
  const table = Number(number ?? invocation.rtable);
  if (number !== null && verb !== 'add' && !router.routing.tables.has(table)) {
    invocation.err(`route: routing table ${table}: No such file or directory\n`);
    return invocation.exit(1);
  }
  if (!invocation.isRoot && ['add', 'change', 'delete', 'flush'].includes(verb ?? '')) {
    invocation.err('route: must be root to alter routing table\n');
    return invocation.exit(1);
  }
  switch (verb) {
    case 'exec':
      return execute(invocation, table, words);
    case 'show':
      return show(invocation, table, words);
    case 'get':
      return get(invocation, table, words);
    case 'add':
    case 'change':
    case 'delete':
      return change(invocation, table, verb, words, isQuiet);
    case 'flush':
      return flush(invocation, table, words, isQuiet);
    case 'monitor':
      return monitor(
        invocation,
        number === null ? null : table,
        words.includes('-iface') || words.includes('-interface'),
      );
    default:
      return usage();
  }
};
