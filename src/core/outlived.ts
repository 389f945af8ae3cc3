/**
 * States that a path's earlier self has left behind: by a gateway or an address that it no longer has, or from a prefix that
 * is no longer its own. Nothing can come of them, so they go whether or not there is an alternative (PEERS.md S27, S28, S37),
 * once the rules are those of the new path. States that do not depend on what has changed stay.
 */
import { renderPrefix } from './address.ts';
import type { PathHealth } from './health.ts';
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

interface Self {
  readonly gateway: string;
  readonly address: string;
  readonly rdomain: number;
}

/** The address is in the states only where it was put there. */
const isTranslated = (link: LinkSettings, path: PathHealth): boolean =>
  path.family === 'inet' ? link.nat : link.nat6 === 'nat';

const domainsOf = (...rdomains: readonly number[]): readonly number[] =>
  [...new Set([0, ...rdomains])].sort((a, b) => a - b);

const judge = (link: LinkSettings, was: Self, path: PathHealth): Outlived => {
  const is = path.lastReady;
  if (is === null) return nothing;
  const hasMoved = was.rdomain !== path.rdomain;
  // Where packets are steered by a routing table, the gateway is in no state.
  const isOtherGateway = was.gateway !== is.gateway && path.via === 'route-to';
  const isOtherAddress = was.address !== is.address && isTranslated(link, path);
  if (!hasMoved && !isOtherGateway && !isOtherAddress) return nothing;
  const common = {
    path: path.key,
    link: path.link,
    again: false,
    rdomains: domainsOf(was.rdomain, path.rdomain),
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
  return was === null || was === after.lastReady
    ? nothing
    : judge(link, { ...was, rdomain: before?.rdomain ?? 0 }, after);
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

/** Prefixes that a link had before a reload and has no longer: by their sources, since the rest of the link's states are good. */
export const findLostPrefixes = (
  before: Settings | null,
  after: Settings,
  numbers: RtableNumbers,
): readonly Kill[] =>
  (before?.links ?? []).flatMap((was) => {
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
