/**
 * The control protocol between uplinkd and uplinkctl: one JSON value a line, both ways, over a UNIX stream socket.
 * One request a connection; the daemon answers and closes, except for `monitor`, which sends events until either
 * side closes. Readers here judge values, not bytes: framing is the socket's business. They never throw.
 */
import { z } from 'zod';
import type { AdminMode } from '../core/model.ts';
import { severitySchema, statusSchema, WIRE_VERSION, type Words } from './status.ts';

const version = z.literal(WIRE_VERSION);

/** Of one `probe` to each target. */
export const MOST_PINGS = 100;

const requestSchema = z.discriminatedUnion('command', [
  /** `states`: pf states are counted as well, which makes pfctl list all of them. */
  z.strictObject({ version, command: z.literal('show'), states: z.boolean().exactOptional() }).readonly(),
  /** Answered by `metrics`. */
  z.strictObject({ version, command: z.literal('metrics') }).readonly(),
  z.strictObject({ version, command: z.literal('monitor') }).readonly(),
  z.strictObject({ version, command: z.literal('reload') }).readonly(),
  z
    .strictObject({
      version,
      command: z.literal('admin'),
      link: z.string(),
      mode: z.enum({
        enabled: 'enabled',
        drained: 'drained',
        disabled: 'disabled',
      } satisfies Words<AdminMode>),
    })
    .readonly(),
  /** `count` pings to each target of the link, now; answered by `ping` replies and then `done`. */
  z
    .strictObject({
      version,
      command: z.literal('probe'),
      link: z.string(),
      count: z.int().min(1).max(MOST_PINGS),
    })
    .readonly(),
  z.strictObject({ version, command: z.literal('log'), level: z.enum(['brief', 'verbose']) }).readonly(),
]);

export type Request = z.infer<typeof requestSchema>;

export const replySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('status'), status: statusSchema }).readonly(),
  /** The figures, in Prometheus' text format. */
  z.object({ kind: z.literal('metrics'), text: z.string() }).readonly(),
  /** To `monitor`, one a change. `atMs`: wall clock, milliseconds since 1970. */
  z
    .object({ kind: z.literal('event'), atMs: z.number(), severity: severitySchema, text: z.string() })
    .readonly(),
  /** To `probe`, one for each request when its outcome is known. */
  z
    .object({
      kind: z.literal('ping'),
      link: z.string(),
      family: z.enum(['inet', 'inet6']),
      /** `gateway` or an address as configured; null, as `address`: there is nothing to ping by, see `why`. */
      target: z.string().nullable(),
      address: z.string().nullable(),
      seq: z.int().nonnegative(),
      outcome: z.enum(['answered', 'lost', 'not-sent']),
      rttMs: z.number().nullable(),
      why: z.string().nullable(),
    })
    .readonly(),
  z.object({ kind: z.literal('done'), text: z.string().exactOptional() }).readonly(),
  /** To `reload` with a bad file: its errors, `file:line:col: message` each. The running settings stay. */
  z.object({ kind: z.literal('refused'), errors: z.array(z.string()).readonly() }).readonly(),
  z.object({ kind: z.literal('error'), text: z.string() }).readonly(),
]);

export type Reply = z.infer<typeof replySchema>;
export type EventReply = Extract<Reply, { kind: 'event' }>;
export type PingReply = Extract<Reply, { kind: 'ping' }>;
/** Replies of which there may be many to one request. */
export type StreamedReply = EventReply | PingReply;

/** Why a value is no message. `text` fits an `error` reply and an error message as it is. */
export type Refusal =
  | { readonly kind: 'other-version'; readonly text: string }
  | { readonly kind: 'malformed'; readonly text: string };

export type ParsedRequest = { readonly kind: 'request'; readonly request: Request } | Refusal;
export type ParsedReply = { readonly kind: 'reply'; readonly reply: Reply } | Refusal;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** `links.0.carrier: Invalid option…`: the first complaint only; one line, bounded, nothing a terminal obeys. */
const firstIssue = (error: z.ZodError): string => {
  const issue = error.issues[0];
  if (issue === undefined) return 'not understood';
  const where = issue.path.map(String).join('.');
  return (where === '' ? issue.message : `${where}: ${issue.message}`)
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 200);
};

/**
 * Reads one request, as JSON.parse left it. A request of another version is told apart, so that the error can name
 * both versions and nobody looks for a typing mistake.
 */
export const parseRequest = (value: unknown): ParsedRequest => {
  const theirs = field(value, 'version');
  if (typeof theirs === 'number' && theirs !== WIRE_VERSION)
    return {
      kind: 'other-version',
      text: `uplinkd speaks version ${WIRE_VERSION} of the control protocol, the request is of version ${theirs}`,
    };
  const parsed = requestSchema.safeParse(value);
  return parsed.success
    ? { kind: 'request', request: parsed.data }
    : { kind: 'malformed', text: `malformed request: ${firstIssue(parsed.error)}` };
};

/** Reads one reply, as JSON.parse left it. */
export const parseReply = (value: unknown): ParsedReply => {
  const theirs = field(field(value, 'status'), 'version');
  if (field(value, 'kind') === 'status' && typeof theirs === 'number' && theirs !== WIRE_VERSION)
    return {
      kind: 'other-version',
      text: `uplinkctl reads version ${WIRE_VERSION} of the status document, uplinkd sent version ${theirs}`,
    };
  const parsed = replySchema.safeParse(value);
  return parsed.success
    ? { kind: 'reply', reply: parsed.data }
    : { kind: 'malformed', text: `malformed reply: ${firstIssue(parsed.error)}` };
};
