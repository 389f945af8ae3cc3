/**
 * pfctl(8): options, order of work, words and exit codes as sbin/pfctl/pfctl.c has them. Loading is atomic: what does not parse changes
 * nothing. Read-only commands that fail add seven lines about DIOCSETLIMIT (OPENBSD.md 2, point 9).
 */
import type { Call } from './pfctl-call.ts';
import { die, Stop, USAGE, usage } from './pfctl-call.ts';
import { kill, killSources } from './pfctl-kill.ts';
import { flush, load } from './pfctl-load.ts';
import type { Shown } from './pfctl-show.ts';
import {
  listStates,
  showAnchors,
  showInfo,
  showLabels,
  showLimits,
  showRules,
  showSources,
  showTables,
  showTimeouts,
} from './pfctl-show.ts';
import { showInterfaces } from './pfctl-show-interfaces.ts';
import { showQueues } from './pfctl-show-queues.ts';
import { runTable } from './pfctl-table.ts';
import type { Invocation, Program } from './program.ts';
import { parseOptions } from './program.ts';

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

const show = (call: Call, what: string): Shown => {
  const { router } = call.invocation;
  const { firewall } = router;
  switch (what) {
    case 'rules':
      return showRules(firewall, call.anchor, call.verbosity, call.isRecursive, call.isWildcard);
    case 'labels':
      return showLabels(firewall, call.anchor);
    case 'Anchors':
      return showAnchors(firewall, call.anchor, call.verbosity > 0);
    case 'Tables':
      return showTables(firewall, call.anchor, call.verbosity, call.isRecursive);
    case 'info':
      return showInfo(router, call.verbosity);
    case 'timeouts':
      return showTimeouts(firewall);
    case 'memory':
      return showLimits(firewall);
    case 'Interfaces':
      return showInterfaces(router, call.nic, call.verbosity);
    case 'queue':
      return showQueues(router, call.nic, call.verbosity);
    case 'Sources':
      return showSources(router, call.verbosity);
    default:
      return { out: '', err: `pfctl: emulator: -s ${what} not known\n`, code: 1 };
  }
};

/** Prints pf states as fast as they are read, and no faster; goes on with `then`. */
const printStates = (call: Call, then: () => void): void => {
  const { invocation, nic, verbosity } = call;
  const { router } = invocation;
  const { next, piece } = listStates(router, nic, verbosity);
  const perSecond = router.statesListedPerSecond;
  const turn = () => {
    const text = next();
    if (text === null) return then();
    invocation.out(text);
    if (perSecond === null) invocation.whenRead(turn);
    else invocation.onEnd(router.clock.after((piece * 1000) / perSecond, () => invocation.whenRead(turn)));
  };
  turn();
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
      // of these some would only change what is printed: it is refused as well, rather than printed otherwise
      case 'D':
      case 'g':
      case 'L':
      case 'P':
      case 'r':
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
  if (!isDryRun && !invocation.isRoot) die(invocation, '/dev/pf: Permission denied');
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
  const guarded = (run: () => void): void => {
    try {
      run();
    } catch (stop) {
      if (!(stop instanceof Stop)) throw stop;
      finish(stop.code, isReadOnly);
    }
  };
  const rest = () => {
    if (flushWhat !== null && !isDryRun) flush(call, flushWhat);
    if (kills.length > 0) kill(call, kills);
    if (sourceKills.length > 0) killSources(call, sourceKills);

    const withFile = (use: (text: string | null) => void): void => {
      if (file === '-') invocation.stdin((text) => use(text));
      else use(file === null ? null : invocation.readFile(file));
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
  if (showWhat === 'states' && !isDryRun) return printStates(call, () => guarded(rest));
  if (showWhat !== null && !isDryRun) {
    const shown = show(call, showWhat);
    if (shown.out !== '') invocation.out(shown.out);
    if (shown.err !== undefined) invocation.err(shown.err);
    if (shown.code !== undefined) return finish(shown.code, isReadOnly);
  }
  rest();
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
