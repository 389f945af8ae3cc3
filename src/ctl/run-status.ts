/** Commands that look at the status of the daemon: `show`, `explain`, `exec`. */
import { WIRE_VERSION } from '../wire/status.ts';
import { finish, unknownName, withStatus } from './answer.ts';
import type { View } from './argument.ts';
import { ask } from './client.ts';
import type { Invocation } from './command.ts';
import { type Exec, planExec } from './exec.ts';
import { renderExplanation, selectPolicy } from './explain.ts';
import { complain, type ExitCode, type Outside, paintOf } from './outside.ts';
import { renderView, selectView, withOnlyLink } from './show.ts';
import { printable, renderJson } from './terminal.ts';

/** They are dear, so they are only counted where they are shown. */
const needsStates = (view: View, json: boolean): boolean => view === 'links' || (json && view === 'summary');

export const show = (
  outside: Outside,
  { json, socket }: Pick<Invocation, 'json' | 'socket'>,
  view: View,
  link: string | null,
): Promise<ExitCode> =>
  withStatus(
    outside,
    { json, socket },
    (whole) => {
      const status = link === null ? whole : withOnlyLink(whole, link);
      if (status === null) return unknownName(outside, 'link', link ?? '', whole.links);
      outside.out(
        json
          ? renderJson(selectView(view, status), 2)
          : renderView(view, whole, paintOf(outside), outside.columns, link),
      );
      return 0;
    },
    { states: needsStates(view, json) },
  );

export const metrics = async (outside: Outside, { json, socket }: Invocation): Promise<ExitCode> => {
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

export const explain = (outside: Outside, invocation: Invocation, name: string): Promise<ExitCode> =>
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

export const exec = async (
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
