/** The file in the state directory, version 1: JSON -> core/memory.ts's Memory, or nothing. Never throws. */
import { z } from 'zod';
import type { Memory } from '../core/memory.ts';
import { millis } from '../core/time.ts';

const memorySchema = z.object({
  version: z.literal(1),
  /** When this machine was booted, milliseconds since 1970 by the wall clock of that time. */
  bootedAtMs: z.number(),
  paths: z.array(
    z.object({
      path: z.templateLiteral([z.string(), '/', z.enum(['inet', 'inet6'])]),
      identity: z.string(),
      health: z.enum(['unknown', 'up', 'degraded', 'down']),
      // What evidence says is found anew; only what probes have taught is worth keeping.
      reason: z.enum(['answering', 'probing', 'hold', 'probe-loss', 'probe-latency', 'no-route']),
      lasted: z.number().nonnegative().transform(millis),
    }),
  ),
  rtables: z.array(z.object({ link: z.string(), rtable: z.int().min(1).max(255) })),
  rdomains: z.array(z.object({ link: z.string(), rdomain: z.int().min(1).max(255) })).default([]),
  rdomainsSeen: z.array(z.int().min(0).max(255)),
  carp: z
    .object({ group: z.string(), by: z.int().min(1).max(128) })
    .nullable()
    .default(null),
  admin: z.array(z.object({ link: z.string(), mode: z.enum(['drained', 'disabled']) })).default([]),
});

export const parseMemory = (
  text: string,
): { readonly memory: Memory; readonly bootedAtMs: number } | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = memorySchema.safeParse(value);
  if (!parsed.success) return null;
  const { bootedAtMs, paths, rtables, rdomains, rdomainsSeen, carp, admin } = parsed.data;
  return { memory: { paths, rtables, rdomains, rdomainsSeen, carp, admin }, bootedAtMs };
};

export const renderMemory = (memory: Memory, bootedAtMs: number): string =>
  `${JSON.stringify({ version: 1, bootedAtMs, ...memory }, null, 1)}\n`;
