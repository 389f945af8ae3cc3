/**
 * The grammar of one pass, block, match or anchor rule (sbin/pfctl/parse.y: pfrule, anchorrule, filter_opt): options in any order,
 * each once where pf says so. Gives the rule as written; pf-expand.ts multiplies it out.
 */
import { parsePool } from './pf-address-parse.ts';
import type { RuleSpec } from './pf-expand.ts';
import {
  end,
  icmpItem,
  interfaceItem,
  list,
  prioValue,
  probability,
  protocolItem,
  queueNames,
  rtable,
  scrub,
  tcpFlags,
  tosValue,
  userItem,
  words,
} from './pf-item-parse.ts';
import type { Action } from './pf-rules.ts';
import type { Source } from './pf-source.ts';
import type { StateOption } from './pf-state-option-parse.ts';
import { parseStateOptions, stateOptionsOf } from './pf-state-option-parse.ts';

const TAG_SIZE = 64;
const LABEL_SIZE = 64;
type Options = {
  -readonly [K in keyof RuleSpec]: RuleSpec[K];
} & {
  /** As written after `keep state`. */
  given: readonly StateOption[];
  /** Maybe with nothing. */
  isLabelled: boolean;
};

const setItem = (source: Source, options: Options): void => {
  if (source.skip('prio')) {
    if (options.setPrio !== null) source.refuse('prio cannot be redefined');
    if (source.skip('(')) {
      const first = prioValue(source);
      source.skip(',');
      options.setPrio = [first, prioValue(source)];
      source.expect(')');
    } else {
      const value = prioValue(source);
      options.setPrio = [value, value];
    }
  } else if (source.skip('queue')) {
    if (options.queue !== null) source.refuse('queue cannot be redefined');
    options.queue = queueNames(source);
  } else if (source.skip('tos')) {
    if (options.setTos !== null) source.refuse('tos cannot be respecified');
    options.setTos = tosValue(source);
  } else if (source.is('delay')) source.unknown('delay');
  else source.syntaxError();
};

const routing = (source: Source, options: Options, kind: 'route-to' | 'reply-to'): void => {
  const spec = parsePool(source, false);
  if (options.route !== null) source.refuse('cannot respecify route-to/reply-to/dup-to');
  options.route = { kind, spec };
};

/** One option; false when the token starts none. */
const option = (source: Source, options: Options): boolean => {
  const { kind, text } = source.peek();
  if (kind === 'mark' && text === '!') {
    source.take();
    if (source.is('received-on')) source.unknown('received-on');
    source.expect('tagged');
    options.tagged = words(source) || null;
    options.isTaggedNegated = true;
    return true;
  }
  if (kind !== 'keyword') return false;
  switch (text) {
    case 'flags':
      source.take();
      if (options.tcpFlags !== null) source.refuse('flags cannot be redefined');
      options.tcpFlags = tcpFlags(source);
      return true;
    case 'icmp-type':
    case 'icmp6-type':
      source.take();
      if (options.icmp !== null) source.refuse('icmp-type cannot be redefined');
      options.icmp = list(source, () => icmpItem(source, text === 'icmp-type' ? 'icmp' : 'ipv6-icmp'));
      return true;
    case 'prio':
      source.take();
      if (options.prio !== null) source.refuse('prio cannot be redefined');
      options.prio = prioValue(source);
      return true;
    case 'tos':
      source.take();
      if (options.tos !== null) source.refuse('tos cannot be redefined');
      options.tos = tosValue(source);
      return true;
    case 'no':
    case 'keep':
      source.take();
      source.expect('state');
      if (options.keep !== null) source.refuse('modulate or keep cannot be redefined');
      options.keep = text;
      if (text === 'keep' && source.skip('(')) options.given = parseStateOptions(source);
      return true;
    case 'allow-opts':
      source.take();
      options.allowOpts = true;
      return true;
    case 'label':
      source.take();
      if (options.isLabelled) source.refuse('label cannot be redefined');
      options.label = source.word();
      options.isLabelled = true;
      return true;
    case 'queue':
      source.take();
      if (options.queue !== null) source.refuse('queue cannot be redefined');
      options.queue = queueNames(source);
      return true;
    case 'tag':
      source.take();
      options.tag = words(source) || null;
      return true;
    case 'tagged':
      source.take();
      options.tagged = words(source) || null;
      options.isTaggedNegated = false;
      return true;
    case 'probability':
      source.take();
      options.probability = probability(source);
      return true;
    case 'rtable':
      source.take();
      options.rtable = rtable(source);
      return true;
    case 'scrub':
      source.take();
      options.scrub = scrub(source);
      return true;
    case 'nat-to':
      source.take();
      if (options.nat !== null) source.refuse('cannot respecify nat-to/binat-to');
      options.nat = parsePool(source, true);
      return true;
    case 'rdr-to':
      source.take();
      if (options.rdr !== null) source.refuse('cannot respecify rdr-to');
      options.rdr = parsePool(source, true);
      return true;
    case 'route-to':
    case 'reply-to':
      source.take();
      routing(source, options, text);
      return true;
    case 'set':
      source.take();
      if (!source.skip('(')) {
        setItem(source, options);
        return true;
      }
      do {
        setItem(source, options);
        source.skip(',');
      } while (!source.is(')'));
      source.expect(')');
      return true;
    case 'user':
      source.take();
      options.users = [...list(source, () => userItem(source)), ...(options.users ?? [])];
      return true;
    case 'group':
    case 'modulate':
    case 'synproxy':
    case 'fragment':
    case 'divert-to':
    case 'divert-reply':
    case 'divert-packet':
    case 'af-to':
    case 'binat-to':
    case 'dup-to':
    case 'received-on':
    case 'once':
    case 'max-pkt-rate':
      return source.unknown(text);
    default:
      return false;
  }
};

