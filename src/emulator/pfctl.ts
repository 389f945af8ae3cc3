/**
 * pfctl(8): options, order of work, words and exit codes as sbin/pfctl/pfctl.c has them. Loading is atomic: what does not parse changes
 * nothing. Read-only commands that fail add seven lines about DIOCSETLIMIT (OPENBSD.md 2, point 9).
 */
import type { Prefix } from './address.ts';
import { bitsOf, createPrefix, doesContain, parseAddress } from './address.ts';
import { anchorPaths, dropTable, killStates, loadRuleset, setRules } from './pf.ts';
import type { ParsedRuleset, ParseOutcome } from './pf-parse.ts';
import { parseRuleset } from './pf-parse.ts';
import type { ParseWorld } from './pf-source.ts';
import type { PfState } from './pf-state.ts';
import type { Shown } from './pfctl-show.ts';
import {
  showAnchors,
  showInfo,
  showInterfaces,
  showLabels,
  showLimits,
  showQueues,
  showRules,
  showStates,
  showTables,
  showTimeouts,
} from './pfctl-show.ts';
import { runTable } from './pfctl-table.ts';
import type { Invocation, Program } from './program.ts';
import { parseOptions } from './program.ts';

const USAGE = `usage: pfctl [-deghNnPqrvz] [-a anchor] [-D macro=value] [-F modifier] [-f file]
	[-i interface] [-K key] [-k key] [-L statefile] [-o level]
	[-p device] [-S statefile] [-s modifier [-R id]]
	[-t table -T command [address ...]] [-V rdomain] [-x level]
`;
const SHOW = [
  'queue',
  'rules',
  'Anchors',
  'Sources',
  'states',
  'info',
  'Interfaces',
  'labels',
  'timeouts',
  'memory',
  'Tables',
  'osfp',
  'all',
];
const FLUSH = ['rules', 'Sources', 'states', 'info', 'Tables', 'osfp', 'Reset', 'all'];
const TABLE = ['kill', 'flush', 'add', 'delete', 'replace', 'show', 'test', 'zero', 'expire'];

/** The first word of a list that starts like this, as pfctl_lookup_option() does it. */
const lookUp = (text: string, words: readonly string[]): string | null =>
  words.find((word) => word.startsWith(text)) ?? null;

interface Call {
  readonly invocation: Invocation;
  readonly anchor: string;
  readonly isRecursive: boolean;
  readonly isWildcard: boolean;
  readonly verbosity: number;
  readonly isQuiet: boolean;
  readonly isDryRun: boolean;
  readonly nic: string | null;
  readonly rdomain: number;
}

/** Thrown by what ends pfctl at once, as errx() and usage() do. */
class Stop extends Error {
  readonly code: number;
  constructor(code: number) {
    super('stop');
    this.code = code;
  }
}

const die = (invocation: Invocation, message: string, code = 1): never => {
  invocation.err(`pfctl: ${message}\n`);
  throw new Stop(code);
};

const usage = (invocation: Invocation, message?: string): never => {
  if (message !== undefined) invocation.err(`pfctl: ${message}\n`);
  invocation.err(USAGE);
  throw new Stop(1);
};

