/** pfctl -f and -F: loading rule sets, with those that they load in turn, and flushing. Loading is atomic: what does not parse changes nothing. */
import type { Firewall } from './pf.ts';
import {
  childrenOf,
  clearCounters,
  doesAnchorExist,
  dropTable,
  killStates,
  loadRuleset,
  resetOptions,
  setRules,
} from './pf.ts';
import type { Optimization } from './pf-optimize.ts';
import type { ParsedRuleset, ParseOutcome } from './pf-parse.ts';
import { parseRuleset } from './pf-parse.ts';
import type { ParseWorld } from './pf-source.ts';
import type { Call } from './pfctl-call.ts';
import { die, Stop, usage } from './pfctl-call.ts';

/** An anchor with all below it, in the order in which pfctl clears them: the last first (pfctl_get_anchors). */
const anchorsFrom = (firewall: Firewall, anchor: string): readonly string[] => {
  const below = childrenOf(firewall, anchor).map((child) => (anchor === '' ? child : `${anchor}/${child}`));
  return [...below.reverse().flatMap((path) => anchorsFrom(firewall, path)), anchor];
};

/** `what` is one of the words of -F. */
export const flush = (call: Call, what: string) => {
  const { invocation, anchor } = call;
  const { firewall, clock } = invocation.router;
  const say = (text: string): void => {
    if (!call.isQuiet) invocation.err(`${text}\n`);
  };
  const clearRules = (path: string): void => {
    setRules(firewall, path, [], invocation.pid);
    // queues come and go with the main rule set; anchors and what they hold stay, though nothing calls them any more
    if (path === '') firewall.queues = [];
  };
  const clearTables = (path: string): number => {
    const doomed = [...firewall.tables.values()].filter((table) => table.anchor === path);
    for (const table of doomed) dropTable(firewall, table);
    return doomed.length;
  };
  const recurse = (clear: (path: string) => void): void => {
    if (!doesAnchorExist(firewall, anchor)) die(invocation, 'Anchor does not exist');
    invocation.out('Removing:\n');
    for (const path of anchorsFrom(firewall, anchor)) {
      invocation.out(`  ${path === '' ? '/' : path}\n`);
      clear(path);
    }
  };
  const rules = (): void => {
    if (call.isRecursive) recurse(clearRules);
    else {
      clearRules(anchor);
      say('rules cleared');
    }
  };
  const tables = (): void => {
    if (call.isRecursive) recurse(clearTables);
    else say(`${clearTables(anchor)} tables deleted.`);
  };
  const anchors = (): void => {
    if (call.isRecursive)
      recurse((path) => {
        clearTables(path);
        clearRules(path);
      });
    else {
      tables();
      rules();
    }
  };
  const states = (): void => {
    const count = killStates(firewall, (one) => call.nic === null || one.interface === call.nic);
    say(`${count} states cleared`);
  };
  const sources = (): void => {
    firewall.nodes.clear();
    say('source tracking entries cleared');
  };
  const info = (): void => {
    if (call.nic === null) clearCounters(firewall);
    else
      for (const nic of invocation.router.nics())
        if (nic.name === call.nic || invocation.router.groupsOf(nic).includes(call.nic))
          firewall.traffic.clear(nic.name, clock.now());
    say(`pf: statistics cleared${call.nic === null ? '' : ` for interface ${call.nic}`}`);
  };
  const reset = (): void => {
    resetOptions(firewall);
    say('pf: interface flags reset');
  };
  switch (what) {
    case 'rules':
      return rules();
    case 'Tables':
      return tables();
    case 'states':
      return states();
    case 'Sources':
      return sources();
    case 'Reset':
      return reset();
    case 'info':
      return info();
    case 'all':
      if (call.nic !== null) usage(invocation, "don't specify an interface with -Fall");
      anchors();
      if (anchor !== '') return;
      states();
      sources();
      info();
      return reset();
    default:
      return die(invocation, `emulator: -F ${what} not known`);
  }
};

