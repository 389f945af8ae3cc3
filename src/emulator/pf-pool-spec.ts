/** A pool as written -> the one that a rule of the kernel has: its address or table, its ports, its type (sbin/pfctl/parse.y, collapse_redirspec and apply_redirspec). */
import type { Family } from './address.ts';
import type { Expansion, HostNode, PoolSpec } from './pf-expand.ts';
import type { Host, Pool, PoolType, PortMatch } from './pf-rules.ts';

type PoolUse = 'nat' | 'rdr' | 'route';

const NAT_PORTS = { low: 50_001, high: 65_535 };

/** More than one address, maybe: a group's even with `:0` (DYNIF_MULTIADDR). */
const isMulti = (host: Host): boolean =>
  host.kind === 'table' ||
  (host.kind === 'interface' && !(host.modifiers.noAlias && /[0-9]$/.test(host.name)));
const takesMany = (type: PoolType): boolean => type !== 'none' && type !== 'bitmask';

export interface Collapsed {
  /** Null: none. After a complaint, the first. */
  readonly host: Host | null;
  readonly family: Family | null;
  readonly isBad: boolean;
}

/** Which addresses of the pool there are for the rule: one, or more in a table of their own. Decides the family when the rule has none. */
export const collapse = (
  spec: PoolSpec | null,
  use: PoolUse,
  family: Family | null,
  world: Expansion,
): Collapsed => {
  if (spec === null) return { host: null, family, isBad: false };
  const usable: HostNode[] = [];
  const bad = (message: string | null): Collapsed => {
    if (message !== null) world.complain(message);
    return { host: usable[0]?.host ?? null, family, isBad: true };
  };
  const word = use === 'route' ? 'routing' : 'translation';
  let chosen: Family | null = null;
  for (const node of spec.hosts) {
    if (use === 'route' && node.host.kind === 'interface' && !node.host.modifiers.peer)
      return bad('route spec requires :peer with dynamic interface addresses');
    if (node.family !== null) {
      if (family !== null && family !== node.family) continue;
      if (family === null && chosen !== null && chosen !== node.family)
        return bad(`${word} spec contains addresses with different address families`);
    }
    if (family === null && chosen === null) chosen = node.family;
    const [first] = usable;
    if (first !== undefined) {
      if (spec.type !== 'none' && !takesMany(spec.type))
        return bad('pool type is not valid for multiple translation or routing addresses');
      if (usable.length === 1 && first.host.kind !== 'prefix' && node.host.kind !== 'prefix')
        return bad('multiple tables or dynamic interfaces not supported for translation or routing');
      if (first.host.kind !== 'prefix' || node.host.kind !== 'prefix') {
        world.say('pfctl: failed to add host: Invalid argument');
        return bad(null);
      }
    }
    usable.push(node);
  }
  const [first] = usable;
  if (first === undefined) return bad(`af mismatch in ${word} spec`);
  const host: Host = usable.length === 1 ? first.host : { kind: 'table', name: world.automaticTable(usable) };
  return { host, family: family ?? chosen, isBad: false };
};

/** The ports, `bad` after a complaint. rdr-to with an open range takes the length of the rule's own. */
const portsOf = (
  { port }: PoolSpec,
  use: PoolUse,
  destination: PortMatch | null,
  world: Expansion,
): { readonly low: number; readonly high: number } | 'bad' => {
  if (use === 'nat') {
    if (port === null || (port.low === 0 && port.high === 0)) return NAT_PORTS;
    return { low: port.low, high: port.high === 0 ? port.low : port.high };
  }
  if (port === null) return { low: 0, high: 0 };
  if (port.isOpen) {
    const length = destination === null ? 0 : destination.high - destination.low;
    return { low: port.low, high: (port.low + length) & 0xffff };
  }
  if (port.high === 0 || port.low <= port.high) return port;
  world.complain('invalid rdr-to port range');
  return 'bad';
};

/** Null without a pool, `bad` after a complaint. `host` is what it was collapsed to. */
export const createPool = (
  spec: PoolSpec | null,
  use: PoolUse,
  host: Host | null,
  destination: PortMatch | null,
  world: Expansion,
): Pool | 'bad' | null => {
  if (spec === null) return null;
  const bad = (message: string): 'bad' => {
    world.complain(message);
    return 'bad';
  };
  const ports = portsOf(spec, use, destination, world);
  if (ports === 'bad') return 'bad';
  const type: PoolType = spec.type === 'none' && host !== null && isMulti(host) ? 'round-robin' : spec.type;
  if (!takesMany(type)) {
    if (spec.hosts.some((node) => node.host.kind === 'table'))
      return bad('tables are not supported by pool type');
    const alias = spec.hosts.find((node) => isMulti(node.host))?.host;
    if (alias?.kind === 'interface') return bad(`interface (${alias.name}) is not supported by pool type`);
  }
  if (spec.isStaticPort) {
    if (use !== 'nat') return bad("the 'static-port' option is only valid with nat rules");
    // both ends must differ, by pfctl's reckoning
    if (ports.low !== NAT_PORTS.low && ports.high !== NAT_PORTS.high)
      return bad("the 'static-port' option can't be used when specifying a port range");
  }
  return host === null
    ? null
    : {
        host,
        type,
        isSticky: spec.isSticky,
        isStaticPort: spec.isStaticPort,
        lowPort: spec.isStaticPort ? 0 : ports.low,
        highPort: spec.isStaticPort ? 0 : ports.high,
        hashKey: spec.hashKey,
        cursor: 0,
        counter: null,
        currentWeight: 0,
      };
};
