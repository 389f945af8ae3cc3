/**
 * What is worth saying, as a closed union, and the one function that puts it into words. The core never logs: notes are
 * handed out with each turn. The words are those of shared INTERFACE.md, "Log lines": one fact a line, always the same.
 */
import type { CarpRole } from './carp.ts';
import type { AdminMode, Family, Health, PathKey, Reason } from './model.ts';
import { type Millis, renderDuration } from './time.ts';
import type { PfFailure, PfStep, RouteWish } from './transaction.ts';

export type ShareText = readonly { readonly link: string; readonly percent: number }[];

export type Note =
  | {
      readonly kind: 'health';
      readonly link: string;
      readonly family: Family;
      readonly from: Health;
      readonly to: Health;
      readonly reason: Reason;
      /** How long the path had been in `from`. */
      readonly lasted: Millis;
      /** Where probes decided: how many targets answer, of how many. */
      readonly answering: { readonly count: number; readonly of: number } | null;
    }
  /** Good again, but it fell so often that it is held back for `wait`. */
  | { readonly kind: 'damped'; readonly path: PathKey; readonly wait: Millis }
  | {
      readonly kind: 'target-failed';
      readonly path: PathKey;
      readonly target: string;
      readonly complaint: string | null;
    }
  | { readonly kind: 'target-answers'; readonly path: PathKey; readonly target: string }
  /** `from` equals `to` for what was said before a restart. */
  | { readonly kind: 'admin'; readonly link: string; readonly from: AdminMode; readonly to: AdminMode }
  | {
      readonly kind: 'policy';
      readonly policy: string;
      readonly family: Family;
      /** inet6: the link whose prefixes this is about; null: everything else. */
      readonly source: string | null;
      readonly from: ShareText;
      readonly to: ShareText;
      /** Set when the shares are not trusted: `last-resort`, … */
      readonly remark: string | null;
    }
  | { readonly kind: 'pf-loaded'; readonly anchor: string; readonly rules: number; readonly took: Millis }
  | { readonly kind: 'pf-killed'; readonly link: string; readonly count: number; readonly again: boolean }
  | {
      readonly kind: 'pf-failed';
      readonly anchor: string;
      readonly step: PfStep | 'inspect';
      readonly failure: PfFailure;
      readonly retryIn: Millis;
    }
  | { readonly kind: 'pf-recovered'; readonly anchor: string; readonly failures: number }
  | { readonly kind: 'pf-uncalled'; readonly anchor: string }
  | { readonly kind: 'sweep-failed'; readonly text: string; readonly retryIn: Millis }
  | { readonly kind: 'pf-foreign'; readonly differences: readonly string[] }
  | { readonly kind: 'route-set'; readonly wish: RouteWish }
  | { readonly kind: 'route-failed'; readonly wish: RouteWish; readonly text: string }
  | { readonly kind: 'route-warning'; readonly text: string }
  /** Two links that the kernel cannot tell apart: `path` is not used. */
  | {
      readonly kind: 'conflict';
      readonly path: PathKey;
      readonly with: string;
      readonly what: string;
    }
  | { readonly kind: 'probe-ended'; readonly probe: string; readonly how: string; readonly restartIn: Millis }
  | { readonly kind: 'confirm-refused'; readonly text: string }
  | { readonly kind: 'trouble'; readonly source: string; readonly text: string }
  | { readonly kind: 'trouble-over'; readonly source: string }
  | {
      readonly kind: 'carp';
      readonly group: string;
      readonly by: number;
      readonly policies: readonly string[];
    }
  | { readonly kind: 'carp-role'; readonly role: CarpRole }
  | { readonly kind: 'carp-failed'; readonly group: string; readonly text: string; readonly retryIn: Millis }
  /** Idle probes of a metered link have another interval, for the sake of its budget. */
  | {
      readonly kind: 'budget';
      readonly link: string;
      readonly interval: Millis;
      readonly isStretched: boolean;
      readonly month: string;
      readonly used: number;
      readonly budget: number;
    }
  | { readonly kind: 'late'; readonly by: Millis }
  | { readonly kind: 'no-rtable-left'; readonly link: string };

/** syslog(3)'s words; as in port/log.ts, which the core does not know. */
export type NoteSeverity = 'debug' | 'info' | 'notice' | 'warning' | 'err';

const path = (key: PathKey): string => key.replace('/', ' ');

const shares = (list: ShareText): string =>
  list.length === 0 ? 'nothing' : list.map(({ link, percent }) => `${link} ${percent}%`).join(' ');

