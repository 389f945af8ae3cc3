/**
 * The paths' own routing tables, through route(8): looks first and writes only what differs. Which table belongs to which
 * path, and when to look again, is the core's business.
 */
import { millis } from '../core/time.ts';
import type { RouteResult, RouteWish } from '../core/transaction.ts';
import type { Commands, RunResult } from '../port/commands.ts';
import type { Routes } from '../port/routes.ts';
import { parseInet6 } from '../text/address.ts';
import { parseRouteFailure, parseRouteShow, type RouteFailureKind } from '../text/route.ts';
import { renderRunFailure } from './ending.ts';

const TIMEOUT = millis(5000);
/** The second look is for someone else who wrote between our look and our write. */
const LOOKS = 2;

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
  const route = (args: readonly string[]): Promise<RunResult> =>
    settings.commands.run('route', args, { timeoutMs: TIMEOUT });

  const write = async (
    wish: RouteWish,
    change: 'add' | 'change' | 'delete',
    gateway: string,
  ): Promise<Failure | null> => {
    const family = wish.family === 'inet' ? [] : ['-inet6'];
    return judge(await route(['-T', String(wish.rtable), '-n', change, ...family, 'default', gateway]));
  };

  /** Gateways of the table's default routes, in its order. */
  const read = async (wish: RouteWish): Promise<readonly string[] | Failure> => {
    const result = await route(['-n', '-T', String(wish.rtable), 'show', `-${wish.family}`]);
    const failure = judge(result);
    // Adding to it makes it.
    if (failure !== null) return failure.kind === 'no-table' ? [] : failure;
    const shown = parseRouteShow(result.kind === 'exited' ? result.stdout : '');
    const strange = shown.unrecognised.find((line) => line.startsWith('default'));
    if (!shown.complete || strange !== undefined) {
      return { kind: 'other', text: `route: not understood: ${strange ?? 'half a line'}` };
    }
    return shown.entries
      .filter((entry) => entry.family === wish.family && entry.destination === 'default')
      .map((entry) => entry.gateway);
  };

  const once = async (wish: RouteWish): Promise<Outcome> => {
    const gateways = await read(wish);
    if ('kind' in gateways) return { kind: 'failed', failure: gateways };
    const wanted = canonical(wish.gateway);
    const wrong = gateways.filter((gateway) => canonical(gateway) !== wanted);
    const present = wrong.length < gateways.length;
    if (present && wrong.length === 0) return { kind: 'done', changed: false };
    // With more than one, `change` could take any: it gets the last that is left.
    const excess = present ? wrong : wrong.slice(1);
    for (const gateway of excess) {
      const failure = await write(wish, 'delete', gateway);
      if (failure !== null) return { kind: 'failed', failure };
    }
    if (!present) {
      const failure = await write(wish, wrong.length === 0 ? 'add' : 'change', wish.gateway);
      if (failure !== null) return { kind: 'failed', failure };
    }
    return { kind: 'done', changed: true };
  };

  const ensure = async (wish: RouteWish): Promise<RouteResult> => {
    const { path } = wish;
    for (let look = 1; ; look += 1) {
      const outcome = await once(wish);
      if (outcome.kind === 'done') return { kind: 'ensured', path, changed: outcome.changed };
      const { kind, text } = outcome.failure;
      const overtaken = kind === 'exists' || kind === 'not-in-table';
      if (!overtaken || look === LOOKS) return { kind: 'failed', path, text };
    }
  };

  return { ensure: (wishes) => Promise.all(wishes.map(ensure)) };
};
