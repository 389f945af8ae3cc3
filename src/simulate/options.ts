/** What is wanted of `npm run simulate`. */
import { parseArgs } from 'node:util';

export const USAGE = `usage: simulate [--seeds n] [--hours h] [--from seed | --seed seed] [--slow] [--jobs n]
                [--write dir] [--whole] [--log] [--until-broken]
       simulate --story file [--write dir] [--whole] [--log]
       simulate --speed [--hours h]
`;

export interface Options {
  readonly help: boolean;
  readonly seeds: number;
  readonly from: number;
  readonly hours: number;
  readonly jobs: number;
  readonly story: string | null;
  /** Where to put the stories of what broke. */
  readonly write: string;
  /** Print the log of what broke. */
  readonly log: boolean;
  /** Do not shrink. */
  readonly whole: boolean;
  /** The first that breaks is enough. */
  readonly untilBroken: boolean;
  /** Worlds that ask, reconcile and send so seldom that a simulated day takes a second. */
  readonly slow: boolean;
  /** Only tell how fast simulated time runs. */
  readonly speed: boolean;
}

const readNumber = (text: string): number => {
  if (/^[0-9]+(\.[0-9]+)?$/.test(text)) return Number(text);
  throw new Error(`not a number: ${text}`);
};

/** Throws what is wrong with them. */
export const readOptions = (argv: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', default: false },
      seeds: { type: 'string', default: '20' },
      hours: { type: 'string', default: '1' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      jobs: { type: 'string', default: '1' },
      story: { type: 'string' },
      write: { type: 'string', default: '/tmp/uplinkd-simulate' },
      log: { type: 'boolean', default: false },
      whole: { type: 'boolean', default: false },
      'until-broken': { type: 'boolean', default: false },
      slow: { type: 'boolean', default: false },
      speed: { type: 'boolean', default: false },
    },
  });
  const { seed } = values;
  return {
    help: values.help,
    seeds: seed === undefined ? readNumber(values.seeds) : 1,
    from: seed === undefined ? readNumber(values.from) : readNumber(seed),
    hours: readNumber(values.hours),
    jobs: readNumber(values.jobs),
    story: values.story ?? null,
    write: values.write,
    log: values.log,
    whole: values.whole,
    untilBroken: values['until-broken'],
    slow: values.slow,
    speed: values.speed,
  };
};

/** What a job is told that plays some of the seeds. */
export const renderOptions = ({ seeds, from, hours, write, ...flags }: Options): readonly string[] => [
  `--from=${from}`,
  `--seeds=${seeds}`,
  `--hours=${hours}`,
  `--write=${write}`,
  ...(flags.log ? ['--log'] : []),
  ...(flags.whole ? ['--whole'] : []),
  ...(flags.slow ? ['--slow'] : []),
  ...(flags.untilBroken ? ['--until-broken'] : []),
];
