/**
 * The program of an administrator's that stories may have as a target: it pings a host by the link that it is started for, and ends as
 * ping does. It is run on the emulated machine, in the routing table that route(8) has put it into.
 */
import type { RunProgram } from '../adapter/program.ts';
import { type Family, families } from '../core/model.ts';
import type { Commands } from '../port/commands.ts';

export const PROGRAM = '/usr/local/libexec/reach';
export const PROGRAM_ASKS: Readonly<Record<Family, string>> = { inet: '8.8.4.4', inet6: '2620:fe::9' };

export const createProgram =
  (commands: Commands): RunProgram =>
  ({ command, environment, timeoutMs }) => {
    const [, , table = '0', , program] = command;
    if (program !== PROGRAM)
      return { ended: Promise.resolve({ kind: 'not-started', why: `no ${program}` }), stop: () => {} };
    const family = families.find((each) => each === environment['UPLINKD_FAMILY']) ?? 'inet';
    const abort = new AbortController();
    const ping = family === 'inet' ? 'ping' : 'ping6';
    const args = ['-n', '-q', '-c', '1', '-w', '1', '-V', table, PROGRAM_ASKS[family]];
    return {
      ended: commands.run(ping, args, { timeoutMs, signal: abort.signal }).then((result) => {
        if (result.kind === 'exited') return { kind: 'exited', code: result.code };
        if (result.kind === 'timed-out') return { kind: 'timed-out' };
        return abort.signal.aborted ? { kind: 'stopped' } : { kind: 'not-started', why: 'ping' };
      }),
      stop: () => abort.abort(),
    };
  };
