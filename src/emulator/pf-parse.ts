/**
 * A whole rule set: the statements of pf.conf(5) and their recovery after errors (sbin/pfctl/parse.y, ruleset). Gives what is to be loaded, or
 * what pfctl would say. What the emulator does not know is refused loudly, never skipped.
 */
import { parseAntispoof } from './pf-antispoof-parse.ts';
import type { Expansion, HostNode } from './pf-expand.ts';
import { expandRule } from './pf-expand.ts';
import { words } from './pf-item-parse.ts';
import type { Optimization } from './pf-optimize.ts';
import { optimize } from './pf-optimize.ts';
import { parseOption } from './pf-option-parse.ts';
import { renderRule, UNLOADED } from './pf-print.ts';
import { leafComplaint, orderQueues, queueProblem } from './pf-queue.ts';
import { parseQueue } from './pf-queue-parse.ts';
import { parseAnchorName, parseAnchorRule, parsePfRule } from './pf-rule-parse.ts';
import type { Rule } from './pf-rules.ts';
import type { ParseWorld, QueueDefinition, Source, SourceState } from './pf-source.ts';
import { openSource, Refusal } from './pf-source.ts';
import type { TableDefinition } from './pf-table-parse.ts';
import { parseTable, renderTable } from './pf-table-parse.ts';
import type { Timeouts } from './pf-timeout.ts';

/** The rules and tables of one anchor, and of the anchors that are written inside it (`anchor "x" { … }`). */
export interface RulesetSection {
  readonly path: string;
  readonly rules: readonly Rule[];
  readonly tables: readonly TableDefinition[];
  readonly inline: readonly RulesetSection[];
}

export interface ParsedRuleset extends RulesetSection {
  readonly queues: readonly QueueDefinition[];
  readonly loads: readonly { readonly anchor: string; readonly file: string }[];
  /** What `set timeout` and `set optimization` say; only those of the main rule set count. */
  readonly timeouts: Partial<Timeouts>;
  readonly optimization: Optimization | null;
}

