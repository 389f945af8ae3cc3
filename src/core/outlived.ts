/**
 * States that a path's earlier self has left behind: by a gateway or an address that it no longer has, or from a prefix that
 * is no longer its own. Nothing can come of them, so they go whether or not there is an alternative (PEERS.md S27, S28, S37),
 * once the rules are those of the new path. States that do not depend on what has changed stay.
 */
import { parseAddress, renderPrefix } from './address.ts';
import type { Engine } from './engine.ts';
import { linkLabel } from './kill.ts';
import type { Memory } from './memory.ts';
import { families, gatewayOf, type LinkSettings, type PathKey, pathKey, type Settings } from './model.ts';
import type { LastReady, PathHealth } from './path.ts';
import { type RtableNumbers, rdomainOf } from './rtable.ts';
import type { OutlivedGateway } from './sweep.ts';
import type { Kill } from './transaction.ts';

export interface Outlived {
  readonly kills: readonly Kill[];
  /** A gateway that a pool may have pinned states to; null: there is none. */
  readonly sweep: OutlivedGateway | null;
  /** Where the path was ready, for the next life, which may have to do it; null: nobody knows. */
  readonly place: readonly [PathKey, LastReady] | null;
}

const nothing: Outlived = { kills: [], sweep: null, place: null };

/** The address is in the states only where it was put there. */
const isTranslated = (link: LinkSettings, path: PathHealth): boolean =>
  path.family === 'inet' ? link.nat : link.nat6 === 'nat';

const domainsOf = (...rdomains: readonly number[]): readonly number[] =>
  [...new Set([0, ...rdomains])].sort((a, b) => a - b);

const judge = (link: LinkSettings, was: LastReady, path: PathHealth, wasPooled: boolean): Outlived => {
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
  const kills = [label, `${label}:in`, `${label}:probe`].map((each) => ({
    ...common,
    what: { kind: 'label', label: each } as const,
  }));
  const isKept = was.gateway === is.gateway;
  const place = [path.key, was] as const;
  // Pools pin in routing domain 0 alone.
  if (was.rdomain !== 0 || (isKept && !wasPooled)) return { kills, sweep: null, place };
  const sweep = { path: path.key, link: path.link, gateway: was.gateway, again: false, isKept };
  return { kills, sweep, place };
};

/**
 * What the path before has left behind, now that it is ready as another one. What a pool of earlier settings has pinned to it has no
 * guard any more (ruleset.ts): it would go out untranslated once its other half, on the link, is killed, so it goes as well.
 */
export const findOutlived = (
  link: LinkSettings,
  before: PathHealth | undefined,
  after: PathHealth,
  wasPooled = false,
): Outlived => {
  const was = before?.lastReady ?? null;
  return was === null || was === after.lastReady ? nothing : judge(link, was, after, wasPooled);
};

/** Where a path was when it was remembered: of its identity (evidence.ts), or where it had been ready last. */
const rememberedPlace = (memory: Memory | null, key: PathKey): LastReady | null => {
  const left = memory?.left.find((each) => each.path === key);
  if (left !== undefined) return { gateway: left.gateway, address: left.address, rdomain: left.rdomain };
  const identity = memory?.paths.find((each) => each.path === key)?.identity;
  const [, address = '', gateway = ''] = /^\d+:(.+)>(.+)$/.exec(identity ?? '') ?? [];
  if (parseAddress(address) === null || parseAddress(gateway) === null) return null;
  const rdomain = memory?.rdomains.find(({ link }) => key.startsWith(`${link}/`))?.rdomain ?? 0;
  return { gateway, address, rdomain };
};

/**
 * Over a restart: a path that has not been ready in this life was so where it is remembered. It may not be ready at first, in the middle
 * of a session's end or without a lease, and then come back as another one.
 */