const kill = (call: Call, keys: readonly string[]) => {
  const { invocation } = call;
  const { router } = invocation;
  const { firewall } = router;
  const say = (text: string): void => {
    if (!call.isQuiet) invocation.err(`${text}\n`);
  };
  const isOn = (pfState: PfState): boolean => call.nic === null || pfState.interface === call.nic;
  // the end that counts is the initiator's: the stack's key going out, the wire's coming in
  const keyOf = (
    pfState: PfState,
  ): {
    readonly rdomain: number;
    readonly source: string;
    readonly sourcePort: number;
    readonly destination: string;
    readonly destinationPort: number;
  } =>
    pfState.direction === 'out'
      ? {
          rdomain: pfState.stack.rdomain,
          source: pfState.stack.address1,
          sourcePort: pfState.stack.port1,
          destination: pfState.stack.address0,
          destinationPort: pfState.stack.port0,
        }
      : {
          rdomain: pfState.wire.rdomain,
          source: pfState.wire.address0,
          sourcePort: pfState.wire.port0,
          destination: pfState.wire.address1,
          destinationPort: pfState.wire.port1,
        };
  firewall.states.purge(router.clock.now());
  const [first = '', second = ''] = keys;
  if (first === 'label') {
    if (keys.length !== 2 || second === '') usage(invocation, 'no label specified');
    const count = killStates(
      firewall,
      (one) => one.rule.label === second && keyOf(one).rdomain === call.rdomain && isOn(one),
    );
    return say(`killed ${count} states`);
  }
  if (first === 'id') {
    if (keys.length !== 2 || second === '') usage(invocation, 'no id specified');
    const match = /^([0-9a-f]+)(?:\/([0-9a-f]+))?/i.exec(second);
    if (match === null) return usage(invocation, 'wrong id format specified');
    const id = BigInt(`0x${match[1]}`);
    if (id === 0n) usage(invocation, 'cannot kill id 0');
    const isOurs =
      match[2] === undefined || Number.parseInt(match[2], 16) === Number.parseInt(firewall.creator, 16);
    const pfState = isOurs ? firewall.states.all.get(id) : undefined;
    return say(`killed ${pfState === undefined ? 0 : killStates(firewall, (one) => one === pfState)} states`);
  }
  if (first === 'key') {
    if (keys.length !== 2 || second === '') usage(invocation, 'no key specified');
    const tokens = second.split(/[ \t]+/).filter((token) => token !== '');
    const [protocol = '', one = '', direction = '', two = ''] = tokens;
    if (tokens.length !== 4)
      die(
        invocation,
        'pfctl_key_kill_states: key must be "protocol host1:port1 direction host2:port2" format',
      );
    if (!['tcp', 'udp', 'icmp', 'ipv6-icmp', 'icmp6'].includes(protocol))
      die(invocation, `invalid protocol: ${protocol}`);
    if (direction !== '->' && direction !== '<-') die(invocation, `invalid direction: ${direction}`);
    const parse = (text: string): { readonly address: string; readonly port: number } => {
      const match = /^(.+?)(?:\[([0-9]+)\]|:([0-9]+))$/.exec(text);
      const address = match === null ? null : parseAddress(match[1] ?? '');
      if (match === null || address === null) return die(invocation, `invalid host: ${text}`);
      return { address: address.text, port: Number(match[2] ?? match[3]) };
    };
    const [source, destination] = direction === '->' ? [parse(one), parse(two)] : [parse(two), parse(one)];
    // in: what comes from the source; out: what goes to the destination, as the stack sees it
    const count = killStates(firewall, (each) => {
      const key = keyOf(each);
      return (
        each.protocol === (protocol === 'icmp6' ? 'ipv6-icmp' : protocol) &&
        key.rdomain === call.rdomain &&
        key.source === source.address &&
        key.sourcePort === source.port &&
        key.destination === destination.address &&
        key.destinationPort === destination.port &&
        isOn(each)
      );
    });
    return say(`killed ${count} states`);
  }
  const prefixes = keys.map((text): Prefix => {
    const [host = '', mask] = text.split('/');
    const address = parseAddress(host);
    if (address === null) return die(invocation, 'getaddrinfo: no address associated with name');
    const bits = bitsOf(address.family);
    const length = mask === undefined ? bits : Number(mask);
    if (!Number.isInteger(length) || length < 0 || length > bits)
      return die(invocation, `prefix is ${Number.isInteger(length) ? 'too large' : 'invalid'}: ${mask}`);
    return createPrefix(address.family, address.value, length);
  });
  const isIn = (prefix: Prefix | undefined, text: string): boolean => {
    const address = parseAddress(text);
    return prefix === undefined || (address !== null && doesContain(prefix, address));
  };
  const count = killStates(firewall, (one) => {
    const key = keyOf(one);
    return (
      key.rdomain === call.rdomain &&
      isIn(prefixes[0], key.source) &&
      isIn(prefixes[1], key.destination) &&
      isOn(one)
    );
  });
  say(`killed ${count} states from 1 sources and ${prefixes.length > 1 ? 1 : 0} destinations`);
};

