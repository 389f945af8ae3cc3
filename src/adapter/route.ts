/**
 * The routing tables, through route(8): looks first and writes only what differs. What they should hold, and when to look
 * again, is the core's business (core/default-route.ts).
 */
import type { Family } from '../core/model.ts';
import { LAST_RTABLE, type RtableFound } from '../core/rtable.ts';
import { type Millis, millis } from '../core/time.ts';
import type { RouteResult, RouteWish } from '../core/transaction.ts';
import type { Commands, RunResult } from '../port/commands.ts';
import type { Routes } from '../port/routes.ts';
import { parseInet6 } from '../text/address.ts';
import {
  OWN_PRIORITY,
  parseRouteFailure,
  parseRouteShow,
  type RouteEntry,
  type RouteFailureKind,
} from '../text/route.ts';
import { renderRunFailure } from './ending.ts';

const TIMEOUT: Millis = millis(5000);
/** The second look is for someone else who wrote between our look and our write. */
const LOOKS = 2;
/**
 * Tables that are looked at side by side. To start a process takes milliseconds in which no answer of a ping is read: all at
 * once, those of fifty links were a quarter of a second, every `reconcile`.
 */
const AT_ONCE = 4;
/** Of the routes in rtable 0 that are ours. Those without it are never touched, but for dhcpleased's. */
const OWN_LABEL = 'uplinkd';
/** dhcpleased.c, configure_route() */
const LEASE_LABEL = 'dhcpleased';

type Failure = { readonly kind: RouteFailureKind; readonly text: string };
type Outcome =
  | { readonly kind: 'done'; readonly changed: boolean }
  | { readonly kind: 'failed'; readonly failure: Failure };

const judge = (result: RunResult): Failure | null => {
  if (result.kind !== 'exited') return { kind: 'other', text: renderRunFailure('route', result) };
  const found = parseRouteFailure(result.code, result.stdout, result.stderr);
  return found === null ? null : { ...found, text: found.text || renderRunFailure('route', result) };
};

/** inet6 in canonical form with its scope, if it has one. */
const canonical = (gateway: string): string => {
  const address = parseInet6(gateway);
  return address === null ? gateway : `${address}${/%.*$/.exec(gateway)?.[0] ?? ''}`;
};

