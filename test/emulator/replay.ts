/**
 * Replays recordings against the emulator: runs what was run, masks on both sides what no two machines share, and compares the rest byte for byte.
 */
import type { Test } from 'tap';
import { readTranscript } from '../text/transcript.ts';
import type { Machine, Ran } from './machine.ts';

/** Masks what no two runs share: times, round trips, counters of use, link-level addresses of others, pids, ids. */
export const maskVolatile = (text: string): string =>
  text
    .replace(/time=\d+\.\d{3} ms/g, 'time=T ms')
    .replace(/ttl=\d+/g, 'ttl=T')
    .replace(/hlim=\d+/g, 'hlim=T')
    .replace(/= [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ ms/g, '= T ms')
    .replace(/on (Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d [\d:]{8} \d{4}/g, 'on DATE')
    .replace(/Cleared: {5}.*/g, 'Cleared: DATE')
    .replace(/pid:? \d+/g, 'pid P')
    .replace(/^Terminated \n/gm, '');

export const maskRoutes = (text: string): string =>
  text
    .split('\n')
    // other hosts' neighbour entries come and go; what is cached of the gateway's depends on traffic
    .filter((line) => !/^(10\.0\.0\.[23]|192\.0\.2\.99|ff0|::1|fe80)/.test(line))
    .map((line) =>
      line
        .replace(/^(\S+ +)((?:[0-9a-f]{2}:){5}[0-9a-f]{2}|link#\d)( +UHLch)/, '$1LLADDR$3')
        .replace(/^(192\.0\.2\.1|198\.51\.100\.1) .*(Hb?L?ch?|UHLc) .*$/, '$1 neighbour')
        .replace(/( {1,}\d+){2}( +(?:-|32768) +\d+ \w+ *)$/, ' R U$2'),
    )
    .join('\n');

export const compare = (
  test: Test,
  file: string,
  ran: Ran,
  how: (text: string) => string = maskVolatile,
): void => {
  const want = readTranscript(file);
  test.equal(how(ran.stdout), how(want.stdout), `${file} stdout`);
  test.equal(how(ran.stderr), how(want.stderr), `${file} stderr`);
  if (want.exit !== null) test.equal(ran.code, want.exit, `${file} exit`);
};

export const replay = (test: Test, machine: Machine, file: string, how?: (text: string) => string): void => {
  const { command, stdin } = readTranscript(file);
  const plain = command.trim().replace(/\\(.)/g, '$1');
  const piped = /^sh -c echo pass \| (.*)$/.exec(plain);
  const line = (piped?.[1] ?? plain)
    .replace(/\$\(printf .*?80\)\)/, 'a'.repeat(80))
    .replace(/key -k (.*)$/, "key -k '$1'");
  compare(test, file, machine.run(line, piped === null ? stdin : 'pass\n'), how);
};

/** The line of uses, mtu and expiry of `route get`. */
export const maskUses = (text: string): string => text.replace(/^ +\d+ +0 +0 $/m, 'USES');

/** What an endless command prints while something happens, in virtual time. */
export const watch = (machine: Machine, line: string, act: () => void, forMs = 5000): string => {
  machine.clock.after(10, act);
  return machine.run(line, '', forMs).stdout;
};

/** The messages of `route monitor`, without what traffic makes and frees: a neighbour's clone, whose link-level address is the other end's. */
export const blocksOf = (text: string): string[] =>
  maskVolatile(text)
    .split(/(?=got message of size )/)
    .filter((block) => block !== '' && !/CLONED/.test(block));
