/**
 * The `set` lines of pf.conf(5): what is taken, what of it counts here, and how pfctl prints it (sbin/pfctl/parse.y option, pfctl.c pfctl_set_*).
 * What would change how pf works and is not done here is refused.
 */
import { interfaceItem, list } from './pf-item-parse.ts';
import { isOptimization } from './pf-optimize.ts';
import type { DebugLevel, Source } from './pf-source.ts';
import type { Timeouts } from './pf-timeout.ts';
import { adaptiveOf, readTimeoutName, timeoutsOf } from './pf-timeout.ts';

const LIMITS = ['states', 'src-nodes', 'frags', 'tables', 'table-entries', 'pktdelay-pkts', 'anchors'];
const UINT_MAX = 4_294_967_295;

/** The names of syslog.h, old ones too; the level is shown by the first of its names. */
const LEVELS: ReadonlyMap<string, DebugLevel> = new Map([
  ['alert', 'alert'],
  ['crit', 'crit'],
  ['debug', 'debug'],
  ['emerg', 'emerg'],
  ['err', 'err'],
  ['error', 'err'],
  ['info', 'info'],
  ['notice', 'notice'],
  ['panic', 'emerg'],
  ['warn', 'warn'],
  ['warning', 'warn'],
]);
const BY_NUMBER: readonly DebugLevel[] = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];

const debugLevel = (name: string): DebugLevel | null =>
  (/^[0-9]+$/.test(name) ? BY_NUMBER[Number(name)] : LEVELS.get(name.toLowerCase())) ?? null;

/** expand_skip_interface() */
const skipOption = (source: Source, verbose: (line: string) => void): void => {
  const nics = source.skip('on') ? list(source, () => interfaceItem(source)) : [];
  const [first] = nics;
  if (first === undefined && source.peek().kind !== 'newline') source.syntaxError();
  if (first === undefined || (nics.length === 1 && first.name === 'none' && !first.isNegated)) {
    verbose('set skip on none');
    source.world.setSkip('none');
    return;
  }
  verbose(`set skip on {${nics.map(({ name }) => ` ${name ?? ''}`).join('')} }`);
  for (const { isNegated, rdomain } of nics)
    if (isNegated) source.complain('skip on ! <interface> is not supported');
    else if (rdomain !== null) source.complain('skip on rdomain <num> is not supported');
  if (nics.some(({ name, rdomain }) => name === null && rdomain === null))
    source.unknown('set skip on an empty name');
  const taken = nics.flatMap(({ name, isNegated }) => (name === null || isNegated ? [] : [name]));
  source.world.setSkip(taken);
  if (taken.length < nics.length) source.refuse('error setting skip interface(s)');
};

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
    list(source, () => {
      const name = source.word();
      const value = source.number();
      if (value < 0 || value > UINT_MAX) source.refuse('only positive values permitted');
      each(name, value);
    });
  };
  if (source.skip('skip')) skipOption(source, verbose);
  else if (source.skip('state-policy')) {
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
      const known = name.toLowerCase();
      if (!LIMITS.includes(known)) {
        source.say('pfctl: Bad pool name.');
        source.refuse(`unable to set limit ${name} ${value}`);
      }
      world.setLimit(known, value);
      verbose(`set limit ${name} ${value}`);
      const isAdapted = timeouts['adaptive.start'] !== undefined || timeouts['adaptive.end'] !== undefined;
      if (name === 'states' && !isAdapted) Object.assign(timeouts, adaptiveOf(value));
    });
  else if (source.skip('timeout'))
    pairs((name, value) => {
      const known = readTimeoutName(name);
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
    const word = isOn ? source.word() : 'yes';
    if (word !== 'yes') source.refuse(`invalid value '${word}', expected 'yes' or 'no'`);
    const doesKeep = source.skip('no-df');
    if (!doesKeep && source.peek().kind !== 'newline') source.syntaxError();
    verbose(`set reassemble ${isOn ? 'yes' : 'no'} ${doesKeep ? 'no-df' : ''}`);
  } else if (source.skip('loginterface')) {
    const name = source.skip('all') ? 'all' : source.word();
    if (name !== 'none') source.unknown('set loginterface with a name');
    verbose(`set loginterface ${name}`);
  } else if (source.skip('ruleset-optimization')) {
    const name = source.word();
    // the first counts
    if (isOptimization(name)) source.optimization ??= name;
    else source.refuse(`unknown ruleset-optimization ${name}`);
  } else if (source.skip('debug')) {
    const name = source.skip('debug') ? 'debug' : source.word();
    const level = debugLevel(name);
    if (level === null) {
      source.say(`pfctl: unknown debug level "${name}"`);
      source.refuse(`error setting debuglevel ${name}`);
    }
    world.setDebug(level);
    verbose(`set debug ${name}`);
  } else if (source.is('hostid', 'fingerprints', 'state-defaults', 'syncookies'))
    source.unknown(`set ${source.peek().text}`);
  else source.syntaxError();
  if (source.peek().kind !== 'newline') source.syntaxError();
};