export const createRoutes = (settings: { readonly commands: Commands }): Routes => {
  const { commands } = settings;
  const route = (args: readonly string[]): Promise<RunResult> =>
    commands.run('route', args, { timeoutMs: TIMEOUT });
  const familyWords = (wish: RouteWish): readonly string[] => (wish.family === 'inet' ? [] : ['-inet6']);
  const table = ({ rtable }: Pick<RouteWish, 'rtable'>): readonly string[] =>
    rtable === 0 ? [] : ['-T', String(rtable)];

  /** Writes until the first failure; null if there is none. */
  const write = async (wish: RouteWish, changes: readonly (readonly string[])[]): Promise<Failure | null> => {
    for (const [change = '', ...words] of changes) {
      const failure = judge(await route([...table(wish), '-n', change, ...familyWords(wish), ...words]));
      if (failure !== null) return failure;
    }
    return null;
  };

  /** The default routes of a table, in its order. */
  const show = async (
    rtable: number,
    family: Family,
    only: readonly string[],
  ): Promise<readonly RouteEntry[] | Failure> => {
    const result = await route(['-n', ...table({ rtable }), 'show', `-${family}`, ...only]);
    const failure = judge(result);
    if (failure !== null) return failure;
    const shown = parseRouteShow(result.kind === 'exited' ? result.stdout : '');
    const strange = shown.unrecognised.find((line) => line.startsWith('default'));
    if (!shown.complete || strange !== undefined) {
      return { kind: 'other', text: `route: not understood: ${strange ?? 'half a line'}` };
    }
    return shown.entries.filter((entry) => entry.family === family && entry.destination === 'default');
  };

  /** Those of the wish's table; only those of one label if one is given. */
  const read = async (wish: RouteWish, label: string | null): Promise<readonly RouteEntry[] | Failure> => {
    const held = await show(wish.rtable, wish.family, label === null ? [] : ['-label', label]);
    // Adding to it makes it.
    return 'kind' in held && held.kind === 'no-table' ? [] : held;
  };

  const finish = async (wish: RouteWish, changes: readonly (readonly string[])[]): Promise<Outcome> => {
    const failure = await write(wish, changes);
    return failure === null ? { kind: 'done', changed: changes.length > 0 } : { kind: 'failed', failure };
  };

  /** With more than one default route `change` could take any: it gets the last that is left. */
  const changesOfPath = (wish: Extract<RouteWish, { kind: 'path' }>, held: readonly RouteEntry[]) => {
    const wanted = canonical(wish.gateway);
    const wrong = held.map(({ gateway }) => gateway).filter((gateway) => canonical(gateway) !== wanted);
    const isPresent = wrong.length < held.length;
    const excess = (isPresent ? wrong : wrong.slice(1)).map((gateway) => ['delete', 'default', gateway]);
    if (isPresent) return excess;
    return [...excess, [wrong.length === 0 ? 'add' : 'change', 'default', wish.gateway]];
  };

  /** New ones come before old ones go, so that there is a route all the time. */
  const changesOfOwn = (wish: Extract<RouteWish, { kind: 'own' }>, held: readonly RouteEntry[]) => {
    const wanted = wish.gateways.map(canonical);
    const priority = ['-priority', String(OWN_PRIORITY)];
    const missing = wish.gateways.filter(
      (gateway) => !held.some((entry) => canonical(entry.gateway) === canonical(gateway)),
    );
    const excess = held.filter(({ gateway }) => !wanted.includes(canonical(gateway)));
    return [
      ...missing.map((gateway) => ['add', '-mpath', '-label', OWN_LABEL, ...priority, 'default', gateway]),
      ...excess.map(({ gateway }) => ['delete', ...priority, 'default', gateway]),
    ];
  };

  const once = async (wish: RouteWish): Promise<Outcome> => {
    const label = { path: null, own: OWN_LABEL, captured: LEASE_LABEL }[wish.kind];
    const held = await read(wish, label);
    if ('kind' in held) return { kind: 'failed', failure: held };
    switch (wish.kind) {
      case 'path':
        return finish(wish, changesOfPath(wish, held));
      case 'own':
        return finish(wish, changesOfOwn(wish, held));
      case 'captured':
        return finish(
          wish,
          held
            .filter((entry) => entry.interface !== null && wish.interfaces.includes(entry.interface))
            .map(({ gateway, priority }) => [
              'delete',
              '-priority',
              String(priority & 127),
              'default',
              gateway,
            ]),
        );
    }
  };

  /** The kernel takes the first of several routes unless it is told otherwise. */
  const warningOf = async (wish: RouteWish): Promise<string | null> => {
    if (wish.kind !== 'own' || wish.gateways.length < 2) return null;
    const name = wish.family === 'inet' ? 'net.inet.ip.multipath' : 'net.inet6.ip6.multipath';
    const result = await commands.run('sysctl', ['-n', name], { timeoutMs: TIMEOUT });
    return result.kind === 'exited' && result.stdout.trim() === '0'
      ? `default_route = "multipath", but ${name} is 0, so only one of the routes is used: sysctl ${name}=1, and the same in /etc/sysctl.conf`
      : null;
  };

  const ensure = async (wish: RouteWish): Promise<RouteResult> => {
    const { id } = wish;
    for (let look = 1; ; look += 1) {
      const outcome = await once(wish);
      if (outcome.kind === 'done')
        return { kind: 'ensured', id, changed: outcome.changed, warning: await warningOf(wish) };
      const { kind, text } = outcome.failure;
      const overtaken = kind === 'exists' || kind === 'not-in-table';
      if (!overtaken || look === LOOKS) return { kind: 'failed', id, text };
    }
  };

  return {
    ensure: async (wishes) => {
      const results: RouteResult[] = [];
      const open = wishes.entries();
      const work = async (): Promise<void> => {
        for (const [at, wish] of open) results[at] = await ensure(wish);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return results;
    },
    find: async (first) => {
      const found: RtableFound[] = [];
      for (let rtable = first; rtable <= LAST_RTABLE; rtable += 1) {
        const shown = await show(rtable, 'inet', []);
        if ('kind' in shown) break;
        for (const { interface: name, gateway } of shown)
          if (name !== null) found.push({ rtable, interface: name, gateway });
      }
      return found;
    },
  };
};
