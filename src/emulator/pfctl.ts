/**
 * pfctl(8): options, order of work, words and exit codes as sbin/pfctl/pfctl.c has them. Loading is atomic: what does not parse changes
 * nothing. Read-only commands that fail add seven lines about DIOCSETLIMIT (OPENBSD.md 2, point 9).
 */
import type { Call } from './pfctl-call.ts';
import { die, Stop, USAGE, usage } from './pfctl-call.ts';
import { kill, killSources } from './pfctl-kill.ts';
import { flush, load } from './pfctl-load.ts';
import { readCommandLine } from './pfctl-option.ts';
import type { Shown } from './pfctl-show.ts';
import {
  listStates,
  MISSING,
  showAnchors,
  showInfo,
  showLimits,
  showSources,
  showTables,
  showTimeouts,
} from './pfctl-show.ts';
import { showInterfaces } from './pfctl-show-interfaces.ts';
import { showQueues } from './pfctl-show-queues.ts';
import { clearRules, showLabels, showRules } from './pfctl-show-rules.ts';
import { runTable } from './pfctl-table.ts';
import type { Invocation, Program } from './program.ts';

const allStates = ({ invocation, nic, verbosity }: Call): string => {
  const { next } = listStates(invocation.router, nic, verbosity, null);
  let text = '';
  for (let piece = next(); piece !== null; piece = next()) text += piece;
  return text;
};

/** `-s all`: each with a title, some of them only when there is something. */
const showAll = (given: Call): Shown => {
  const call = { ...given, ruleNumber: null, isWildcard: false };
  const { router } = call.invocation;
  const asked = { ...call, firewall: router.firewall };
  const rules = showRules(asked);
  const labels = rules === MISSING ? MISSING : showLabels(asked);
  const sections: readonly (readonly [string, Shown, boolean])[] = [
    ['FILTER RULES:', rules, rules !== MISSING],
    ['QUEUES:', showQueues(router, call.nic, call.verbosity), false],
    ['STATES:', { out: allStates(call) }, false],
    ['SOURCE TRACKING NODES:', showSources(router, call.verbosity), false],
    ['INFO:', showInfo(router, call.verbosity), true],
    ['LABEL COUNTERS:', labels, false],
    ['TIMEOUTS:', showTimeouts(router.firewall), true],
    ['LIMITS:', showLimits(router.firewall), true],
    ['TABLES:', showTables(router.firewall, call.anchor, call.verbosity, false), false],
  ];
  const shown = sections.filter(([, { out }, isAlways]) => isAlways || out !== '');
  return {
    out: shown.map(([title, { out }]) => `${title}\n${out}`).join('\n'),
    err: `${sections.map(([, { err = '' }]) => err).join('')}pfctl: emulator: fingerprints not known\n`,
    code: 1,
  };
};

const show = (call: Call, what: string): Shown => {
  const { router } = call.invocation;
  const { firewall } = router;
  const asked = { ...call, firewall };
  switch (what) {
    case 'rules':
      return showRules(asked);
    case 'labels':
      return showLabels(asked);
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
    case 'all':
      return showAll(call);
    default:
      return { out: '', err: `pfctl: emulator: -s ${what} not known\n`, code: 1 };
  }
};

/** Prints pf states as fast as they are read, and no faster; goes on with `then`. */
const printStates = (call: Call, then: () => void): void => {
  const { invocation, nic, verbosity, ruleNumber } = call;
  const { router } = invocation;
  const { next, piece } = listStates(router, nic, verbosity, ruleNumber);
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
  const { router } = invocation;
  const { firewall, clock } = router;
  const line = readCommandLine(invocation);
  const { anchorText, file, showWhat, flushWhat, table, tableCommand, kills, sourceKills, flags, doesWrite } =
    line;
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
    verbosity: line.verbosity,
    isQuiet: flags.has('q'),
    isDryRun,
    nic: line.nic,
    rdomain: line.rdomain,
    ruleNumber: line.ruleNumber,
    doesClear: flags.has('z'),
    macros: line.macros,
    optimization: line.optimization,
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
    if (call.doesClear && (showWhat === null || isDryRun)) {
      if (isDryRun) invocation.err('pfctl: DIOCGETRULE: Permission denied\n');
      else invocation.err(clearRules({ ...call, firewall }).err ?? '');
    }
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
            words: line.rest,
            file: file === null ? null : { path: file, text },
            verbosity: call.verbosity,
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
