/**
 * The router of the transcripts (vio1 LAN, vio2 and vio3 uplinks, vio0 apart in rdomain 127) in virtual time, and its commands run to their
 * end in one call.
 */
import type { VirtualClock } from '../../src/emulator/clock.ts';
import { createVirtualClock } from '../../src/emulator/clock.ts';
import type { Router } from '../../src/emulator/router.ts';
import { createRouter } from '../../src/emulator/router.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import { startProgram } from '../../src/emulator/run.ts';

export interface Ran {
  /** Null: it has not ended after the time it was given. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Machine {
  readonly clock: VirtualClock;
  readonly router: Router;
  /** Runs a command line, split at blanks; single quotes keep words together. */
  run(line: string, stdin?: string, forMs?: number): Ran;
  /** The same, with signals on the way, each so long after the start: an endless command is ended by SIGINT. */
  runWithSignals(line: string, signals: readonly { readonly atMs: number; readonly signal: string }[]): Ran;
  /** The same by a user who is not root. */
  runAsUser(line: string, stdin?: string): Ran;
  /** Loads a rule set, throws what pfctl said if it is refused. `anchor` empty: the main one. */
  load(anchor: string, rules: string): void;
}

const split = (line: string): string[] =>
  (line.match(/'[^']*'|[^ ]+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, '$1'));

export const createMachine = (options: Partial<RouterOptions> = {}): Machine => {
  const clock = createVirtualClock();
  const router = createRouter({
    clock,
    seed: 7,
    lan: { interface: 'vio1', address: '10.0.0.1/24' },
    interfaces: [{ name: 'vio0', rdomain: 127, addresses: ['10.0.2.15/24'], lladdr: '52:54:00:00:00:01' }],
    loopbacks: [127],
    uplinks: [
      { name: 'a', interface: 'vio2', address: '192.0.2.2/24', gateway: '192.0.2.1' },
      { name: 'b', interface: 'vio3', address: '198.51.100.2/24', gateway: '198.51.100.1' },
    ],
    ...options,
  });
  const start = (
    line: string,
    stdin: string,
    forMs: number,
    isRoot: boolean,
    signals: Parameters<Machine['runWithSignals']>[1] = [],
  ): Ran => {
    const [name = '', ...args] = split(line);
    let stdout = '';
    let stderr = '';
    let end: { readonly code: number; readonly signal: string | null } | null = null;
    const started = startProgram(router, {
      name,
      args,
      isRoot,
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      onEnd: (code, signal) => {
        end = { code, signal };
      },
      stdin: (onChunk, onClose) => {
        onChunk(stdin);
        onClose();
      },
      readFile: () => null,
    });
    for (const { atMs, signal } of signals) clock.after(atMs, () => started.signal(signal));
    const until = clock.now() + forMs;
    while (end === null && (clock.next() ?? Number.POSITIVE_INFINITY) <= until) clock.step();
    const how = end as { readonly code: number; readonly signal: string | null } | null;
    if (how === null) started.kill('SIGKILL');
    return { code: how?.code ?? null, signal: how?.signal ?? null, stdout, stderr };
  };
  const run: Machine['run'] = (line, stdin = '', forMs = 60_000) => start(line, stdin, forMs, true);
  return {
    clock,
    router,
    run,
    runWithSignals: (line, signals) => start(line, '', 60_000, true, signals),
    runAsUser: (line, stdin = '') => start(line, stdin, 60_000, false),
    load: (anchor, rules) => {
      const ran = run(anchor === '' ? 'pfctl -f -' : `pfctl -a ${anchor} -f -`, rules);
      if (ran.code !== 0) throw new Error(`pfctl: ${ran.stderr}`);
    },
  };
};
