#!/usr/bin/env node
/**
 * uplinkctl: argv in, exit code out. The only file that knows the process; see docs/uplinkctl.8.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { parseCommandLine } from './command.ts';
import { execute } from './execute.ts';
import { screenColumns } from './table.ts';
import { wantsColour } from './terminal.ts';

/** Nobody reads any more (`uplinkctl monitor | head`): end quietly. A full disk is told. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`uplinkctl: cannot write: ${error.message}\n`);
  process.exit(1);
});
process.stderr.on('error', () => process.exit(1));

/** The signals of a terminal reach the command as well; it alone decides what they mean. */
const run = (path: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => {});
    const child = spawn(path, args, { stdio: 'inherit' });
    child.on('error', (error) => {
      process.stderr.write(`uplinkctl: cannot run ${path}: ${error.message}\n`);
      resolve(1);
    });
    child.on('close', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });

process.exitCode = await execute(parseCommandLine(process.argv.slice(2)), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isColoured: wantsColour(process.stdout.isTTY === true, process.env),
  columns: process.stdout.isTTY === true ? screenColumns(process.stdout.columns) : null,
  timeoutMs: 5000,
  run,
});
