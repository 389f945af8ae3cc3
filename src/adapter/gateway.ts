/**
 * Gateways that no file names: read from leases (dhcpleasectl(8)) and from routing tables (route(8)). When to read is
 * monitor.ts's business. A command that fails tells nothing new: then what was read last stands. Where nothing was yet, as at a start,
 * it is not known for a few readings whether there is a gateway; then there is none.
 */
import type { LearntGateway, LearnWish } from '../core/model.ts';
import { millis } from '../core/time.ts';
import type { Commands } from '../port/commands.ts';
import { parseInet, parseInet6 } from '../text/address.ts';
import { parseLease } from '../text/dhcplease.ts';
import { OWN_PRIORITY, parseRouteFailure, parseRouteShow } from '../text/route.ts';
import { renderRunFailure } from './ending.ts';

/** Readings of the interfaces wait for it. */
const TIMEOUT = millis(2000);
const PRIORITY_MASK = 127;
/** Readings that may fail until a link is taken to have no gateway: about half a minute (monitor.ts). */
const MOST_UNKNOWN = 9;

export interface GatewayReading {
  /** Without those of which nothing is known yet. */
  readonly learnt: readonly LearntGateway[];
  /** What could not be read, in words; null: nothing. */
  readonly trouble: string | null;
}

export interface GatewayReader {
  read(wishes: readonly LearnWish[]): Promise<GatewayReading>;
}

type Found =
  | { readonly kind: 'found'; readonly gateway: string | null }
  /** There is none, and somebody should know why. */
  | { readonly kind: 'none'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string };

const keyOf = ({ interface: name, family }: LearnWish): string => `${name} ${family}`;

const addressOf = (wish: LearnWish, text: string): string | null =>
  wish.family === 'inet' ? parseInet(text) : parseInet6(text);

export const createGatewayReader = (commands: Commands): GatewayReader => {
  const last = new Map<string, string | null>();
  const failures = new Map<string, number>();

  const readLease = async (wish: LearnWish): Promise<Found> => {
    const result = await commands.run('dhcpleasectl', ['-l', wish.interface], { timeoutMs: TIMEOUT });
    if (result.kind !== 'exited') return { kind: 'failed', text: renderRunFailure('dhcpleasectl', result) };
    const lease = parseLease(result.code, result.stdout, result.stderr);
    switch (lease.kind) {
      case 'lease':
        return { kind: 'found', gateway: lease.gateway };
      case 'no-lease':
        return { kind: 'none', text: lease.text };
      case 'failed':
        return lease;
    }
  };

  const readRoute = async (wish: LearnWish, rtable: number): Promise<Found> => {
    const table = rtable === 0 ? [] : ['-T', String(rtable)];
    const result = await commands.run('route', ['-n', ...table, 'show', `-${wish.family}`], {
      timeoutMs: TIMEOUT,
    });
    if (result.kind !== 'exited') return { kind: 'failed', text: renderRunFailure('route', result) };
    const failure = parseRouteFailure(result.code, result.stdout, result.stderr);
    if (failure?.kind === 'no-table') return { kind: 'found', gateway: null };
    if (failure !== null) return { kind: 'failed', text: failure.text || renderRunFailure('route', result) };
    const shown = parseRouteShow(result.stdout);
    if (!shown.complete) return { kind: 'failed', text: 'route: not understood: half a line' };
    const gateways = shown.entries
      .filter(({ destination, interface: by }) => destination === 'default' && by === wish.interface)
      // Our own routes say what we have learnt before.
      .filter(({ priority }) => (priority & PRIORITY_MASK) !== OWN_PRIORITY)
      .map(({ gateway }) => addressOf(wish, gateway.split('%')[0] ?? ''))
      .filter((gateway) => gateway !== null);
    return { kind: 'found', gateway: gateways[0] ?? null };
  };

  const readOne = (wish: LearnWish): Promise<Found> =>
    wish.source.kind === 'lease' ? readLease(wish) : readRoute(wish, wish.source.rtable);

  return {
    read: async (wishes) => {
      const found = await Promise.all(wishes.map(readOne));
      const troubles: string[] = [];
      const learnt = wishes.flatMap((wish, at): readonly LearntGateway[] => {
        const one = found[at];
        const key = keyOf(wish);
        if (one !== undefined && one.kind !== 'found') troubles.push(one.text);
        if (one?.kind === 'found') last.set(key, one.gateway);
        if (one?.kind === 'none') last.set(key, null);
        if (one?.kind === 'failed' && !last.has(key)) {
          const failed = (failures.get(key) ?? 0) + 1;
          failures.set(key, failed);
          if (failed <= MOST_UNKNOWN) return [];
        }
        return [{ ...wish, gateway: last.get(key) ?? null }];
      });
      return { learnt, trouble: troubles[0] ?? null };
    },
  };
};
