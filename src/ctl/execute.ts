/**
 * Carries out one command line: asks the daemon or renders, writes, and says how the program exits. The process
 * itself (streams, argv, exit) is main.ts's.
 */
import { readFileSync } from 'node:fs';
import type { Reply, StreamedReply } from '../wire/control.ts';
import { type Status, WIRE_VERSION } from '../wire/status.ts';
import { type Answer, ask } from './client.ts';
import type { CommandLine, Invocation, View } from './command.ts';
import { type Exec, planExec } from './exec.ts';
import { renderExplanation, selectPolicy } from './explain.ts';
import { haveAllAnswered, type Ping, renderPing, renderPingSummaries, summarizePings } from './pings.ts';
import { renderAnchorComment, renderEntry, renderView, selectView, withOnlyLink } from './show.ts';
import { inColour, type Paint, plain, printable, renderJson } from './terminal.ts';

/** 0 done, 1 failed, 2 usage; of `exec` that of the command. */
export type ExitCode = number;

export interface Outside {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly isColoured: boolean;
  /** For anything but `monitor`. */
  readonly timeoutMs: number;
  /** Runs a program to its end, on our own terminal; its exit status. */
  readonly run: (path: string, args: readonly string[]) => Promise<ExitCode>;
}

/** Control characters are made visible, line by line: some of the text comes from elsewhere. */
const complain = (outside: Outside, text: string): ExitCode => {
  outside.err(`uplinkctl: ${text.split('\n').map(printable).join('\n')}\n`);
  return 1;
};

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

const finish = (outside: Outside, json: boolean, answer: Answer): ExitCode => {
  if (answer.kind === 'failure') return complain(outside, answer.text);
  const { reply } = answer;
  if (reply.kind === 'status' || reply.kind === 'metrics')
    return complain(outside, `uplinkd sent a ${reply.kind} that nobody asked for`);
  return conclude(outside, json, reply);
};

/** The daemon's status, handed to `write`; whatever else it answers is told. */
const withStatus = async (
  outside: Outside,
  { json, socket }: Invocation,
  write: (status: Status) => ExitCode,
): Promise<ExitCode> => {
  const answer = await ask(
    socket,
    { version: WIRE_VERSION, command: 'show' },
    { timeoutMs: outside.timeoutMs },
  );
  if (answer.kind === 'failure') return complain(outside, answer.text);
  const { reply } = answer;
  if (reply.kind === 'status') return write(reply.status);
  return reply.kind === 'error'
    ? conclude(outside, json, reply)
    : complain(outside, 'uplinkd sent no status');
};

const unknownName = (outside: Outside, what: string, name: string, known: readonly { name: string }[]) =>
  complain(outside, `unknown ${what}: ${name}: not ${known.map((each) => each.name).join(', ')}`);

const paintOf = (outside: Outside): Paint => (outside.isColoured ? inColour : plain);

const show = (outside: Outside, invocation: Invocation, view: View, link: string | null): Promise<ExitCode> =>
  withStatus(outside, invocation, (whole) => {
    const status = link === null ? whole : withOnlyLink(whole, link);
    if (status === null) return unknownName(outside, 'link', link ?? '', whole.links);
    outside.out(
      invocation.json ? renderJson(selectView(view, status), 2) : renderView(view, status, paintOf(outside)),
    );
    return 0;
  });

const metrics = async (outside: Outside, { json, socket }: Invocation): Promise<ExitCode> => {
  const request = { version: WIRE_VERSION, command: 'metrics' } as const;
  const answer = await ask(socket, request, { timeoutMs: outside.timeoutMs });
  if (answer.kind === 'failure' || answer.reply.kind !== 'metrics') return finish(outside, json, answer);
  const { text } = answer.reply;
  outside.out(
    json
      ? renderJson({ version: WIRE_VERSION, metrics: text }, 2)
      : text.split('\n').map(printable).join('\n'),
  );
  return 0;
};

