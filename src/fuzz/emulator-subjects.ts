/**
 * The emulated machine: any rule set and any command line end with an exit status and bounded words, and what pfctl prints of rules it takes
 * back as the same rules.
 */
import { createVirtualClock } from '../emulator/clock.ts';
import { createRouter, type Router } from '../emulator/router.ts';
import { startProgram } from '../emulator/run.ts';
import type { Corpus } from './corpus.ts';
import type { Subject, Verdict } from './subject.ts';

export interface Machine {
  readonly router: Router;
  /** Null as the code: it has not ended in ten seconds. */
  readonly run: (
    words: readonly string[],
    stdin: string,
  ) => { readonly code: number | null; readonly out: string; readonly err: string };
}

const RUN_MS = 10_000;
/** A ping a microsecond would go on for long. */
const MOST_STEPS = 20_000;

export const createMachine = (): Machine => {
  const clock = createVirtualClock();
  const router = createRouter({
    clock,
    seed: 7,
    lan: { interface: 'vio1', address: '10.0.0.1/24' },
    uplinks: [
      { name: 'a', interface: 'vio2', address: '192.0.2.2/24', gateway: '192.0.2.1' },
      { name: 'b', interface: 'vio3', address: '198.51.100.2/24', gateway: '198.51.100.1' },
    ],
    defaultRoute: '192.0.2.1',
  });
  const run: Machine['run'] = ([name = '', ...args], stdin) => {
    let out = '';
    let err = '';
    let code: number | null = null;
    const started = startProgram(router, {
      name,
      args,
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      onEnd: (with_) => {
        code = with_;
      },
      stdin: (onChunk, onClose) => {
        onChunk(stdin);
        onClose();
      },
      readFile: () => null,
    });
    const until = clock.now() + RUN_MS;
    for (let step = 0; step < MOST_STEPS && code === null && (clock.next() ?? until + 1) <= until; step++)
      clock.step();
    const ended: number | null = code;
    if (ended === null) started.kill('SIGKILL');
    return { code: ended, out, err };
  };
  return { router, run };
};

/** What pfctl prints of a rule set is a rule set, and prints the same. */
const rules = (seeds: readonly string[]): Subject => ({
  name: 'emulator-pf',
  seeds,
  judge: (input): Verdict => {
    const load = ['pfctl', '-nvf', '-'];
    const first = createMachine().run(load, input);
    if (first.code !== 0) {
      const complaint =
        first.code === null
          ? 'hang: pfctl has not ended'
          : first.err === ''
            ? 'silent: it refuses without a word'
            : null;
      return { complaint, shape: first.err.replace(/\d+|'[^']*'|"[^"]*"/g, '').slice(0, 200) };
    }
    // not to be read again: a quotation mark inside of a word, and queues without the interface that they are on
    if (/"[^"\n]*"[^"\s]|[^\s"]"(?=[^"\n]*"[^"\n]*$)|""|^queue /m.test(first.out))
      return { complaint: null, shape: '' };
    const second = createMachine().run(load, first.out);
    const complaint =
      second.code !== 0
        ? `print: ${second.err}`
        : second.out === first.out
          ? null
          : `print: other rules: ${second.out.split('\n').find((line, at) => line !== first.out.split('\n')[at])}`;
    return { complaint, shape: first.out.replace(/\d+|"[^"]*"/g, '').slice(0, 400) };
  },
});

/** Characters that a command may print to one call; `ping` and `route monitor` go on for ten seconds. */
const MOST_OUTPUT = 200_000;
const MOST_LINES = 12;

/** Command lines one after the other on one machine, which is whole afterwards. */
const words = (seeds: readonly string[]): Subject => ({
  name: 'emulator-words',
  seeds,
  judge: (input): Verdict => {
    const machine = createMachine();
    const shapes: string[] = [];
    for (const line of input.split('\n').slice(0, MOST_LINES)) {
      const all = line.split(' ').filter((word) => word !== '');
      const { code, out, err } = machine.run(all, 'pass\n');
      if (out.length + err.length > MOST_OUTPUT + 10 * line.length)
        return { complaint: `unbounded: ${line.slice(0, 100)}`, shape: '' };
      if (code !== null && (!Number.isInteger(code) || code < 0 || code > 255))
        return { complaint: `exit: ${code} of ${line.slice(0, 100)}`, shape: '' };
      shapes.push(`${all[0]} ${code} ${err.replace(/\d+/g, '').slice(0, 40)}`);
    }
    for (const line of [
      'ifconfig',
      'route -n show',
      'pfctl -sr -vv',
      'pfctl -ss -vv',
      'pfctl -si',
      'netstat -R',
    ]) {
      const { code, err } = machine.run(line.split(' '), '');
      if (code !== 0) return { complaint: `after: ${line}: ${err}`, shape: '' };
    }
    return { complaint: null, shape: shapes.join('|') };
  },
});

export const emulatorSubjects = (corpus: Corpus): readonly Subject[] => [
  rules([
    ...corpus.pfConfs,
    ...corpus.rulesets,
    ...corpus.given('pfctl-anchor'),
    ...corpus.printed('pfctl-sr'),
  ]),
  words([
    ...corpus.commands.map((command) => command.replace(/\\(.)/g, '$1')),
    'nc -n -v -z -w 2 203.0.113.5 443\nroute -T 101 exec nc -n -v -z 203.0.113.5 443',
    'dig -u +noall +comments +stats +tries=1 +time=2 @9.9.9.9 openbsd.org A',
  ]),
];