/** A rule that says nothing. */
export const blank = (action: Action): Options => ({
  action,
  answer: 'drop',
  direction: null,
  log: null,
  quick: false,
  interfaces: null,
  family: null,
  protocols: null,
  sources: null,
  sourcePorts: null,
  destinations: null,
  destinationPorts: null,
  tcpFlags: null,
  users: null,
  icmp: null,
  tos: null,
  prio: null,
  setPrio: null,
  setTos: null,
  queue: null,
  keep: null,
  isIfBound: null,
  isSloppy: false,
  isUnsynced: false,
  hasFlow: false,
  maxStates: null,
  probability: null,
  scrub: null,
  allowOpts: false,
  label: '',
  tag: null,
  tagged: null,
  isTaggedNegated: false,
  rtable: null,
  nat: null,
  rdr: null,
  route: null,
  anchor: null,
  given: [],
  isLabelled: false,
});

/** `all`, `matches`, `user` and a pflog(4), in pfctl's order; nothing here is logged, so they are only printed. */
const parseLog = (source: Source): readonly string[] | null => {
  if (!source.skip('log')) return null;
  if (!source.skip('(')) return [];
  const given = new Set<string>();
  let to = 0;
  do {
    const word = ['all', 'matches', 'user'].find((each) => source.skip(each));
    if (word !== undefined) given.add(word);
    else {
      source.expect('to');
      const name = source.word();
      const [, number] = /^pflog(\d+)$/.exec(name) ?? [];
      if (!name.startsWith('pflog')) source.refuse(`${name}: should be a pflog interface`);
      if (number === undefined || Number(number) > 255)
        source.refuse(`${name}: ${number === undefined ? 'invalid' : 'too large'}`);
      if (to === 0) to = Number(number);
    }
    source.skip(',');
  } while (!source.is(')'));
  source.expect(')');
  const flags = ['all', 'matches', 'user'].filter((each) => given.has(each));
  return to === 0 ? flags : [...flags, `to pflog${to}`];
};

/** `log` and `quick`, in either order. */
export const parseLogQuick = (source: Source): Pick<RuleSpec, 'log' | 'quick'> => {
  const log = parseLog(source);
  const quick = source.skip('quick');
  return { log: log ?? (quick ? parseLog(source) : null), quick };
};

