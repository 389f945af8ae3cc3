/**
 * One line of `route -n monitor` -> what it says. Stateless: every fact that we need stands in the first line of its
 * message, and waiting for the rest of a message would let half a message hold up a failover. Written against print_rtmsg
 * in sbin/route/route.c of 7.8.
 */
import type { Carrier } from '../core/model.ts';
import { parseLinkState } from './link-state.ts';

export type MonitorEvent =
  /** RTM_IFINFO: flags or link state of an interface. `name` is null once the interface is being destroyed. */
  | {
      readonly kind: 'interface-status';
      readonly index: number;
      readonly name: string | null;
      /** The UP flag: administratively up. */
      readonly up: boolean;
      readonly carrier: Carrier;
    }
  /** RTM_IFANNOUNCE. Not flushed into a pipe: it comes with the next message of another kind. */
  | {
      readonly kind: 'announce';
      readonly index: number;
      readonly name: string;
      /** `arrival`, `departure`, or `#N`. */
      readonly what: string;
    }
  /** RTM_NEWADDR, RTM_DELADDR, RTM_CHGADDRATTR. */
  | {
      readonly kind: 'address';
      readonly change: 'added' | 'removed' | 'changed';
      readonly index: number;
      readonly name: string | null;
    }
  /** RTM_ADD, RTM_DELETE, RTM_CHANGE. Requests that failed are shown too, with their errno. */
  | {
      readonly kind: 'route';
      readonly change: 'added' | 'deleted' | 'changed';
      readonly table: number;
      readonly interface: string | null;
      /** 0 if it was done. */
      readonly errno: number;
      /** Bit 7 (128) marks a route whose interface is down. */
      readonly priority: number;
    }
  /** The kernel dropped messages: read everything again. */
  | { readonly kind: 'desync' }
  /** A message of another type, such as RTM_PROPOSAL; `message` is its RTM_ name. */
  | { readonly kind: 'other'; readonly message: string }
  /** A line that belongs to a message whose first line said it all. */
  | { readonly kind: 'continuation' }
  | { readonly kind: 'unrecognised'; readonly line: string };

const interfaceStatus =
  /^RTM_IFINFO: [^:]*: len \d+, if# (\d{1,10}), (?:name (\S+), )?link: ([^,]+), mtu: \d+, flags:(?:<([^>]*)>)?$/;
const announce = /^RTM_IFANNOUNCE: [^:]*: len \d+, if# (\d{1,10}), name (\S*), what: (\S+)$/;
const address =
  /^RTM_(NEWADDR|DELADDR|CHGADDRATTR): [^:]*: len \d+, if# (\d{1,10}), (?:name (\S+), )?metric -?\d+, flags:/;
const route =
  /^RTM_(ADD|DELETE|CHANGE): [^:]*: len \d+, priority (\d{1,3}), table (\d{1,10}), if# \d+, (?:name (\S+), )?pid: -?\d+, seq -?\d+, errno (\d{1,10})$/;
const known = /^RTM_(?:IFINFO|IFANNOUNCE|NEWADDR|DELADDR|CHGADDRATTR|ADD|DELETE|CHANGE):/;
const continuation =
  /^(?:$|[ \t]|got message of size |(?:flags|xflags|fmask|use|locks|sockaddrs|proposals|BFD):|<invalid )/;

const addressChanges = { NEWADDR: 'added', DELADDR: 'removed', CHGADDRATTR: 'changed' } as const;
const routeChanges = { ADD: 'added', DELETE: 'deleted', CHANGE: 'changed' } as const;

/** One line, without its newline. `unrecognised` should be treated as a reason to look again. */
export const parseMonitorLine = (line: string): MonitorEvent => {
  if (continuation.test(line)) return { kind: 'continuation' };

  const status = interfaceStatus.exec(line);
  if (status !== null) {
    const [, index, name, link = '', flags = ''] = status;
    return {
      kind: 'interface-status',
      index: Number(index),
      name: name ?? null,
      up: flags.split(',').includes('UP'),
      carrier: parseLinkState(link),
    };
  }

  const changed = route.exec(line);
  if (changed !== null) {
    const [, change, priority, table, name, errno] = changed;
    return {
      kind: 'route',
      change: routeChanges[change as keyof typeof routeChanges],
      table: Number(table),
      interface: name ?? null,
      errno: Number(errno),
      priority: Number(priority),
    };
  }

  const addressed = address.exec(line);
  if (addressed !== null) {
    const [, change, index, name] = addressed;
    return {
      kind: 'address',
      change: addressChanges[change as keyof typeof addressChanges],
      index: Number(index),
      name: name ?? null,
    };
  }

  const announced = announce.exec(line);
  if (announced !== null) {
    const [, index, name = '', what = ''] = announced;
    return { kind: 'announce', index: Number(index), name, what };
  }

  if (line.startsWith('RTM_DESYNC:')) return { kind: 'desync' };
  const message = known.test(line) ? undefined : /^(RTM_[A-Z0-9]+):/.exec(line)?.[1];
  if (message !== undefined) return { kind: 'other', message };
  // A type that route(8) has no name for.
  if (/^\[rtm_type \d+ out of range\]: |^: len \d/.test(line)) return { kind: 'other', message: 'RTM_?' };
  return { kind: 'unrecognised', line };
};
