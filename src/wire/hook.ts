/**
 * What a hook is told, version 1: the document on its standard input, and the same in short in its environment. Both are
 * described in docs/uplinkd.8, HOOKS, which is the contract: a member may be added within a version, none is renamed, removed
 * or given another meaning. Knows nothing of how a hook is run.
 */
import { z } from 'zod';
import { type Note, renderNote } from '../core/note.ts';
import { family, health, reason, rung, type Status, severitySchema, shares } from './status.ts';

export const HOOK_VERSION = 1;

const common = {
  /** Wall clock, milliseconds since 1970. */
  atMs: z.number(),
  severity: severitySchema,
  /** As in the log. */
  text: z.string(),
};

const eventSchema = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('link'),
      ...common,
      link: z.string(),
      family,
      from: health,
      to: health,
      reason,
      /** How long it had been in `from`. */
      lastedMs: z.number(),
    })
    .readonly(),
  z
    .object({
      kind: z.literal('policy'),
      ...common,
      policy: z.string(),
      family,
      /** inet6: only what has its source in this link's prefix6; null: everything else. */
      source: z.string().nullable(),
      from: shares,
      to: shares,
    })
    .readonly(),
  z
    .object({ kind: z.literal('pf'), ...common, what: z.enum(['failed', 'works', 'changed', 'unused']) })
    .readonly(),
]);

export const hookSchema = z
  .object({
    version: z.literal(HOOK_VERSION),
    /** Of all events; a hook is run for one kind at a time. */
    kind: z.enum(['link', 'policy', 'pf']),
    /** Oldest first; of the last 100 at most. */
    events: z.array(eventSchema).readonly(),
    /** Older ones that had to give way. */
    dropped: z.int().nonnegative(),
    /** How things are now, which may be better or worse than the last event says. */
    now: z
      .object({
        paths: z.array(z.object({ link: z.string(), family, health, reason }).readonly()).readonly(),
        policies: z
          .array(
            z.object({ policy: z.string(), family, source: z.string().nullable(), rung, shares }).readonly(),
          )
          .readonly(),
      })
      .readonly(),
  })
  .readonly();

export type HookEvent = z.infer<typeof eventSchema>;
export type HookKind = HookEvent['kind'];
export type HookDocument = z.infer<typeof hookSchema>;
export type HookNow = HookDocument['now'];

const pfEvents: Readonly<Partial<Record<Note['kind'], Extract<HookEvent, { kind: 'pf' }>['what']>>> = {
  'pf-failed': 'failed',
  'pf-recovered': 'works',
  'pf-foreign': 'changed',
  'pf-uncalled': 'unused',
};

/** Null for what nobody needs to be woken for: it is in the log. */
export const hookEventOf = (note: Note, atMs: number): HookEvent | null => {
  const said = { atMs, ...renderNote(note) };
  if (note.kind === 'health') {
    // A path that is on its way back is no news before it is back.
    if (note.to === 'unknown') return null;
    const { link, family: its, from, to, reason: why, lasted } = note;
    return { kind: 'link', ...said, link, family: its, from, to, reason: why, lastedMs: Math.round(lasted) };
  }
  if (note.kind === 'policy') {
    const { policy, family: its, source, from, to } = note;
    return { kind: 'policy', ...said, policy, family: its, source, from, to };
  }
  const what = pfEvents[note.kind];
  return what === undefined ? null : { kind: 'pf', ...said, what };
};

export const hookNowOf = (status: Status): HookNow => ({
  paths: status.links.flatMap(({ name, paths }) =>
    paths.map((path) => ({ link: name, family: path.family, health: path.health, reason: path.reason })),
  ),
  policies: status.policies.flatMap(({ name, families }) =>
    families.map((each) => ({
      policy: name,
      family: each.family,
      source: each.source,
      rung: each.rung,
      shares: each.shares,
    })),
  ),
});

const inWords = (list: z.infer<typeof shares>): string =>
  list.map(({ link, percent }) => `${link} ${Math.round(percent)}%`).join(' ');

const ranks = ['debug', 'info', 'notice', 'warning', 'err'] as const;
const rank = ({ severity }: HookEvent): number => ranks.indexOf(severity);

/** An environment has room for some hundred kilobytes, but a text of this length is no message any more. */
const MAX_TEXT = 16_384;

const ownVariables = (event: HookEvent): Readonly<Record<string, string>> => {
  switch (event.kind) {
    case 'link':
      return {
        UPLINKD_LINK: event.link,
        UPLINKD_FAMILY: event.family,
        UPLINKD_FROM: event.from,
        UPLINKD_TO: event.to,
        UPLINKD_REASON: event.reason,
        UPLINKD_LASTED: String(Math.round(event.lastedMs / 1000)),
      };
    case 'policy':
      return {
        UPLINKD_POLICY: event.policy,
        UPLINKD_FAMILY: event.family,
        UPLINKD_SOURCE: event.source ?? '',
        UPLINKD_FROM: inWords(event.from),
        UPLINKD_TO: inWords(event.to),
      };
    case 'pf':
      return { UPLINKD_WHAT: event.what };
  }
};

/** The last event in variables, and all of them as text: what a script of a few lines needs. */
export const renderHookEnvironment = (document: HookDocument): Readonly<Record<string, string>> => {
  const { kind, events, dropped, now } = document;
  const last = events.at(-1);
  if (last === undefined) return {};
  const worst = events.reduce((most, each) => (rank(each) > rank(most) ? each : most), last);
  const lines = events.map(({ atMs, text }) => `${new Date(atMs).toISOString()} ${text}`);
  const more = dropped === 0 ? [] : [`${dropped} earlier events are in the log`];
  return {
    UPLINKD_VERSION: String(HOOK_VERSION),
    UPLINKD_EVENT: kind,
    UPLINKD_COUNT: String(events.length + dropped),
    UPLINKD_SEVERITY: worst.severity,
    UPLINKD_TEXT: last.text,
    UPLINKD_LOG: [...more, ...lines].join('\n').slice(-MAX_TEXT),
    UPLINKD_NOW: [
      ...now.paths.map((path) => `link ${path.link} ${path.family}: ${path.health} (${path.reason})`),
      ...now.policies.map(
        (each) =>
          `policy ${each.policy} ${each.family}${each.source === null ? '' : ` from ${each.source}`}: ` +
          (each.shares.length === 0 ? 'nothing' : inWords(each.shares)),
      ),
    ]
      .join('\n')
      .slice(0, MAX_TEXT),
    ...ownVariables(last),
  };
};