export const recallPlace = (path: PathHealth, memory: Memory | null): PathHealth => {
  if (path.evidence !== null || path.lastReady !== null) return path;
  const lastReady = rememberedPlace(memory, path.key);
  return lastReady === null ? path : { ...path, lastReady };
};

/**
 * Prefixes that a link had before a reload and has no longer: by their sources where the link has others, whose states are good; by
 * its label where it has none, since a source may well be translated by another link now. What translates minds no source.
 */
export const findLostPrefixes = (
  before: Settings | null,
  after: Settings,
  numbers: RtableNumbers,
): readonly Kill[] =>
  (before?.links ?? []).flatMap((was): readonly Kill[] => {
    const is = after.links.find((each) => each.name === was.name);
    if (was.nat6 !== 'no' || is === undefined) return [];
    const kept = new Set(is.prefix6.map(renderPrefix));
    const lost = was.prefix6.map(renderPrefix).filter((prefix) => !kept.has(prefix));
    const common = {
      path: pathKey(was.name, 'inet6'),
      link: was.name,
      rdomains: domainsOf(rdomainOf(numbers, was.name)),
      again: false,
    };
    if (lost.length > 0 && kept.size === 0)
      return [{ ...common, what: { kind: 'label', label: linkLabel(was.name, 'inet6') } }];
    return lost.map((network) => ({ ...common, what: { kind: 'source', network } }));
  });

/**
 * Paths that the settings do not have any more: nobody watches them from now on, so nothing on them would ever be moved, were it by
 * a link that dies. After a restart the memory tells of them, for as long as it keeps a link's number (rtable.ts) or what was left on it.
 */
export const findRemoved = (engine: Engine, settings: Settings): readonly Outlived[] => {
  const { memory, paths, rtables } = engine;
  const names = new Set(settings.links.map(({ name }) => name));
  const remembered =
    memory === null
      ? []
      : [
          ...memory.left.map(({ path }) => path),
          ...memory.rtables
            .filter(({ link }) => !names.has(link))
            .flatMap(({ link }) => families.map((family) => pathKey(link, family))),
        ];
  const gone = new Set([...paths.keys(), ...remembered]);
  for (const link of settings.links)
    for (const family of families)
      if (gatewayOf(link, family) !== null) gone.delete(pathKey(link.name, family));
  return [...gone].map((key): Outlived => {
    const [link = '', family = 'inet'] = key.split('/');
    const label = linkLabel(link, family === 'inet6' ? 'inet6' : 'inet');
    const common = { path: key, link, again: false };
    const rdomains = domainsOf(rdomainOf(rtables, link));
    const place = paths.get(key)?.lastReady ?? rememberedPlace(memory, key);
    return {
      kills: [label, `${label}:in`].map((each) => ({
        ...common,
        rdomains,
        what: { kind: 'label', label: each },
      })),
      sweep: place === null ? null : { ...common, gateway: place.gateway, isKept: false },
      place: place === null ? null : [key, place],
    };
  });
};

/** Without those of which nothing is left to go. */
export const forgetLeft = (engine: Engine): Engine => {
  const { leftBehind, pf, sweep } = engine;
  const open = new Set([...pf.outlived, ...sweep.outlived].map(({ path }) => path));
  const left = [...leftBehind].filter(([path]) => open.has(path));
  return left.length === leftBehind.size ? engine : { ...engine, leftBehind: new Map(left) };
};

/**
 * States of what paths have been before must go; they are killed with the next transaction, after its rules. Of places the oldest is
 * kept: what has been left there is looked for by its gateway.
 */
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
  const places = outlived.flatMap(({ place }) => (place === null ? [] : [place]));
  return {
    ...engine,
    leftBehind: places.length === 0 ? engine.leftBehind : new Map([...places, ...engine.leftBehind]),
    pf: { ...pf, outlived: merge(pf.outlived, kills) },
    sweep: { ...sweep, outlived: merge(sweep.outlived, sweeps) },
  };
};