/** `12.3M`, in millions of bytes. */
export const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)}M`;

const kept = (note: Note & { kind: 'health' }): string => {
  const { answering } = note;
  const targets = answering === null ? '' : `, ${answering.count}/${answering.of} targets answer`;
  return `${targets}, ${note.from} for ${renderDuration(note.lasted)}`;
};

/** Steps that cannot have changed the anchor: pfctl commits all or nothing. */
const isUnloaded = (step: PfStep | 'inspect'): boolean =>
  step === 'check' || step === 'load' || step === 'inspect';

const routeText = (wish: RouteWish): string => {
  switch (wish.kind) {
    case 'path':
      return `link ${path(wish.id)}: default route of rtable ${wish.rtable} is ${wish.gateway}`;
    case 'own':
      return `default route of rtable 0 ${wish.family}: ${wish.gateways.length === 0 ? 'none' : wish.gateways.join(' ')}`;
    case 'captured':
      return `default route of dhcpleased taken out of rtable 0: ${wish.interfaces.join(' ')}`;
  }
};

const routeTrouble = (wish: RouteWish): string => {
  switch (wish.kind) {
    case 'path':
      return `link ${path(wish.id)}: cannot set the default route of rtable ${wish.rtable}`;
    case 'own':
      return `cannot set the default route of rtable 0 ${wish.family}`;
    case 'captured':
      return 'cannot take the default route of dhcpleased out of rtable 0';
  }
};

const severityOf = (note: Note): NoteSeverity => {
  switch (note.kind) {
    case 'health':
      if (note.to === 'down') return note.reason === 'admin' ? 'notice' : 'warning';
      return note.to === 'up' ? 'notice' : 'info';
    case 'policy':
      return note.to.length === 0 || note.remark !== null ? 'warning' : 'notice';
    case 'carp':
      return note.by > 0 ? 'warning' : 'notice';
    case 'carp-role':
      return 'notice';
    case 'carp-failed':
    case 'pf-failed':
    case 'pf-uncalled':
    case 'no-rtable-left':
      return 'err';
    case 'pf-foreign':
    case 'sweep-failed':
    case 'target-failed':
    case 'route-failed':
    case 'route-warning':
    case 'conflict':
    case 'confirm-refused':
    case 'trouble':
      return 'warning';
    case 'pf-killed':
      return note.count === 0 ? 'debug' : 'info';
    case 'admin':
    case 'damped':
      return 'notice';
    case 'pf-loaded':
    case 'pf-recovered':
    case 'target-answers':
    case 'trouble-over':
    case 'late':
    case 'budget':
      return 'info';
    case 'route-set':
      return note.wish.kind === 'own' ? 'info' : 'debug';
    case 'probe-ended':
      return 'debug';
  }
};

const textOf = (note: Note): string => {
  switch (note.kind) {
    case 'health':
      return `link ${note.link} ${note.family}: ${note.from} -> ${note.to} (${note.reason})${kept(note)}`;
    case 'damped':
      return `link ${path(note.path)}: damped for ${renderDuration(note.wait)}, it fell too often`;
    case 'target-failed':
      return `link ${path(note.path)}: target ${note.target} does not answer${note.complaint === null ? '' : ` (${note.complaint})`}`;
    case 'target-answers':
      return `link ${path(note.path)}: target ${note.target} answers`;
    case 'admin':
      return `link ${note.link}: ${note.from === note.to ? `still ${note.to}` : `${note.from} -> ${note.to}`} (admin)`;
    case 'policy':
      return `policy ${note.policy} ${note.family}${note.source === null ? '' : ` from ${note.source}`}: ${shares(note.from)} -> ${shares(note.to)}${note.remark === null ? '' : ` (${note.remark})`}`;
    case 'pf-loaded':
      return `pf: anchor ${note.anchor} loaded, ${note.rules} rules, ${Math.round(note.took)} ms`;
    case 'pf-killed':
      return `pf: killed ${note.count} states of ${note.link}${note.again ? ' (stragglers)' : ''}`;
    case 'pf-failed': {
      const { line, rule, text } = note.failure;
      const place = line === null ? '' : `, line ${line}${rule === null ? '' : ` "${rule}"`}`;
      return `pf: anchor ${note.anchor}: ${note.step} failed: ${text}${place}${isUnloaded(note.step) ? '; the rules stay as they are' : ''}; again in ${renderDuration(note.retryIn)}`;
    }
    case 'pf-recovered':
      return `pf: anchor ${note.anchor}: works again after ${note.failures === 1 ? 'a failure' : `${note.failures} failures`}`;
    case 'pf-uncalled':
      return `pf: the main rule set does not use the anchor; add the line to pf.conf: anchor "${note.anchor}"`;
    case 'sweep-failed':
      return `pf: cannot look for states on dead links: ${note.text}; again in ${renderDuration(note.retryIn)}`;
    case 'pf-foreign':
      return `pf: changed by somebody else, putting it back: ${note.differences.join('; ')}`;
    case 'route-set':
      return routeText(note.wish);
    case 'route-failed':
      return `${routeTrouble(note.wish)}: ${note.text}`;
    case 'route-warning':
      return note.text;
    case 'conflict':
      return (
        `link ${path(note.path)}: not used: link ${note.with} has ${note.what} as well, and the kernel cannot tell them ` +
        'apart; give it a routing domain of its own (see RDOMAINS in uplinkd.conf(5))'
      );
    case 'probe-ended':
      return `probe ${note.probe}: ended (${note.how}), again in ${renderDuration(note.restartIn)}`;
    case 'confirm-refused':
      return `probes: cannot confirm losses quickly: ${note.text}; a silent link is down after \`fall\` losses`;
    case 'trouble':
      return note.text;
    case 'trouble-over':
      return `${note.source}: works again`;
    case 'carp':
      return note.by > 0
        ? `carp: group ${note.group} demoted by ${note.by}: no link to trust for policy ${note.policies.join(', ')}`
        : `carp: group ${note.group} no longer demoted`;
    case 'carp-role':
      return note.role === 'backup' ? 'carp: backup: no states are killed, no hook is run' : 'carp: master';
    case 'carp-failed':
      return `carp: cannot change the demote counter of ${note.group}: ${note.text}; again in ${renderDuration(note.retryIn)}`;
    case 'budget': {
      const often = `link ${note.link}: probed every ${renderDuration(note.interval)} while idle`;
      const used = `${megabytes(note.used)} of ${megabytes(note.budget)} used in ${note.month}`;
      return note.isStretched ? `${often}, to keep its budget: ${used}` : `${often} again: ${used}`;
    }
    case 'late':
      return `late by ${renderDuration(note.by)}: probes of that time do not count`;
    case 'no-rtable-left':
      return `link ${note.link}: no routing table number left for it`;
  }
};

/** A note as a log line: its severity and its text, one line. */
export const renderNote = (note: Note): { readonly severity: NoteSeverity; readonly text: string } => ({
  severity: severityOf(note),
  text: textOf(note),
});