export interface ParseOutcome {
  readonly content: ParsedRuleset | null;
  /** pfctl has said why and died of it: it adds nothing. */
  readonly isFatal: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ParseOptions {
  /** As pfctl names it in errors: `stdin` or the path. */
  readonly file: string;
  readonly anchor: string;
  /** 0, 1 (`-v`) or 2 (`-vv`). */
  readonly verbosity: number;
  /** `-n`. */
  readonly isDryRun: boolean;
  /** As `-o` says, or the rule set that loads this one. */
  readonly optimization: Optimization | null;
  /** Of the command line: the text cannot change them. */
  readonly macros: readonly (readonly [string, string])[];
}

interface OpenSection extends RulesetSection {
  readonly rules: Rule[];
  readonly tables: TableDefinition[];
  readonly inline: OpenSection[];
  /** How pfctl calls it while it is being read. */
  readonly holding: string;
}

interface Work {
  readonly opened: SourceState;
  /** The one that is being read now. */
  section: OpenSection;
  /** Braces opened so far. */
  braces: number;
  readonly sections: Map<string, OpenSection>;
  readonly loads: { anchor: string; file: string }[];
  readonly timeouts: Partial<Timeouts>;
  readonly print: (line: string) => void;
  readonly verbosity: number;
  readonly settled: Set<OpenSection>;
}

const tableStatement = (work: Work): void => {
  const { holding, tables } = work.section;
  const table = parseTable(work.opened.source, holding, work.verbosity > 0 ? work.print : null);
  const before = tables.findIndex((one) => one.name === table.name);
  if (before >= 0) tables.splice(before, 1);
  tables.push(table);
};

const queueStatement = (work: Work): void => {
  const { source } = work.opened;
  for (const queue of parseQueue(source)) {
    const { interface: nic, parent } = queue;
    const why =
      source.anchor !== ''
        ? // pfctl prints these on stdout (transcript pfctl-anchor-queue)
          'must not have queue definitions in an anchor'
        : parent === null && source.queues.some((one) => one.parent === null && one.interface === nic)
          ? `A root queue is already defined on ${nic}`
          : null;
    if (why !== null) {
      work.print(why);
      source.complain('cannot add queue');
      return;
    }
    // the same name on several interfaces is one queue each
    source.queues.push(queue);
  }
};

const loadStatement = (work: Work): void => {
  const { source } = work.opened;
  source.take();
  source.expect('anchor');
  const name = parseAnchorName(source);
  source.expect('from');
  const file = words(source);
  if (source.peek().kind !== 'newline') source.syntaxError();
  const anchor = name ?? source.refuse('anchor name is missing');
  work.loads.push({ anchor: source.anchor === '' ? anchor : `${source.anchor}/${anchor}`, file });
};

const macroStatement = (work: Work): void => {
  const { source } = work.opened;
  const name = source.word();
  source.expect('=');
  const words: string[] = [];
  while (source.peek().kind === 'word' || source.peek().kind === 'number') words.push(source.take().text);
  if (words.length === 0 || source.peek().kind !== 'newline') source.syntaxError();
  const value = words.join(' ');
  if (work.verbosity > 0) work.print(`${name} = "${value}"`);
  if (/\s/.test(name.slice(1))) source.refuse('macro name cannot contain whitespace');
  work.opened.setMacro(name, value);
};

const includeStatement = (source: Source): void => {
  source.take();
  source.include(source.word());
};

/** What stands in the braces after an anchor rule; null without braces. */
const anchorBody = (work: Work, name: string | null, expand: Expand): ReturnType<ReadBody> => {
  const { source } = work.opened;
  if (!source.skip('{')) return null;
  const holding = `_${++work.braces}`;
  const outer = work.section;
  const call = name ?? holding;
  const path = source.anchor === '' ? call : `${source.anchor}/${call}`;
  const section: OpenSection = { path, holding, rules: [], tables: [], inline: [] };
  const back = source.anchor;
  work.section = section;
  source.anchor = path;
  try {
    if (source.peek().kind !== 'newline') source.syntaxError();
    while (!source.skip('}')) {
      const { kind, text } = source.peek();
      if (kind === 'newline') {
        source.take();
        continue;
      }
      if (kind !== 'keyword') source.syntaxError();
      if (text === 'table') tableStatement(work);
      else if (text === 'include') includeStatement(source);
      else if (text === 'anchor') expand(source, true);
      else if (text === 'pass' || text === 'block' || text === 'match') expand(source, false);
      else source.syntaxError();
      if (source.peek().kind !== 'newline') source.syntaxError();
      source.take();
    }
  } finally {
    work.section = outer;
    source.anchor = back;
  }
  if (call.includes('/')) source.refuse("anchor paths containing '/' cannot be used for inline anchors.");
  if (work.sections.has(path)) source.refuse(`inline anchor '${call}' already exists`);
  work.sections.set(path, section);
  outer.inline.push(section);
  return { name: call, path };
};

type ReadBody = Parameters<typeof parseAnchorRule>[1];
type Expand = (source: Source, isAnchor: boolean) => void;

/** Makes the table behind a list of addresses, in the anchor that is being loaded, and gives its name. */
const automaticTable = (
  work: Work,
  into: OpenSection,
  hosts: readonly HostNode[],
  temporary: string,
): { readonly name: string; readonly line: string } => {
  const name = work.opened.source.world.automaticName(temporary);
  const table = { name, isPersist: false, isConst: true, hasCounters: false, hosts };
  into.tables.push(table);
  return { name, line: renderTable(table) };
};

const withNumber = (rule: Rule, number: number): Rule => {
  const expand = (text: string): string => text.replaceAll('$nr', String(number));
  return {
    ...rule,
    label: expand(rule.label),
    tag: rule.tag === null ? null : expand(rule.tag),
    tagged: rule.tagged === null ? null : expand(rule.tagged),
    number,
  };
};

/** Puts the rules of a section, and of those that are written inside it, as they are loaded; gives them as -v shows them. */
const settle = (work: Work, main: OpenSection, section: OpenSection, depth: number): string[] => {
  const tables: string[] = [];
  const makeTable = (hosts: readonly HostNode[], temporary: string): string => {
    const { name, line } = automaticTable(work, main, hosts, temporary);
    tables.push(line);
    return name;
  };
  const { optimization, world } = work.opened.source;
  const { temporaryName } = world;
  const read = section.rules.splice(0);
  const best = optimization === 'none' ? read : optimize(read, { temporaryName, makeTable });
  section.rules.push(...best.map(withNumber));
  work.settled.add(section);
  const isLoud = work.verbosity > 1;
  const lines = section.rules.flatMap((rule) => {
    const line = `${isLoud ? '' : '  '.repeat(depth)}${renderRule(rule, isLoud ? UNLOADED : null)}`;
    const inner = rule.anchor === null ? undefined : work.sections.get(rule.anchor.path);
    // those in braces are shown where they are called, once
    if (inner === undefined || inner.rules.length === 0 || work.settled.has(inner)) return [line];
    return [`${line} {`, ...settle(work, main, inner, depth + 1), `${'  '.repeat(depth)}}`];
  });
  return [...tables, ...lines];
};

const statement = (work: Work, expand: Expand) => {
  const { source } = work.opened;
  const token = source.peek();
  if (token.kind === 'newline') return;
  if (token.kind === 'word') return macroStatement(work);
  if (token.kind !== 'keyword') return source.syntaxError();
  switch (token.text) {
    case 'pass':
    case 'block':
    case 'match':
    case 'antispoof':
      return expand(source, false);
    case 'anchor':
      return expand(source, true);
    case 'table':
      return tableStatement(work);
    case 'queue':
      return queueStatement(work);
    case 'set':
      return parseOption(source, work.timeouts, work.verbosity > 0 ? work.print : null);
    case 'load':
      return loadStatement(work);
    case 'include':
      return includeStatement(source);
    default:
      return source.syntaxError();
  }
};

/** Reads a rule set. `content` is null when there was an error; nothing but `set skip` and limits has then been touched. */
export const parseRuleset = (text: string, options: ParseOptions, world: ParseWorld): ParseOutcome => {
  const stdout: string[] = [];
  const opened = openSource(text, options.file, options.anchor, world);
  for (const [name, value] of options.macros) opened.setMacro(name, value, true);
  const main: OpenSection = {
    path: options.anchor,
    holding: options.anchor,
    rules: [],
    tables: [],
    inline: [],
  };
  const work: Work = {
    opened,
    section: main,
    braces: 0,
    sections: new Map(),
    loads: [],
    timeouts: {},
    print: (line) => {
      stdout.push(line);
    },
    verbosity: options.verbosity,
    settled: new Set(),
  };
  const { source } = opened;
  source.optimization = options.optimization;
  const expand = (from: Source, isAnchor: boolean): void => {
    const specs = isAnchor
      ? [parseAnchorRule(from, (name) => anchorBody(work, name, expand))]
      : from.is('antispoof')
        ? parseAntispoof(from)
        : [parsePfRule(from)];
    const expansion: Expansion = {
      complain: from.complain,
      say: from.say,
      automaticTable: (hosts) => {
        const { name, line } = automaticTable(work, work.section, hosts, world.temporaryName());
        if (work.verbosity > 0) work.print(line);
        return name;
      },
      addRule: (rule) => {
        work.section.rules.push(rule);
      },
    };
    for (const spec of specs) expandRule(spec, expansion);
  };
  while (source.peek().kind !== 'end') {
    try {
      statement(work, expand);
      if (source.peek().kind !== 'newline') source.syntaxError();
      source.take();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      opened.recover(refusal);
    }
  }
  if (options.verbosity > 1)
    for (const name of opened.unusedMacros()) source.say(`warning: macro '${name}' not used`);
  const { queues } = source;
  const isMain = opened.errors() === 0 && options.anchor === '';
  const problem = isMain ? queueProblem(queues) : null;
  if (problem !== null) source.say(`pfctl: ${problem}`);
  const rules = [main, ...work.sections.values()].flatMap((section) => section.rules);
  const complaint =
    isMain && problem === null
      ? leafComplaint(
          queues,
          rules.flatMap((rule) => rule.queue ?? []),
        )
      : null;
  if (complaint !== null) {
    stdout.push(complaint);
    if (!options.isDryRun) source.say('pfctl: Unable to load queues into kernel');
  }
  const isRight = opened.errors() === 0 && problem === null && complaint === null;
  const shown = isRight ? settle(work, main, main, 0) : [];
  if (isRight && options.verbosity > 0) {
    if (isMain) stdout.push(...orderQueues(queues).map(({ definition }) => definition.text));
    stdout.push(...shown);
  }
  const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
  return {
    content: isRight
      ? {
          ...main,
          queues,
          loads: work.loads,
          timeouts: work.timeouts,
          optimization: source.optimization,
        }
      : null,
    isFatal: problem !== null || complaint !== null,
    stdout: lines(stdout),
    stderr: lines(opened.stderr),
  };
};
