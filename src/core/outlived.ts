/**
 * States that a path's earlier self has left behind: by a gateway or an address that it no longer has, or from a prefix that
 * is no longer its own. Nothing can come of them, so they go whether or not there is an alternative (PEERS.md S27, S28, S37),
 * once the rules are those of the new path. States that do not depend on what has changed stay.
 */
import { renderPrefix } from './address.ts';
import type { Engine } from './engine.ts';
import type { LastReady, PathHealth } from './health.ts';
import { linkLabel } from './kill.ts';
import type { Memory } from './memory.ts';
import { type LinkSettings, pathKey, type Settings } from './model.ts';
import { type RtableNumbers, rdomainOf } from './rtable.ts';
import type { Kill, Sweep } from './transaction.ts';

export interface Outlived {
  readonly kills: readonly Kill[];
  /** A gateway that a pool may have pinned states to; null: there is none. */
  readonly sweep: Sweep['gateways'][number] | null;
}

const nothing: Outlived = { kills: [], sweep: null };

/** The address is in the states only where it was put there. */
const isTranslated = (link: LinkSettings, path: PathHealth): boolean =>
  path.family === 'inet' ? link.nat : link.nat6 === 'nat';

const domainsOf = (...rdomains: readonly number[]): readonly number[] =>
  [...new Set([0, ...rdomains])].sort((a, b) => a - b);

const judge = (link: LinkSettings, was: LastReady, path: PathHealth): Outlived => {
  const is = path.lastReady;
  if (is === null) return nothing;
  const hasMoved = was.rdomain !== is.rdomain;
  // Where packets are steered by a routing table, the gateway is in no state.
  const isOtherGateway = was.gateway !== is.gateway && path.via === 'route-to';
  const isOtherAddress = was.address !== is.address && isTranslated(link, path);
  if (!hasMoved && !isOtherGateway && !isOtherAddress) return nothing;
  const common = {
    path: path.key,
    link: path.link,
    again: false,
    rdomains: domainsOf(was.rdomain, is.rdomain),
  };
  const label = linkLabel(path.link, path.family);
  return {
    kills: [label, `${label}:in`, `${label}:probe`].map((each) => ({
      ...common,
      what: { kind: 'label', label: each },
    })),
    sweep:
      was.gateway === is.gateway || was.rdomain !== 0
        ? null
        : { path: path.key, link: path.link, gateway: was.gateway, again: false },
  };
};

/** What the path before has left behind, now that it is ready as another one. */
export const findOutlived = (
  link: LinkSettings,
  before: PathHealth | undefined,
  after: PathHealth,
): Outlived => {
  const was = before?.lastReady ?? null;
  return was === null || was === after.lastReady ? nothing : judge(link, was, after);
};

/** The same over a restart: the identity that was remembered tells which path it was (evidence.ts). */
export const findOutlivedMemory = (
  link: LinkSettings,
  memory: Memory | null,
  after: PathHealth,
): Outlived => {
  const identity = memory?.paths.find((each) => each.path === after.key)?.identity;
  const [, address, gateway] = /^\d+:(.+)>(.+)$/.exec(identity ?? '') ?? [];
  return address === undefined || gateway === undefined
    ? nothing
    : judge(link, { address, gateway, rdomain: after.rdomain }, after);
};

/**
 * Prefixes that a link had before a reload and has no longer: by their sources, since the rest of the link's states are good.
 * With translation sources are nothing that a provider minds, and such states go on.
 */
export const findLostPrefixes = (
  before: Settings | null,
  after: Settings,
  numbers: RtableNumbers,
): readonly Kill[] =>
  (before?.links ?? []).flatMap((was) => {
    if (was.nat6 !== 'no') return [];
    const is = after.links.find((each) => each.name === was.name);
    const kept = new Set((is?.prefix6 ?? []).map(renderPrefix));
    return was.prefix6
      .map(renderPrefix)
      .filter((prefix) => !kept.has(prefix))
      .map((network) => ({
        path: pathKey(was.name, 'inet6'),
        link: was.name,
        what: { kind: 'source', network } as const,
        rdomains: domainsOf(rdomainOf(numbers, was.name)),
        again: false,
      }));
  });

/** States of what paths have been before must go; they are killed with the next transaction, after its rules. */
export const leaveBehind = (engine: Engine, outlived: readonly Outlived[]): Engine => {
  const kills = outlived.flatMap((each) => each.kills);
  const sweeps = outlived.flatMap(({ sweep }) => (sweep === null ? [] : [sweep]));
  if (kills.length + sweeps.length === 0) return engine;
  // The newest of equal ones: an older one may be under way, for states that were older as well.
  const merge = <T>(known: readonly T[], found: readonly T[]): readonly T[] => {
    const keys = new Set(found.map((each) => JSON.stringify(each)));
    return [...known.filter((each) => !keys.has(JSON.stringify(each))), ...found];
  };
  const { pf, sweep } = engine;
  return {
    ...engine,
    pf: { ...pf, outlived: merge(pf.outlived, kills) },
    sweep: { ...sweep, outlived: merge(sweep.outlived, sweeps) },
  };
};