const show = (call: Call, what: string): Shown => {
  const { router } = call.invocation;
  const { firewall } = router;
  switch (what) {
    case 'rules':
      return showRules(firewall, call.anchor, call.verbosity, call.isRecursive, call.isWildcard);
    case 'labels':
      return showLabels(firewall, call.anchor);
    case 'Anchors':
      return showAnchors(firewall, call.anchor);
    case 'states':
      return showStates(router, call.nic, call.verbosity);
    case 'Tables':
      return showTables(firewall, call.anchor, call.verbosity, call.isRecursive);
    case 'info':
      return showInfo(router, call.verbosity);
    case 'timeouts':
      return showTimeouts();
    case 'memory':
      return showLimits(firewall);
    case 'Interfaces':
      return showInterfaces(router);
    case 'queue':
      return showQueues(firewall);
    case 'Sources':
      return { out: '' };
    default:
      return { out: '', err: `pfctl: emulator: -s ${what} not known\n`, code: 1 };
  }
};

const flush = (call: Call, what: string) => {
  const { invocation, anchor } = call;
  const { firewall } = invocation.router;
  const say = (text: string): void => {
    if (!call.isQuiet) invocation.err(`${text}\n`);
  };
  const anchors = call.isRecursive
    ? [
        ...(anchor === '' ? [''] : [anchor]),
        ...anchorPaths(firewall).filter((path) => anchor === '' || path.startsWith(`${anchor}/`)),
      ]
    : [anchor];
  const rules = (): void => {
    for (const path of anchors) setRules(firewall, path, [], invocation.pid);
    say('rules cleared');
  };
  const tables = (): void => {
    const doomed = [...firewall.tables.values()].filter((table) => anchors.includes(table.anchor));
    for (const table of doomed) dropTable(firewall, table);
    say(`${doomed.length} tables deleted.`);
  };
  const states = (): void => {
    const count = killStates(firewall, (one) => call.nic === null || one.interface === call.nic);
    say(`${count} states cleared`);
  };
  switch (what) {
    case 'rules':
      return rules();
    case 'Tables':
      return tables();
    case 'states':
      return states();
    case 'Sources':
      return say('source tracking entries cleared');
    case 'info':
      return say('pf: statistics cleared');
    case 'all':
      if (call.nic !== null) usage(invocation, "don't specify an interface with -Fall");
      tables();
      rules();
      if (anchor !== '') return;
      states();
      say('source tracking entries cleared');
      say('pf: statistics cleared');
      return say('pf: interface flags reset');
    default:
      return invocation.err(`pfctl: emulator: -F ${what} not known\n`);
  }
};

const parseWorld = (call: Call, anchor: string): ParseWorld => {
  const { invocation } = call;
  const { firewall } = invocation.router;
  return {
    ...firewall.world,
    readFile: invocation.readFile,
    anchorsWithTable: (name) =>
      [...firewall.tables.values()]
        .filter((table) => table.name === name && table.anchor !== anchor)
        .map((table) => (table.anchor === '' ? '/' : table.anchor)),
    setSkip: (names) => {
      if (!call.isDryRun) for (const name of names) firewall.skips.add(name);
    },
    setLimit: (name, value) => {
      if (!call.isDryRun) firewall.limits.set(name, value);
      return true;
    },
    automaticName: () => `__automatic_${firewall.creator}_${firewall.nextAutomatic++}`,
  };
};

const load = (call: Call, path: string, text: string | null) => {
  const { invocation, anchor } = call;
  const { router } = invocation;
  const { firewall, clock } = router;
  const failed = 'pfctl: Syntax error in config file: pf rules not loaded\n';
  const end = (): never => {
    if (!call.isDryRun) invocation.err(failed);
    throw new Stop(1);
  };
  if (anchor.length >= 64) die(invocation, 'pfctl_rules: strlcpy');
  if (text === null) {
    invocation.err(`pfctl: pushfile: ${path}: No such file or directory\n`);
    invocation.err('pfctl: cannot open the main config file!: No such file or directory\n');
    end();
  }
  const parse = (content: string, file: string, into: string): ParseOutcome => {
    const outcome = parseRuleset(
      content,
      { file, anchor: into, verbosity: call.verbosity },
      parseWorld(call, into),
    );
    if (outcome.stdout !== '') invocation.out(outcome.stdout);
    if (outcome.stderr !== '') invocation.err(outcome.stderr);
    return outcome;
  };
  // interfaces are no longer skipped from here on: pfctl clears the flags before it reads the main rule set
  if (anchor === '' && !call.isDryRun) firewall.skips.clear();
  const main = parse(text ?? '', path === '-' ? 'stdin' : path, anchor);
  if (main.content === null) return end();
  const loaded: { readonly anchor: string; readonly content: ParsedRuleset }[] = [
    { anchor, content: main.content },
  ];
  for (const one of main.content.loads) {
    const inner = invocation.readFile(one.file);
    if (inner === null) {
      invocation.err(`pfctl: pushfile: ${one.file}: No such file or directory\n`);
      invocation.err('pfctl: cannot open the main config file!: No such file or directory\n');
    }
    const outcome = inner === null ? null : parse(inner, one.file, one.anchor);
    if (outcome === null || outcome.content === null) {
      if (!call.isDryRun) invocation.err(`${failed}pfctl: load anchors\n`);
      throw new Stop(1);
    }
    loaded.push({ anchor: one.anchor, content: outcome.content });
  }
  if (call.isDryRun) return;
  for (const one of loaded)
    loadRuleset(firewall, one.anchor, one.content, { pid: invocation.pid, wall: clock.wall() });
};