const parseWorld = (call: Call): ParseWorld => {
  const { invocation } = call;
  const { firewall } = invocation.router;
  let temporaries = 0;
  return {
    ...firewall.world,
    readFile: invocation.readFile,
    anchorsWithTable: (name, path) =>
      [...firewall.tables.values()]
        .filter((table) => table.name === name && table.anchor !== path)
        .map((table) => (table.anchor === '' ? '/' : table.anchor)),
    setSkip: (names) => {
      if (call.isDryRun) return;
      if (names === 'none') firewall.skips.clear();
      else for (const name of names) firewall.skips.add(name);
    },
    setLimit: (name, value) => {
      if (!call.isDryRun) firewall.limits.set(name, value);
    },
    setDebug: (level) => {
      if (!call.isDryRun) firewall.debug = level;
    },
    randomKey: () =>
      `0x${[0, 0, 0, 0].map(() => firewall.random.below(4294967296).toString(16).padStart(8, '0')).join('')}`,
    temporaryName: () => `__automatic_${temporaries++}`,
    automaticName: (temporary) =>
      call.isDryRun ? temporary : `__automatic_${firewall.creator}_${firewall.nextAutomatic++}`,
  };
};

/** PATH_MAX */
const PATH_SIZE = 1024;

interface Loaded {
  readonly anchor: string;
  readonly content: ParsedRuleset;
}

/** Loads the text of a file, null when it is not there. Throws `Stop` when pfctl would exit with 1. */
export const load = (call: Call, path: string, text: string | null) => {
  const { invocation, anchor } = call;
  const { router } = invocation;
  const { firewall, clock } = router;
  const failed = 'pfctl: Syntax error in config file: pf rules not loaded\n';
  const end = (): never => {
    if (!call.isDryRun) invocation.err(failed);
    throw new Stop(1);
  };
  if (anchor.length >= 64) die(invocation, 'pfctl_rules: strlcpy');
  const read = (file: string, content: string | null): string | null => {
    if (content === null)
      invocation.err(
        `pfctl: pushfile: ${file}: No such file or directory\npfctl: cannot open the main config file!: No such file or directory\n`,
      );
    return content;
  };
  const world = parseWorld(call);
  const parse = (
    content: string,
    file: string,
    into: string,
    optimization: Optimization | null,
  ): ParseOutcome => {
    const outcome = parseRuleset(
      content,
      {
        file,
        anchor: into,
        verbosity: call.verbosity,
        isDryRun: call.isDryRun,
        optimization,
        macros: call.macros,
      },
      world,
    );
    if (outcome.stdout !== '') invocation.out(outcome.stdout);
    if (outcome.stderr !== '') invocation.err(outcome.stderr);
    return outcome;
  };
  const content = read(path, text);
  if (content === null) return end();
  // interfaces are no longer skipped from here on: pfctl clears the flags before it reads the main rule set
  if (anchor === '' && !call.isDryRun) firewall.skips.clear();
  const main = parse(content, path === '-' ? 'stdin' : path, anchor, call.optimization);
  if (main.isFatal) throw new Stop(1);
  if (main.content === null) return end();
  const loaded: Loaded[] = [{ anchor, content: main.content }];
  // grows as those that are loaded load others
  const loads = [...main.content.loads];
  for (const one of loads) {
    if (call.verbosity > 0) invocation.err(`\nLoading anchor ${one.anchor} from ${one.file}\n`);
    if (one.anchor.length >= PATH_SIZE) die(invocation, 'pfctl_rules: strlcpy');
    if (one.anchor.endsWith('/')) die(invocation, `pfctl_rules: bad anchor name ${one.anchor}`);
    const inner = read(one.file, invocation.readFile(one.file));
    const outcome = inner === null ? null : parse(inner, one.file, one.anchor, main.content.optimization);
    if (outcome === null || outcome.content === null) {
      if (!call.isDryRun) invocation.err(failed);
      return die(invocation, 'load anchors');
    }
    loaded.push({ anchor: one.anchor, content: outcome.content });
    loads.push(...outcome.content.loads);
  }
  if (call.isDryRun) return;
  for (const one of loaded)
    loadRuleset(firewall, one.anchor, one.content, { pid: invocation.pid, wall: clock.wall() });
};
