/**
 * Runs in the far namespace and makes it go dark: the kernel is told to ignore echo requests, or to answer them again,
 * while the wire and its carrier stay. One line in, `dark` or `light`; one line out, the instant on the kernel's
 * monotonic clock, which all processes share, in nanoseconds. A program of its own since /proc/sys is its reader's.
 */
import { openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const echo = openSync('/proc/sys/net/ipv4/icmp_echo_ignore_all', 'w');

createInterface({ input: process.stdin }).on('line', (line) => {
  // Taken before the write: what that costs counts as dark.
  const at = process.hrtime.bigint();
  writeSync(echo, line === 'dark' ? '1' : '0', 0);
  process.stdout.write(`${at}\n`);
});
