/** uplinkd's command line: argv -> options, or the usage line. Knows no default that INTERFACE does not give. */
import { parseArgs } from 'node:util';

export interface Options {
  /** Stay in front and log to stderr. */
  readonly foreground: boolean;
  /** Check the configuration and leave. */
  readonly checkOnly: boolean;
  readonly verbose: boolean;
  readonly config: string;
  readonly socket: string;
  /** Directory of stand-ins for OpenBSD's commands; null: the real ones by absolute path. */
  readonly commands: string | null;
  readonly stateDirectory: string;
}

export const USAGE = 'usage: uplinkd [-dnv] [-f file] [-s socket] [--commands dir] [--state dir]';

/** Options, or null with what is wrong when the command line cannot be understood. */
export const parseOptions = (
  argv: readonly string[],
): Options | { readonly kind: 'usage'; readonly text: string } => {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        d: { type: 'boolean', short: 'd', default: false },
        n: { type: 'boolean', short: 'n', default: false },
        v: { type: 'boolean', short: 'v', default: false },
        f: { type: 'string', short: 'f', default: '/etc/uplinkd.conf' },
        s: { type: 'string', short: 's', default: '/var/run/uplinkd.sock' },
        commands: { type: 'string' },
        state: { type: 'string', default: '/var/db/uplinkd' },
      },
    });
    return {
      foreground: values.d,
      checkOnly: values.n,
      verbose: values.v,
      config: values.f,
      socket: values.s,
      commands: values.commands ?? null,
      stateDirectory: values.state,
    };
  } catch (error) {
    return { kind: 'usage', text: error instanceof Error ? error.message : String(error) };
  }
};
