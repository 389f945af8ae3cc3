/**
 * The `set` lines of pf.conf(5): what is taken, what of it counts here, and how pfctl prints it (sbin/pfctl/parse.y option, pfctl.c pfctl_set_*).
 * What would change how pf works and is not done here is refused.
 */
import { isOptimization } from './pf-optimize.ts';
import type { Source } from './pf-source.ts';
import type { Timeouts } from './pf-timeout.ts';
import { adaptiveOf, readTimeoutName, timeoutsOf } from './pf-timeout.ts';

const DEBUG_LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const LIMITS = ['states', 'src-nodes', 'frags', 'tables', 'table-entries', 'pktdelay-pkts', 'anchors'];

/** One `set` line; the word has not been taken yet. `print` is null without -v. */
export const parseOption = (
  source: Source,
  timeouts: Partial<Timeouts>,
  print: ((line: string) => void) | null,
): void => {
  const { world } = source;
  source.take();
  const verbose = (line: string): void => print?.(line);
  const pairs = (each: (name: string, value: number) => void): void => {
    const pair = (): void => each(source.word(), source.number());
    if (!source.skip('{')) {
      pair();
      return;
    }
    source.skipNewlines();
    while (!source.skip('}')) {
      pair();
      source.skip(',');
      source.skipNewlines();
    }
  };
  if (source.skip('skip')) {
    source.expect('on');
    const names: string[] = [];
    if (source.skip('{')) {
      source.skipNewlines();
      while (!source.skip('}')) {
        names.push(source.word());
        source.skip(',');
        source.skipNewlines();
      }
    } else names.push(source.word());
    verbose(`set skip on {${names.map((name) => ` ${name}`).join('')} }`);
    world.setSkip(names);
  } else if (source.skip('state-policy')) {
    if (source.skip('if-bound')) source.isIfBoundByDefault = true;
    else {
      source.expect('floating');
      source.isIfBoundByDefault = false;
    }
    verbose(`set state-policy ${source.isIfBoundByDefault ? 'if-bound' : 'floating'}`);
  } else if (source.skip('block-policy')) {
    if (source.skip('drop')) source.blockAnswer = 'drop';
    else {
      source.expect('return');
      source.blockAnswer = 'return';
    }
    verbose(`set block-policy ${source.blockAnswer}`);
  } else if (source.skip('limit'))
    pairs((name, value) => {
      if (!LIMITS.includes(name) || !world.setLimit(name, value))
        source.refuse(`unable to set limit ${name} ${value}`);
      verbose(`set limit ${name} ${value}`);
      const isAdapted = timeouts['adaptive.start'] !== undefined || timeouts['adaptive.end'] !== undefined;
      if (name === 'states' && !isAdapted) Object.assign(timeouts, adaptiveOf(value));
    });
  else if (source.skip('timeout'))
    pairs((name, value) => {
      const known = readTimeoutName(name);
      if (value < 0) source.refuse('only positive values permitted');
      if (known === null) {
        source.say('pfctl: Bad timeout name.');
        return source.refuse(`unknown timeout ${name}`);
      }
      if (known === 'unknown') return source.unknown(`set timeout ${name}`);
      timeouts[known] = value;
      verbose(`set timeout ${name} ${value}`);
    });
  else if (source.skip('optimization')) {
    const name = source.word();
    const bundle = timeoutsOf(name);
    if (bundle === null) {
      source.say('pfctl: invalid state timeouts optimization');
      source.refuse(`unknown optimization ${name}`);
    }
    Object.assign(timeouts, bundle);
    verbose(`set optimization ${name}`);
  } else if (source.skip('reassemble')) {
    const isOn = !source.skip('no');
    if (isOn && source.word() !== 'yes') source.refuse("invalid value, expected 'yes' or 'no'");
    const doesKeep = source.skip('no-df');
    verbose(`set reassemble ${isOn ? 'yes' : 'no'} ${doesKeep ? 'no-df' : ''}`);
  } else if (source.skip('loginterface')) {
    const name = source.word();
    if (name !== 'none') source.unknown('set loginterface with a name');
    verbose(`set loginterface ${name}`);
  } else if (source.skip('ruleset-optimization')) {
    const name = source.word();
    // the first counts
    if (isOptimization(name)) source.optimization ??= name;
    else source.refuse(`unknown ruleset-optimization ${name}`);
  } else if (source.skip('debug')) {
    const name = source.take().text;
    if (!DEBUG_LEVELS.includes(name)) {
      source.say(`pfctl: unknown debug level "${name}"`);
      source.refuse(`error setting debuglevel ${name}`);
    }
    verbose(`set debug ${name}`);
  } else if (source.is('hostid', 'fingerprints', 'state-defaults', 'syncookies'))
    source.unknown(`set ${source.peek().text}`);
  else source.syntaxError();
  if (source.peek().kind !== 'newline') source.syntaxError();
};