/** What pass, block, match and anchor rules have in common, up to the options. */
const head = (source: Source, options: Options, takesLog: boolean): void => {
  if (source.skip('in')) options.direction = 'in';
  else if (source.skip('out')) options.direction = 'out';
  if (takesLog) Object.assign(options, parseLogQuick(source));
  else options.quick = source.skip('quick');
  if (source.skip('on')) options.interfaces = list(source, () => interfaceItem(source));
  if (source.skip('inet')) options.family = 'inet';
  else if (source.skip('inet6')) options.family = 'inet6';
  if (source.skip('proto')) options.protocols = list(source, () => protocolItem(source));
  if (source.skip('all')) return;
  if (source.skip('from')) {
    const from = end(source);
    options.sources = from.hosts;
    options.sourcePorts = from.ports;
  }
  if (source.is('os')) source.unknown('os');
  if (source.skip('to')) {
    const to = end(source);
    options.destinations = to.hosts;
    options.destinationPorts = to.ports;
  }
};

export const checkLabel = (source: Source, label: string): void => {
  if (Buffer.byteLength(label) >= LABEL_SIZE)
    source.refuse(`rule label too long (max ${LABEL_SIZE - 1} chars)`);
};

/** What filteropts_to_rule() and its callers check once the rule has been read whole. */
const checkNames = (source: Source, options: Options): void => {
  for (const tag of [options.tag, options.tagged])
    if (tag !== null && Buffer.byteLength(tag) >= TAG_SIZE)
      source.refuse(`tag too long, max ${TAG_SIZE - 1} chars`);
  checkLabel(source, options.label);
  if (
    options.tcpFlags !== null &&
    options.tcpFlags !== 'any' &&
    options.protocols !== null &&
    !options.protocols.includes('tcp')
  )
    source.refuse('flags only apply to tcp');
};

/** A pass, block or match rule, its action word being the next token. */
export const parsePfRule = (source: Source): RuleSpec => {
  const action = source.take().text;
  const options = blank(action === 'pass' ? 'pass' : action === 'match' ? 'match' : 'block');
  if (options.action === 'block') {
    if (source.skip('drop')) options.answer = 'drop';
    else if (source.skip('return')) options.answer = 'return';
    else if (source.skip('return-rst')) options.answer = 'return-rst';
    else if (source.skip('return-icmp') || source.skip('return-icmp6')) options.answer = 'return-icmp';
    else options.answer = source.blockAnswer;
    if (source.is('(')) source.unknown('a code or ttl after return-…');
  }
  head(source, options, true);
  while (option(source, options));
  if (source.peek().kind !== 'newline') source.syntaxError();
  checkNames(source, options);
  Object.assign(options, stateOptionsOf(source, options.given));
  const keeps = options.keep === 'keep' || (options.keep === null && options.action === 'pass');
  if (keeps) options.isIfBound ??= source.isIfBoundByDefault;
  if (options.route !== null && options.direction === null)
    source.refuse('direction must be explicit with rules that specify routing');
  return options;
};

export const parseAnchorName = (source: Source): string | null => {
  if (source.peek().kind !== 'word') return null;
  const name = source.word();
  if (name === '') source.refuse('anchor name must not be empty');
  if (name.startsWith('_') || name.includes('/_'))
    source.refuse("anchor names beginning with '_' are reserved for internal use");
  return name;
};

/**
 * An anchor rule, the word `anchor` being the next token. `readBody` reads what stands in braces, if there are any, and gives the
 * name and the path of the anchor that it fills, or null.
 */
export const parseAnchorRule = (
  source: Source,
  readBody: (name: string | null) => { readonly name: string; readonly path: string } | null,
): RuleSpec => {
  source.take();
  const options = blank('pass');
  const name = parseAnchorName(source);
  head(source, options, false);
  while (option(source, options));
  const inline = readBody(name);
  if (source.peek().kind !== 'newline') source.syntaxError();
  if (inline === null && name === null) source.refuse('anchors without explicit rules must specify a name');
  if (inline === null && name?.endsWith('/')) source.refuse(`anchorrule: bad anchor name ${name}`);
  checkNames(source, options);
  if (options.keep === 'keep') source.refuse('cannot specify state handling on anchors');
  if (options.route !== null) source.refuse('cannot specify route handling on anchors');
  const called = name ?? '';
  const isWildcard = called.endsWith('/*') || called === '*';
  const bare = called.replace(/\/?\*$/, '').replace(/^\//, '');
  const path = called.startsWith('/') || source.anchor === '' ? bare : `${source.anchor}/${bare}`;
  options.keep = 'no';
  // pfctl reads it and drops it
  options.nat = null;
  options.rdr = null;
  options.anchor = inline === null ? { name: called, path, isWildcard } : { ...inline, isWildcard: false };
  return options;
};
