#!/usr/bin/env node
/**
 * uplinkctl: argv in, exit code out. The only file that knows the process; see docs/uplinkctl.8.
 */
import { parseCommandLine } from './command.ts';
import { execute } from './execute.ts';
import { wantsColour } from './terminal.ts';

/** Nobody reads any more (`uplinkctl monitor | head`): end quietly. A full disk is told. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`uplinkctl: cannot write: ${error.message}\n`);
  process.exit(1);
});
process.stderr.on('error', () => process.exit(1));

process.exitCode = await execute(parseCommandLine(process.argv.slice(2)), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isColoured: wantsColour(process.stdout.isTTY === true, process.env),
  timeoutMs: 5000,
});
