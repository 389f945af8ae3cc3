/** Commands that write each answer as it comes: `monitor`, `probe`. */
import { WIRE_VERSION } from '../wire/status.ts';
import { finish } from './answer.ts';
import { ask } from './client.ts';
import type { Invocation } from './command.ts';
import { type ExitCode, type Outside, paintOf } from './outside.ts';
import { haveAllAnswered, type Ping, renderPing, renderPingSummaries, summarizePings } from './pings.ts';
import { renderEntry } from './show-history.ts';
import { renderJson } from './terminal.ts';

export const monitor = async (outside: Outside, { json, socket }: Invocation): Promise<ExitCode> => {
  const paint = paintOf(outside);
  const answer = await ask(
    socket,
    { version: WIRE_VERSION, command: 'monitor' },
    {
      timeoutMs: outside.timeoutMs,
      onEvent: (reply) => {
        if (reply.kind !== 'event') return;
        const { atMs, severity, text } = reply;
        const entry = { atMs, severity, text };
        outside.out(json ? renderJson(entry, 0) : renderEntry(entry, paint, outside.columns));
      },
    },
  );
  return finish(outside, json, answer);
};

/** A reply may take as long as all of its requests, and their timeouts. */
export const probe = async (
  outside: Outside,
  { json, socket }: Invocation,
  { link, count }: { readonly link: string; readonly count: number },
): Promise<ExitCode> => {
  const paint = paintOf(outside);
  const pings: Ping[] = [];
  const answer = await ask(
    socket,
    { version: WIRE_VERSION, command: 'probe', link, count },
    {
      timeoutMs: outside.timeoutMs,
      onEvent: (reply) => {
        if (reply.kind !== 'ping') return;
        const { kind: _, ...ping } = reply;
        pings.push(ping);
        outside.out(json ? renderJson(ping, 0) : renderPing(ping, paint));
      },
    },
  );
  if (answer.kind === 'failure' || answer.reply.kind !== 'done') return finish(outside, json, answer);
  return concludePings(outside, json, pings);
};

const concludePings = (outside: Outside, json: boolean, pings: readonly Ping[]): ExitCode => {
  const summaries = summarizePings(pings);
  if (!json && summaries.length > 0) outside.out(`\n${renderPingSummaries(summaries, paintOf(outside))}`);
  return haveAllAnswered(pings) ? 0 : 1;
};

export const probeFromHere = async (
  outside: Outside,
  { json }: Invocation,
  { targets, count }: { readonly targets: readonly string[]; readonly count: number },
): Promise<ExitCode> => {
  const { pingerOf, probeTargets } = await import('./probe-target.ts');
  const paint = paintOf(outside);
  const pings = await probeTargets(pingerOf(process.platform, null), targets, count, (ping) =>
    outside.out(json ? renderJson(ping, 0) : renderPing(ping, paint)),
  );
  return concludePings(outside, json, pings);
};
