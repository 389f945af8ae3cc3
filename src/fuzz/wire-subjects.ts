/** The readers of src/wire: requests, replies, the rings on disk, what hooks are told; the memory file is in memory-subject.ts. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { mono } from '../core/time.ts';
import { createRandom } from '../emulator/random.ts';
import { parseReply, parseRequest } from '../wire/control.ts';
import { hookSchema, renderHookEnvironment } from '../wire/hook.ts';
import { emptyStore, restoreSeries, stepSeries } from '../wire/series.ts';
import { parseSeriesFile, renderSeriesFile } from '../wire/series-file.ts';
import { statusSchema } from '../wire/status.ts';
import { samples } from './sample.ts';
import { type Subject, shapeOf, type Verdict } from './subject.ts';

/** What an error may be: one line for people, no control characters, bounded. */
const complainOfText = (text: string): string | null =>
  text.length > 400 || /\p{Cc}/u.test(text) ? `message: ${JSON.stringify(text.slice(0, 200))}` : null;

const schemaOf = (schema: z.ZodType): unknown =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });

export const statusSamples = (number: number): readonly unknown[] =>
  samples(schemaOf(statusSchema), createRandom(1), number);

export const REQUESTS: readonly unknown[] = [
  { version: 1, command: 'show' },
  { version: 1, command: 'show', states: true },
  { version: 1, command: 'metrics' },
  { version: 1, command: 'monitor' },
  { version: 1, command: 'reload' },
  { version: 1, command: 'admin', link: 'fibre', mode: 'drained' },
  { version: 1, command: 'probe', link: 'fibre', count: 3 },
  { version: 1, command: 'log', level: 'verbose' },
  { version: 2, command: 'show' },
];

const replies = (): readonly unknown[] => [
  ...statusSamples(6).map((status) => ({ kind: 'status', status })),
  { kind: 'event', atMs: 1_795_000_000_000, severity: 'notice', text: 'link fibre inet: up -> down' },
  {
    kind: 'ping',
    link: 'a',
    family: 'inet',
    target: 'gateway',
    address: null,
    seq: 0,
    outcome: 'lost',
    rttMs: null,
    why: null,
  },
  { kind: 'metrics', text: 'x 1\n' },
  { kind: 'done' },
  { kind: 'refused', errors: ['uplinkd.conf:1:1: what'] },
  { kind: 'error', text: 'no' },
];

/** JSON of what follows is read by `read`; what is no JSON is nobody's. */
const json = (name: string, seeds: readonly unknown[], judge: (value: unknown) => Verdict): Subject => ({
  name,
  seeds: seeds.map((seed) => JSON.stringify(seed)),
  judge: (input) => {
    let value: unknown;
    try {
      value = JSON.parse(input);
    } catch {
      return { complaint: null, shape: 'no JSON' };
    }
    return judge(value);
  },
});

/** JSON has a -0 that is written as 0. */
const again = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const request = json('control-request', REQUESTS, (value) => {
  const parsed = parseRequest(value);
  if (parsed.kind !== 'request')
    return { complaint: complainOfText(parsed.text), shape: parsed.text.replace(/\d+/g, '') };
  const isSame = isDeepStrictEqual(parseRequest(again(parsed.request)), parsed);
  return { complaint: isSame ? null : 'print: reads otherwise', shape: shapeOf(value) };
});

const reply = json('control-reply', replies(), (value) => {
  const parsed = parseReply(value);
  if (parsed.kind !== 'reply')
    return { complaint: complainOfText(parsed.text), shape: parsed.text.replace(/\d+/g, '') };
  const isSame = isDeepStrictEqual(again(parseReply(again(parsed.reply))), again(parsed));
  return { complaint: isSame ? null : 'print: reads otherwise', shape: shapeOf(value) };
});

/** Of instants that a Date can hold: ours come from a clock. */
const LAST_INSTANT = 8.64e15;

const hook = json('hook', samples(schemaOf(hookSchema), createRandom(2), 12), (value) => {
  const { success, data } = hookSchema.safeParse(value);
  if (!success || data.events.some(({ atMs }) => Math.abs(atMs) > LAST_INSTANT))
    return { complaint: null, shape: String(success) };
  const environment = renderHookEnvironment(data);
  const names = Object.keys(environment).find((name) => !/^UPLINKD_[A-Z_]+$/.test(name));
  return { complaint: names === undefined ? null : `name: ${names}`, shape: shapeOf(data) };
});

const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
const textOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** FNV-1a over all but the last four bytes, which are replaced: else nothing but the checksum would ever be tried. */
const withChecksum = (bytes: Uint8Array): Uint8Array => {
  const end = Math.max(0, bytes.length - 4);
  let hash = 0x811c9dc5;
  for (const byte of bytes.subarray(0, end)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const whole = Uint8Array.from(bytes);
  if (end > 0) new DataView(whole.buffer).setUint32(end, hash, true);
  return whole;
};

const START = 1_795_000_000_000;
const measured = [0, 15_000, 400_000].reduce(
  (store, ms) =>
    stepSeries(
      store,
      [{ key: 'a/inet 9.9.9.9', sent: 10, lost: 1, rttsMs: [9, 10, 400] }],
      START + ms,
      mono(ms),
    ),
  emptyStore,
);

const seriesFile: Subject = {
  name: 'series-file',
  seeds: [textOf(renderSeriesFile(measured)), textOf(renderSeriesFile(emptyStore))],
  judge: (input) => {
    const given = bytesOf(input);
    const plain = parseSeriesFile(given);
    const kept = plain ?? parseSeriesFile(withChecksum(given));
    if (kept === null) return { complaint: null, shape: 'nothing' };
    const store = restoreSeries(kept, mono(0));
    // a broken key is longer when it is written again, and then left out
    const isText = kept.every(({ key }) => !key.includes('\ufffd'));
    const isSame = isDeepStrictEqual(parseSeriesFile(renderSeriesFile(store)), kept);
    const later = stepSeries(
      store,
      [{ key: 'b/inet 1.1.1.1', sent: 1, lost: 0, rttsMs: [1] }],
      START,
      mono(1000),
    );
    const bins = later.series.flatMap(({ rings }) => rings.map((ring) => ring.bins.length));
    const complaint =
      isText && !isSame
        ? 'print: reads otherwise'
        : Math.max(0, ...bins) > 250
          ? `unbounded: ${Math.max(...bins)} bins`
          : null;
    return {
      complaint,
      shape: `${kept.length} ${kept.map(({ rings }) => rings.map((ring) => ring.length).join()).join(' ')}`,
    };
  },
};

export const wireSubjects = (): readonly Subject[] => [request, reply, hook, seriesFile];
