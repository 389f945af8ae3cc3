/**
 * OpenBSD's ping(8) played by the ping of Linux (iputils) in a network namespace: arguments and lines are translated,
 * each line as it comes, so that our own prober reads them. Every other command is somebody else's.
 *
 * What differs and cannot be translated: iputils begins at icmp_seq 1, and at short intervals it sends a few milliseconds
 * later each time (its waits are rounded up to ticks), where OpenBSD's has a timer that repeats.
 */
import type { Commands } from '../port/commands.ts';
import { createLineReader } from '../text/lines.ts';

const MAX_LINE = 1024;
/** Options of OpenBSD's ping and what iputils calls them; null: it has no such thing, and needs none here. */
const options: ReadonlyMap<string, string | null> = new Map([
  ['-V', null],
  ['-i', '-i'],
  ['-c', '-c'],
  ['-I', '-I'],
  ['-w', '-W'],
  ['-s', '-s'],
]);

/** Null for what is not known here: better no measurement than one of something else. */
export const translateArguments = (args: readonly string[]): readonly string[] | null => {
  const translated = ['-n'];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '-n') continue;
    if (!arg.startsWith('-')) return at === args.length - 1 ? [...translated, arg] : null;
    const name = options.get(arg);
    const value = args[at + 1];
    if (name === undefined || value === undefined) return null;
    if (name !== null) translated.push(name, value);
    at += 1;
  }
  return null;
};

const answer = /^(\d+ bytes from \S+: icmp_seq=)(\d+)( ttl=\d+ time=)([0-9.]+)( ms.*)$/;

/** A line of iputils' ping as OpenBSD's prints it; lines other than answers say the same in both. */
export const translateLine = (line: string): string => {
  const found = answer.exec(line);
  if (found === null) return line;
  const [, head, seq, middle, time, tail] = found;
  return `${head}${(Number(seq) + 65_535) % 65_536}${middle}${Number(time).toFixed(3)}${tail}`;
};

/**
 * `others`, but ping runs in a namespace. `inside` are the real commands with a directory in which `ping` is nsenter(1),
 * so that our own door to processes is part of what is measured, and no shell is.
 */
export const createIputils = (settings: {
  readonly others: Commands;
  readonly inside: Commands;
  readonly namespacePath: string;
  readonly pingPath: string;
}): Commands => {
  const { others, inside, namespacePath, pingPath } = settings;
  return {
    run: (command, args, how) => others.run(command, args, how),
    stream: (command, args, handlers) => {
      if (command !== 'ping') return others.stream(command, args, handlers);
      const translated = translateArguments(args);
      if (translated === null) throw new Error(`the bench does not know ping ${args.join(' ')}`);
      const lines = createLineReader({ maxLength: MAX_LINE });
      return inside.stream('ping', [`--net=${namespacePath}`, pingPath, ...translated], {
        ...handlers,
        onStdout: (chunk) => {
          const text = lines.push(chunk).map((line) => `${translateLine(line)}\n`);
          if (text.length > 0) handlers.onStdout(text.join(''));
        },
      });
    },
  };
};