const work = (invocation: Invocation, finish: (code: number, isReadOnly: boolean) => void) => {
  const { router, args } = invocation;
  const { firewall, clock } = router;
  if (args.length === 0) usage(invocation);
  const options = parseOptions(args, 'a:dD:eqf:F:ghi:k:K:L:Nno:Pp:R:rS:s:t:T:vV:x:z');
  let anchorText: string | null = null;
  let file: string | null = null;
  let showWhat: string | null = null;
  let flushWhat: string | null = null;
  let table: string | null = null;
  let tableCommand: string | null = null;
  let nic: string | null = null;
  let rdomain = 0;
  let verbosity = 0;
  let doesWrite = false;
  const kills: string[] = [];
  const sourceKills: string[] = [];
  const flags = new Set<string>();
  for (const { letter, value } of options.given) {
    const text = value ?? '';
    switch (letter) {
      case 'a':
        anchorText = text;
        break;
      case 'f':
        file = text;
        doesWrite = true;
        break;
      case 's':
        showWhat = lookUp(text, SHOW) ?? usage(invocation, `Unknown show modifier '${text}'`);
        break;
      case 'F':
        flushWhat = lookUp(text, FLUSH) ?? usage(invocation, `Unknown flush modifier '${text}'`);
        doesWrite = true;
        break;
      case 't':
        table = text;
        break;
      case 'T':
        tableCommand = lookUp(text, TABLE) ?? usage(invocation, `Unknown table command '${text}'`);
        break;
      case 'k':
        if (kills.length >= 2) usage(invocation, 'can only specify -k twice');
        kills.push(text);
        doesWrite = true;
        break;
      case 'K':
        if (sourceKills.length >= 2) usage(invocation, 'can only specify -K twice');
        sourceKills.push(text);
        doesWrite = true;
        break;
      case 'i':
        nic = text;
        break;
      case 'p':
        if (text !== '/dev/pf') die(invocation, `${text}: No such file or directory`);
        break;
      case 'V':
        if (!/^[0-9]+$/.test(text) || Number(text) > 255)
          usage(invocation, `Invalid rdomain: ${/^[0-9]+$/.test(text) ? 'too large' : 'invalid'}`);
        rdomain = Number(text);
        break;
      case 'v':
        verbosity++;
        break;
      case 'h':
        usage(invocation);
        break;
      case 'D':
      case 'L':
      case 'S':
      case 'o':
      case 'R':
      case 'x':
      case 'z':
        die(invocation, `emulator: -${letter} not known`);
        break;
      default:
        flags.add(letter);
        if (letter === 'e' || letter === 'd') doesWrite = true;
    }
  }
  if (options.problem !== null) usage(invocation, options.problem);
  if ((tableCommand === null) !== (table === null)) usage(invocation);
  if (tableCommand !== null) doesWrite = tableCommand !== 'show' && tableCommand !== 'test';
  else if (options.rest.length > 0)
    usage(invocation, `unknown command line argument: ${options.rest[0]} ...`);
  let anchor = anchorText ?? '';
  let isRecursive = false;
  let isWildcard = false;
  if (anchorText !== null) {
    if (anchorText === '') die(invocation, 'anchor name must not be empty');
    if (!doesWrite && showWhat === null && tableCommand === null)
      usage(invocation, 'anchors apply to -f, -F, -s, and -T only');
    if (doesWrite && tableCommand === null && (anchorText.startsWith('_') || anchorText.includes('/_')))
      die(invocation, "anchor names beginning with '_' cannot be modified from the command line");
    if (anchorText.endsWith('*')) {
      isRecursive = true;
      isWildcard = anchorText.endsWith('/*');
      anchor = anchorText.replace(/\/?\*$/, '');
    }
    anchor = anchor.replace(/^\//, '');
    if (anchor.length >= 1024) die(invocation, `anchor name '${anchor}' too long`);
  }
  const isDryRun = flags.has('n');
  const call: Call = {
    invocation,
    anchor,
    isRecursive,
    isWildcard,
    verbosity,
    isQuiet: flags.has('q'),
    isDryRun,
    nic,
    rdomain,
  };
  const isReadOnly = !isDryRun && !doesWrite;
  let code = 0;
  const setEnabled = (isEnabled: boolean): void => {
    if (firewall.isEnabled === isEnabled)
      die(invocation, isEnabled ? 'pf already enabled' : 'pf not enabled');
    firewall.isEnabled = isEnabled;
    firewall.since = clock.now();
    if (!call.isQuiet) invocation.err(`pf ${isEnabled ? 'enabled' : 'disabled'}\n`);
  };
  if (flags.has('d') && !isDryRun) setEnabled(false);
  if (showWhat !== null && !isDryRun) {
    const shown = show(call, showWhat);
    if (shown.out !== '') invocation.out(shown.out);
    if (shown.err !== undefined) invocation.err(shown.err);
    if (shown.code !== undefined) return finish(shown.code, isReadOnly);
  }
  if (flushWhat !== null && !isDryRun) flush(call, flushWhat);
  if (kills.length > 0) kill(call, kills);
  if (sourceKills.length > 0 && !call.isQuiet)
    invocation.err(`killed 0 src nodes from 1 sources and ${sourceKills.length > 1 ? 1 : 0} destinations\n`);

  const withFile = (use: (text: string | null) => void): void => {
    if (file === '-') invocation.stdin((text) => use(text));
    else use(file === null ? null : invocation.readFile(file));
  };
  const guarded = (run: () => void): void => {
    try {
      run();
    } catch (stop) {
      if (!(stop instanceof Stop)) throw stop;
      finish(stop.code, isReadOnly);
    }
  };
  if (tableCommand !== null && table !== null) {
    const name = table;
    const command = tableCommand;
    if (name.length >= 32) {
      invocation.err(USAGE);
      return finish(1, isReadOnly);
    }
    return withFile((text) =>
      guarded(() => {
        const answer = runTable({
          firewall,
          anchor,
          name,
          command,
          words: options.rest,
          file: file === null ? null : { path: file, text },
          verbosity,
          isQuiet: call.isQuiet,
          isDummy: isDryRun,
          wall: clock.wall(),
        });
        if (answer.out !== '') invocation.out(answer.out);
        if (answer.err !== '') invocation.err(answer.err);
        if (answer.isUsage === true) invocation.err(USAGE);
        finish(answer.code, isReadOnly);
      }),
    );
  }
  if (file !== null) {
    const path = file;
    return withFile((text) =>
      guarded(() => {
        load(call, path, text);
        if (flags.has('e') && !isDryRun) setEnabled(true);
        finish(code, isReadOnly);
      }),
    );
  }
  if (flags.has('e') && !isDryRun) setEnabled(true);
  code = 0;
  finish(code, isReadOnly);
};

const LIMITS = ['states', 'src-nodes', 'frags', 'tables', 'table-entries', 'pktdelay-pkts', 'anchors'];

export const pfctl: Program = (invocation) => {
  const finish = (code: number, isReadOnly: boolean): void => {
    if (code !== 0 && isReadOnly)
      for (const name of LIMITS) invocation.err(`pfctl: DIOCSETLIMIT (${name}): Permission denied\n`);
    invocation.exit(code);
  };
  try {
    work(invocation, finish);
  } catch (stop) {
    if (!(stop instanceof Stop)) throw stop;
    invocation.exit(stop.code);
  }
};
