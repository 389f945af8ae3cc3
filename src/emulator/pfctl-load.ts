/** pfctl -f and -F: loading rule sets, with those that they load in turn, and flushing. Loading is atomic: what does not parse changes nothing. */
import {
  anchorPaths,
  clearCounters,
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

/** `what` is one of the words of -F. */
export const flush = (call: Call, what: string) => {
  const { invocation, anchor } = call;
  const { firewall, clock } = invocation.router;
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
    // queues come and go with the main rule set; anchors and what they hold stay, though nothing calls them any more
    if (anchors.includes('')) firewall.queues = [];
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
      tables();
      rules();
      if (anchor !== '') return;
      states();
      sources();
      info();
      return reset();
    default:
      return invocation.err(`pfctl: emulator: -F ${what} not known\n`);
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
      if (!call.isDryRun) for (const name of names) firewall.skips.add(name);
    },
    setLimit: (name, value) => {
      if (!call.isDryRun) firewall.limits.set(name, value);
      return true;
    },
    randomKey: () =>
      `0x${[0, 0, 0, 0].map(() => firewall.random.below(4294967296).toString(16).padStart(8, '0')).join('')}`,
    temporaryName: () => `__automatic_${temporaries++}`,
    automaticName: (temporary) =>
      call.isDryRun ? temporary : `__automatic_${firewall.creator}_${firewall.nextAutomatic++}`,
  };
};

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
  if (text === null) {
    invocation.err(`pfctl: pushfile: ${path}: No such file or directory\n`);
    invocation.err('pfctl: cannot open the main config file!: No such file or directory\n');
    end();
  }
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
  // interfaces are no longer skipped from here on: pfctl clears the flags before it reads the main rule set
  if (anchor === '' && !call.isDryRun) firewall.skips.clear();
  const main = parse(text ?? '', path === '-' ? 'stdin' : path, anchor, null);
  if (main.isFatal) throw new Stop(1);
  if (main.content === null) return end();
  const loaded: { readonly anchor: string; readonly content: ParsedRuleset }[] = [
    { anchor, content: main.content },
  ];
  for (const one of main.content.loads) {
    if (call.verbosity > 0) invocation.err(`\nLoading anchor ${one.anchor} from ${one.file}\n`);
    const inner = invocation.readFile(one.file);
    if (inner === null) {
      invocation.err(`pfctl: pushfile: ${one.file}: No such file or directory\n`);
      invocation.err('pfctl: cannot open the main config file!: No such file or directory\n');
    }
    const outcome = inner === null ? null : parse(inner, one.file, one.anchor, main.content.optimization);
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
