/** The file in the state directory, version 1: JSON -> core/memory.ts's Memory, or nothing. Never throws. */
import { z } from 'zod';
import { parseAddress } from '../core/address.ts';
import type { Memory } from '../core/memory.ts';
import { millis } from '../core/time.ts';
import { health, reason } from './status.ts';

// Names and addresses end as words of a pfctl(8) or ifconfig(8) that kills or demotes: what uplinkd.conf could not have named is not ours.
const name = z.string().regex(/^[a-z][a-z0-9_]{0,14}$/);
const group = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,13}[A-Za-z_]$/);
const address = z.string().refine((text) => parseAddress(text) !== null);
const pathKey = z.templateLiteral([name, '/', z.enum(['inet', 'inet6'])]);
const length = z.number().nonnegative().transform(millis);
const book = z.array(z.tuple([health, reason, z.int().nonnegative(), z.number().nonnegative()])).max(100);
const books = z.array(book).min(1).max(31);

const memorySchema = z.object({
  version: z.literal(1),
  /** When this machine was booted, milliseconds since 1970 by the wall clock of that time. */
  bootedAtMs: z.number(),
  /** When it was written, by the wall clock, and how long after the boot. */
  keptAtMs: z.number().default(0),
  uptimeMs: z.number().nonnegative().default(0),
  paths: z.array(
    z.object({
      path: pathKey,
      identity: z.string(),
      health,
      // What evidence says is found anew; only what probes have taught is worth keeping.
      reason: z.enum(['answering', 'probing', 'hold', 'damped', 'probe-loss', 'probe-latency', 'no-route']),
      lasted: length,
      damping: z
        .object({ penalty: z.number().nonnegative(), isSuppressed: z.boolean(), ago: length })
        .default({ penalty: 0, isSuppressed: false, ago: millis(0) }),
    }),
  ),
  left: z
    .array(
      z.object({
        path: pathKey,
        gateway: address,
        address,
        rdomain: z.int().min(0).max(255),
      }),
    )
    .default([]),
  users: z.array(z.object({ path: pathKey, policies: z.array(name) })).default([]),
  pooled: z.array(pathKey).default([]),
  rtables: z.array(z.object({ link: name, rtable: z.int().min(1).max(255) })),
  rdomains: z.array(z.object({ link: name, rdomain: z.int().min(1).max(255) })).default([]),
  rdomainsSeen: z.array(z.int().min(0).max(255)),
  carp: z
    .object({ group, by: z.int().min(1).max(128) })
    .nullable()
    .default(null),
  records: z
    .array(
      z.object({
        path: pathKey,
        transitions: z.array(z.object({ ago: length, from: health, to: health, reason, lasted: length })),
        availability: z.object({ hours: books, hourLeft: length, days: books, dayLeft: length }),
      }),
    )
    // Nothing is decided by them, so nothing else is thrown away because of them.
    .catch([]),
  months: z
    .array(
      z.object({
        link: name,
        months: z
          .array(
            z.object({ month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/), bytes: z.int().nonnegative() }),
          )
          .max(12),
      }),
    )
    .catch([])
    .default([]),
  admin: z.array(z.object({ link: name, mode: z.enum(['drained', 'disabled']) })).default([]),
});

export const parseMemory = (
  text: string,
): {
  readonly memory: Memory;
  readonly bootedAtMs: number;
  readonly keptAtMs: number;
  readonly uptimeMs: number;
} | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = memorySchema.safeParse(value);
  if (!parsed.success) return null;
  const { version: _, bootedAtMs, keptAtMs, uptimeMs, ...memory } = parsed.data;
  return { memory: { age: millis(0), ...memory }, bootedAtMs, keptAtMs, uptimeMs };
};

/** On a line of its own each what a person may want to look at; the records are long. */
export const renderMemory = (
  memory: Memory,
  when: { readonly bootedAtMs: number; readonly keptAtMs: number; readonly uptimeMs: number },
): string => {
  const { age: _, records, ...rest } = memory;
  const lines = records.map((record) => `  ${JSON.stringify(record)}`).join(',\n');
  const head = JSON.stringify({ version: 1, ...when, ...rest }, null, 1).replace(/\n\}$/, '');
  return `${head},\n "records": [${lines === '' ? '' : `\n${lines}\n `}]\n}\n`;
};