const explain = (outside: Outside, invocation: Invocation, name: string): Promise<ExitCode> =>
  withStatus(outside, invocation, (status) => {
    const policy = status.policies.find((each) => each.name === name);
    if (policy === undefined) return unknownName(outside, 'policy', name, status.policies);
    outside.out(
      invocation.json
        ? renderJson(selectPolicy(status, policy), 2)
        : renderExplanation(status, policy, paintOf(outside)),
    );
    return 0;
  });

const exec = async (
  outside: Outside,
  invocation: Invocation,
  { link, argv }: { readonly link: string; readonly argv: readonly string[] },
): Promise<ExitCode> => {
  let plan: Exec | null = null;
  const code = await withStatus(outside, invocation, (status) => {
    plan = planExec(status, link, argv);
    return plan.kind === 'refused' ? complain(outside, plan.text) : 0;
  });
  const planned = plan as Exec | null;
  return planned?.kind === 'run' ? outside.run(planned.path, planned.args) : code;
};

const monitor = async (outside: Outside, { json, socket }: Invocation): Promise<ExitCode> => {
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
        outside.out(json ? renderJson(entry, 0) : renderEntry(entry, paint));
      },
    },
  );
  return finish(outside, json, answer);
};

/** A reply may take as long as all of its requests, and their timeouts. */
const probe = async (
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

const probeFromHere = async (
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

const render = async (
  outside: Outside,
  json: boolean,
  { file, sets }: { readonly file: string; readonly sets: readonly string[] },
): Promise<ExitCode> => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return complain(outside, `cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
  // Loaded here alone: the readers of the configuration would only slow the other commands down.
  const { renderAnchor } = await import('./render.ts');
  const rendered = renderAnchor(text, file, sets);
  if (rendered.kind === 'bad-set') return complain(outside, rendered.text);
  if (rendered.kind === 'bad-config') {
    // As uplinkd -n has it, so that editors find the place.
    outside.err(rendered.errors.map((error) => `${printable(error)}\n`).join(''));
    return 1;
  }
  const { anchor, rules, pools } = rendered;
  const more = pools.flatMap((pool) => [renderAnchorComment(pool.anchor), ...pool.rules]);
  outside.out(
    json
      ? renderJson({ version: WIRE_VERSION, anchor, rules, pools }, 2)
      : [...rules, ...more].map((line) => `${line}\n`).join(''),
  );
  return 0;
};

/** Never rejects. */
export const execute = async (line: CommandLine, outside: Outside): Promise<ExitCode> => {
  if (line.kind === 'usage') {
    complain(outside, line.text);
    return 2;
  }
  const { command, json, socket } = line;
  const { timeoutMs } = outside;
  switch (command.kind) {
    case 'show':
      return show(outside, line, command.view, command.link);
    case 'metrics':
      return metrics(outside, line);
    case 'explain':
      return explain(outside, line, command.policy);
    case 'exec':
      return exec(outside, line, command);
    case 'admin': {
      const request = {
        version: WIRE_VERSION,
        command: 'admin',
        link: command.link,
        mode: command.mode,
      } as const;
      return finish(outside, json, await ask(socket, request, { timeoutMs }));
    }
    case 'monitor':
      return monitor(outside, line);
    case 'probe':
      return probe(outside, line, command);
    case 'probe-targets':
      return probeFromHere(outside, line, command);
    case 'reload':
      return finish(
        outside,
        json,
        await ask(socket, { version: WIRE_VERSION, command: 'reload' }, { timeoutMs }),
      );
    case 'log': {
      const request = { version: WIRE_VERSION, command: 'log', level: command.level } as const;
      return finish(outside, json, await ask(socket, request, { timeoutMs }));
    }
    case 'check': {
      // Loaded here alone, as below.
      const { examine } = await import('./doctor.ts');
      const place = { ...command.place, socket };
      const { text, isSound } = await examine(place, json, paintOf(outside));
      outside.out(text);
      return isSound ? 0 : 1;
    }
    case 'init': {
      const { init } = await import('./init.ts');
      const { kind, text } = await init(command.place, json);
      if (kind === 'failed') return complain(outside, text);
      outside.out(text);
      return 0;
    }
    case 'render':
      return render(outside, json, command);
  }
};
