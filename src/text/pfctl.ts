/**
 * pfctl(8): how it failed, and what -k, -s and -T show print -> data. Written against sbin/pfctl of 7.8. It must not know
 * what the rules mean, nor write any (that is pf.ts). States are in pf-state.ts.
 */
import { parseInet, parseInet6 } from './address.ts';

export type PfctlFailureKind =
  /** The rules were refused, a missing rtable or an address that is none included. Nothing was changed. */
  | 'syntax'
  /** Another pfctl was loading at the same moment. Nothing was changed; it is worth another try. */
  | 'busy'
  | 'permission'
  | 'no-anchor'
  | 'no-table'
  /** /dev/pf is missing or no pf is in the kernel. */
  | 'no-pf-device'
  /** `pfctl -d` of a pf that is not enabled. */
  | 'disabled'
  | 'other';

export interface PfctlFailure {
  readonly kind: PfctlFailureKind;
  /** Line of standard input that pfctl names, from 1. */
  readonly line: number | null;
  /** pfctl's own words: its first line on stderr, '' if it said nothing. */
  readonly text: string;
}

// 7.8 adds seven of the first kind to whatever a read-only pfctl really failed of (atexit on a read-only descriptor).
// Warnings (`table <t> already defined in anchor "x"`, and an empty line) may stand in front of an error.
const beside = /^pfctl: DIOCSETLIMIT \(|^pfctl: warning: |^$/;
const refused = /^stdin:(\d{1,9}): /;

const judge = (text: string, line: number | null): PfctlFailureKind => {
  if (/: Device busy$/.test(text)) return 'busy';
  if (line !== null) return 'syntax';
  if (/^pfctl: \/dev\/\S+: (?:No such file or directory|Device not configured)$/.test(text))
    return 'no-pf-device';
  if (/^pfctl: .*(?:Permission denied|Operation not permitted)$/.test(text)) return 'permission';
  if (/Anchor does not exist$/.test(text)) return 'no-anchor';
  if (/Table does not exist$/.test(text)) return 'no-table';
  if (text === 'pfctl: pf not enabled') return 'disabled';
  return 'other';
};

/**
 * Why pfctl failed, or null if it did not. Its exit code is no judge alone (1, 2, 255; and 0 with `Anchor does not exist`), and
 * only its first line is meant, unless the second names the line of the input that the first complains about.
 */
export const parsePfctlFailure = (code: number, stderr: string): PfctlFailure | null => {
  const [text = '', second = ''] = stderr.split('\n').filter((line) => !beside.test(line));
  // Counts (`killed 4 states`, `no changes.`) are on stderr as well.
  if (code === 0 && !text.startsWith('pfctl: ')) return null;
  const where = (refused.exec(text) ?? refused.exec(second))?.[1];
  const line = where === undefined ? null : Number(where);
  return { kind: judge(text, line), line, text };
};

/** `killed 4 states`: how many `-k` or `-K` ended, or null if it does not say. */
export const parseKilled = (stderr: string): number | null => {
  const count = /^killed (\d{1,15}) (?:states|src nodes)(?: from | *$)/m.exec(stderr)?.[1];
  return count === undefined ? null : Number(count);
};

const nonEmpty = (stdout: string): readonly string[] => stdout.split('\n').filter((line) => line !== '');

/** The rules of `-sr`, a line each, as pfctl prints them. */
export const parseRules = (stdout: string): readonly string[] => nonEmpty(stdout);

/** What pf has counted for one rule since it was loaded. Beyond 2^53 the last digits are lost. */
export interface RuleCounters {
  /** As printed by -v or -vv, without the number in front. -vv adds counts to tables and interfaces: `<g:2>`, `(em0:0:1)`. */
  readonly rule: string;
  readonly evaluations: number;
  readonly packets: number;
  readonly bytes: number;
  /** Now alive. */
  readonly states: number;
  /** Ever made; null if not printed. */
  readonly creations: number | null;
}

const counters = /^ *\[ Evaluations: (\d+) +Packets: (\d+) +Bytes: (\d+) +States: (\d+) *\]$/;
const inserted = /^ *\[ Inserted: uid \d+ pid \d+ State Creations: (\d+) *\]$/;

/** The rules of `-v -sr` or `-vv -sr` that have counters, in order. Lines of other shapes are skipped. */
export const parseRuleCounters = (stdout: string): readonly RuleCounters[] => {
  const rules: RuleCounters[] = [];
  let rule: string | null = null;
  for (const line of nonEmpty(stdout)) {
    const counted = counters.exec(line);
    const made = inserted.exec(line)?.[1];
    const last = rules.at(-1);
    if (counted !== null && rule !== null) {
      const [evaluations = 0, packets = 0, bytes = 0, states = 0] = counted.slice(1).map(Number);
      rules.push({ rule, evaluations, packets, bytes, states, creations: null });
      rule = null;
    } else if (made !== undefined && last !== undefined && rule === null) {
      rules[rules.length - 1] = { ...last, creations: Number(made) };
    } else if (!line.startsWith('  [ ')) {
      rule = line.trim().replace(/^@\d+ /, '');
    }
  }
  return rules;
};

/** One line of `-sl`: a rule that has a label. Several rules may have the same. */
export interface LabelCounters {
  readonly label: string;
  readonly evaluations: number;
  readonly packets: number;
  readonly bytes: number;
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly packetsOut: number;
  readonly bytesOut: number;
  /** States ever made. */
  readonly creations: number;
}

/** The lines of `-sl`; a line of another shape is skipped. A label may hold spaces. */
export const parseLabels = (stdout: string): readonly LabelCounters[] =>
  nonEmpty(stdout).flatMap((line): readonly LabelCounters[] => {
    const fields = line.trimStart().split(' ');
    const numbers = fields.splice(-8);
    if (fields.length === 0 || !numbers.every((number) => /^\d+$/.test(number))) return [];
    const [evaluations = 0, packets = 0, bytes = 0, ...rest] = numbers.map(Number);
    const [packetsIn = 0, bytesIn = 0, packetsOut = 0, bytesOut = 0, creations = 0] = rest;
    const label = fields.join(' ');
    return [{ label, evaluations, packets, bytes, packetsIn, bytesIn, packetsOut, bytesOut, creations }];
  });

const entry = /^ {2}([ !])([0-9a-fA-F:.]{2,45})(?:\/(\d{1,3}))?(@\S{1,15})?$/;

/**
 * The addresses of `-t T -T show`, canonical, with `/length` unless a host and a leading `!` if negated, in pf's order. With -v the
 * counters are skipped. Null if a line is anything else: then it is not known what the table holds.
 */
export const parseTableShow = (stdout: string): readonly string[] | null => {
  const addresses: string[] = [];
  for (const line of nonEmpty(stdout)) {
    if (line.startsWith('\t')) continue;
    const [, not = '', text = '', length, on = ''] = entry.exec(line) ?? [];
    const address = parseInet(text) ?? parseInet6(text);
    if (address === null) return null;
    addresses.push(`${not.trim()}${address}${length === undefined ? '' : `/${length}`}${on}`);
  }
  return addresses;
};

/**
 * The weights in `-t T -T show -v`, by address as parseTableShow gives them. An entry without a line of its own has weight 1
 * (pfctl_table.c prints one for entries of type PFRKE_COST only).
 */
export const parseTableWeights = (stdout: string): ReadonlyMap<string, number> => {
  const weights = new Map<string, number>();
  let last: string | undefined;
  for (const line of nonEmpty(stdout)) {
    if (!line.startsWith('\t')) {
      last = parseTableShow(line)?.[0];
      if (last !== undefined) weights.set(last, 1);
      continue;
    }
    const [, weight] = /^\tWeight: +(\d{1,5})$/.exec(line) ?? [];
    if (weight !== undefined && last !== undefined) weights.set(last, Number(weight));
  }
  return weights;
};

export interface TableName {
  readonly name: string;
  /** Path of the anchor that it is in; null in the main rule set. */
  readonly anchor: string | null;
}

/** The tables of `-sT`, with or without -v and -vv. Null if a line is anything else. */
export const parseTables = (stdout: string): readonly TableName[] | null => {
  const tables: TableName[] = [];
  for (const line of nonEmpty(stdout)) {
    if (line.startsWith('\t')) continue;
    const found = /^(?:[-cpairhC]{7}\t)?([^\s@]+)(?:@(\S+))?$/.exec(line);
    if (found === null) return null;
    const [, name = '', anchor] = found;
    tables.push({ name, anchor: anchor ?? null });
  }
  return tables;
};

/** The paths of `-sA`, with or without -v. Null if a line is anything else. */
export const parseAnchors = (stdout: string): readonly string[] | null => {
  const lines = nonEmpty(stdout);
  return lines.every((line) => /^ {2}\S+$/.test(line)) ? lines.map((line) => line.slice(2)) : null;
};

export interface PfStatus {
  readonly enabled: boolean;
  /** Entries of the state table now. */
  readonly states: number;
}

/** `-si`, with or without -v; null if it is not that. */
export const parseStatus = (stdout: string): PfStatus | null => {
  const enabled = /^Status: (Enabled|Disabled)\b/.exec(stdout)?.[1];
  // -v has more sections with entries of the same name; the state table's is the first.
  const states = /^State Table .*\n {2}current entries +(\d{1,15}) *$/m.exec(stdout)?.[1];
  return enabled === undefined || states === undefined
    ? null
    : { enabled: enabled === 'Enabled', states: Number(states) };
};
