/**
 * The machine as the checks see it: facts in, parsed once. What was asked for and could not be had is null, never empty, so that
 * no check takes silence for an answer.
 */
import type { Interface, Settings } from '../core/model.ts';
import { type FileFact, textOf } from '../port/files.ts';
import type { InterfaceDetails } from '../text/interface-details.ts';
import type { MainRule, Queue, SourceLine } from '../text/pf-main.ts';
import type { RouteEntry } from '../text/route.ts';

export const PF_CONF = '/etc/pf.conf';
export const SYSCTL_CONF = '/etc/sysctl.conf';
export const MYGATE = '/etc/mygate';
export const DHCPLEASED_CONF = '/etc/dhcpleased.conf';
export const RC_CONF_LOCAL = '/etc/rc.conf.local';

export interface NamedInterface extends Interface, Pick<InterfaceDetails, 'flags' | 'groups' | 'carp'> {}

/** One ping of a link's gateway. */
export interface PingFact {
  readonly link: string;
  readonly address: string;
  /** `blocked`: pf let none out. */
  readonly outcome: 'answered' | 'silent' | 'blocked' | 'failed';
}

export interface Machine {
  readonly paths: { readonly config: string; readonly state: string; readonly socket: string };
  /** Null where the file cannot be read or has errors. */
  readonly settings: Settings | null;
  /** Of the configuration, `file:line:col: message` each. */
  readonly configErrors: readonly string[];
  readonly pf: {
    readonly enabled: boolean | null;
    /** Why pf could not be asked. */
    readonly refusal: string | null;
    /** As loaded. */
    readonly rules: readonly MainRule[] | null;
    readonly queues: readonly Queue[] | null;
    /** /etc/pf.conf; null if it cannot be read. */
    readonly source: readonly SourceLine[] | null;
    /** The table of what is never sent to an uplink is there. */
    readonly hasLocalTable: boolean | null;
  };
  readonly interfaces: readonly NamedInterface[] | null;
  readonly sysctls: ReadonlyMap<string, string>;
  /** Of routing table 0. */
  readonly routes: readonly RouteEntry[] | null;
  readonly pings: readonly PingFact[];
  readonly files: ReadonlyMap<string, FileFact | null>;
}

export const linesOf = (machine: Machine, path: string): readonly string[] =>
  (textOf(machine.files.get(path) ?? null) ?? '').split('\n');

/** Interfaces of the configured links. */
export const uplinksOf = (machine: Machine): readonly string[] =>
  machine.settings?.links.map((link) => link.interface) ?? [];

export const localTable = (settings: Settings): string => `${settings.anchor}_local`;

const notForPeople = /^(?:lo|enc|pflog|pfsync|pflow|bridge|svlan|tpmr|veb|vport)\d+$/;

/** Interfaces that could have the LAN behind them: those with an address that no link has. */
export const lansOf = (machine: Machine): readonly NamedInterface[] =>
  (machine.interfaces ?? []).filter(
    (each) =>
      !notForPeople.test(each.name) &&
      !uplinksOf(machine).includes(each.name) &&
      !each.groups.includes('egress') &&
      each.rdomain === 0 &&
      each.addresses.some(({ family, peer }) => family === 'inet' && peer === null),
  );

/** The line in pf.conf that calls the anchor, as it stands there. */
export const anchorLineOf = (machine: Machine): string | null =>
  machine.pf.source?.find(({ rule }) => rule.anchor === machine.settings?.anchor)?.line ?? null;
