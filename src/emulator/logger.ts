/** logger(1): keeps each line as `facility.level tag[pid]: text` in the router's syslog, from its arguments or its standard input. */
import type { Program } from './program.ts';
import { parseOptions } from './program.ts';

const BOUND = 10_000;

export const logger: Program = ({ router, args, pid, stdinChunks, err, exit }) => {
  const options = parseOptions(args, 'cf:ip:st:');
  if (options.problem !== null) {
    err(`logger: ${options.problem}\nusage: logger [-cis] [-f file] [-p pri] [-t tag] [message ...]\n`);
    return exit(1);
  }
  const value = (letter: string): string | null =>
    options.given.find((one) => one.letter === letter)?.value ?? null;
  const tag = `${value('t') ?? 'root'}${options.given.some((one) => one.letter === 'i') ? `[${pid}]` : ''}`;
  const log = (text: string): void => {
    router.syslog.push(`${value('p') ?? 'user.notice'} ${tag}: ${text}`);
    if (router.syslog.length > BOUND) router.syslog.splice(0, BOUND / 2);
  };
  if (options.rest.length > 0) {
    log(options.rest.join(' '));
    return exit(0);
  }
  let rest = '';
  stdinChunks(
    (chunk) => {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) log(line);
    },
    () => {
      if (rest !== '') log(rest);
      exit(0);
    },
  );
};
