/** What the daemon's answers amount to: text or JSON, and an exit status. */
import type { Reply, StreamedReply } from '../wire/control.ts';
import { type Status, WIRE_VERSION } from '../wire/status.ts';
import { type Answer, ask } from './client.ts';
import type { Invocation } from './command.ts';
import { complain, type ExitCode, type Outside } from './outside.ts';
import { printable, renderJson } from './terminal.ts';

/** What an answer that is no status amounts to. */
const conclude = (
  outside: Outside,
  json: boolean,
  reply: Exclude<Reply, StreamedReply | { kind: 'status' | 'metrics' }>,
): ExitCode => {
  if (json) outside.out(renderJson(reply, 2));
  switch (reply.kind) {
    case 'done':
      if (!json && reply.text !== undefined)
        outside.out(
          reply.text
            .split('\n')
            .map((line) => `${printable(line)}\n`)
            .join(''),
        );
      return 0;
    case 'refused':
      if (!json)
        complain(
          outside,
          ['refused, the running configuration stays:', ...reply.errors.map(printable)].join('\n'),
        );
      return 1;
    case 'error':
      return json ? 1 : complain(outside, printable(reply.text));
  }
};

export const finish = (outside: Outside, json: boolean, answer: Answer): ExitCode => {
  if (answer.kind === 'failure') return complain(outside, answer.text);
  const { reply } = answer;
  if (reply.kind === 'status' || reply.kind === 'metrics')
    return complain(outside, `uplinkd sent a ${reply.kind} that nobody asked for`);
  return conclude(outside, json, reply);
};

/** The daemon's status, with `states` if it is to count them, handed to `write`; whatever else it answers is told. */
export const withStatus = async (
  outside: Outside,
  { json, socket }: Pick<Invocation, 'json' | 'socket'>,
  write: (status: Status) => ExitCode,
  { states = false }: { readonly states?: boolean } = {},
): Promise<ExitCode> => {
  const request = { version: WIRE_VERSION, command: 'show' } as const;
  const answer = await ask(socket, states ? { ...request, states } : request, {
    timeoutMs: outside.timeoutMs,
  });
  if (answer.kind === 'failure') return complain(outside, answer.text);
  const { reply } = answer;
  if (reply.kind === 'status') return write(reply.status);
  return reply.kind === 'error'
    ? conclude(outside, json, reply)
    : complain(outside, 'uplinkd sent no status');
};

export const unknownName = (
  outside: Outside,
  what: string,
  name: string,
  known: readonly { name: string }[],
) => complain(outside, `unknown ${what}: ${name}: not ${known.map((each) => each.name).join(', ')}`);
