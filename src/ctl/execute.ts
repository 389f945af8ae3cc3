/**
 * Carries out one command line, and says how the program exits. The process itself (streams, argv, exit) is main.ts's.
 */
import { readConfigFile } from '../adapter/config-file.ts';
import { WIRE_VERSION } from '../wire/status.ts';
import { finish } from './answer.ts';
import { ask } from './client.ts';
import type { CommandLine } from './command.ts';
import { complain, type ExitCode, type Outside, paintOf } from './outside.ts';
import { exec, explain, metrics, show } from './run-status.ts';
import { monitor, probe, probeFromHere } from './run-stream.ts';
import { renderAnchorComment } from './show.ts';
import { printable, renderJson } from './terminal.ts';

const render = async (
  outside: Outside,
  json: boolean,
  { file, sets }: { readonly file: string; readonly sets: readonly string[] },
): Promise<ExitCode> => {
  const read = readConfigFile(file);
  if (read.kind === 'unread') return complain(outside, `cannot read ${file}: ${read.why}`);
  // Loaded here alone: the readers of the configuration would only slow the other commands down.
  const { renderAnchor } = await import('./render.ts');
  const rendered = renderAnchor(read.bytes, file, sets);
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
