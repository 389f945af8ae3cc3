/** pfctl's command line as main() of sbin/pfctl/pfctl.c reads it: what is wrong with it ends pfctl here, in pfctl's words. Does nothing of it. */
import type { Optimization } from './pf-optimize.ts';
import { OPTIMIZATIONS } from './pf-optimize.ts';
import { die, usage } from './pfctl-call.ts';
import type { Invocation } from './program.ts';
import { parseOptions } from './program.ts';

export interface CommandLine {
  readonly anchorText: string | null;
  readonly file: string | null;
  readonly showWhat: string | null;
  readonly flushWhat: string | null;
  readonly table: string | null;
  readonly tableCommand: string | null;
  readonly nic: string | null;
  readonly rdomain: number;
  readonly verbosity: number;
  /** The rule that -s is about; null: any. */
  readonly ruleNumber: number | null;
  readonly macros: readonly (readonly [string, string])[];
  /** Null: what the rule set says. */
  readonly optimization: Optimization | null;
  readonly kills: readonly string[];
  readonly sourceKills: readonly string[];
  readonly flags: ReadonlySet<string>;
  /** Whether /dev/pf is opened for writing. */
  readonly doesWrite: boolean;
  readonly rest: readonly string[];
}

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
const lookUp = <T extends string>(text: string, words: readonly T[]): T | null =>
  words.find((word) => word.startsWith(text)) ?? null;

/** strtonum(3) and what is said of what it refuses. */
const number = (invocation: Invocation, what: string, text: string, low: number, high: number): number => {
  const value = /^\s*[-+]?[0-9]+$/.test(text) ? Number(text) : null;
  if (value !== null && value >= low && value <= high) return value;
  const why = value === null ? 'invalid' : value < low ? 'too small' : 'too large';
  return usage(invocation, `${what}: ${why}`);
};

/** RT_TABLEID_MAX */
const LAST_RDOMAIN = 255;

export const readCommandLine = (invocation: Invocation): CommandLine => {
  const { args } = invocation;
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
  let ruleNumber = -1;
  let doesWrite = false;
  const macros: [string, string][] = [];
  let optimization: Optimization | null = null;
  const kills: string[] = [];
  const sourceKills: string[] = [];
  const flags = new Set<string>();
  for (const { letter, value } of options.given) {
    const text = value ?? '';
    switch (letter) {
      case 'a':
        anchorText = text;
        break;
      case 'D': {
        const at = text.lastIndexOf('=');
        if (at < 0) invocation.err(`pfctl: could not parse macro definition ${text}\n`);
        else macros.push([text.slice(0, at), text.slice(at + 1)]);
        break;
      }
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
      case 'o':
        optimization = lookUp(text, OPTIMIZATIONS) ?? usage(invocation, `Unknown optimization '${text}'`);
        break;
      case 'p':
        if (text !== '/dev/pf') die(invocation, `${text}: No such file or directory`);
        break;
      case 'R':
        ruleNumber = number(invocation, 'invalid rule id', text, -1, Number.MAX_SAFE_INTEGER);
        break;
      case 'V':
        rdomain = number(invocation, 'Invalid rdomain', text, 0, LAST_RDOMAIN);
        break;
      case 'v':
        verbosity++;
        break;
      case 'h':
        usage(invocation);
        break;
      // of these some would only change what is printed: it is refused as well, rather than printed otherwise
      case 'g':
      case 'L':
      case 'P':
      case 'r':
      case 'S':
      case 'x':
        die(invocation, `emulator: -${letter} not known`);
        break;
      default:
        flags.add(letter);
        if (letter === 'e' || letter === 'd' || letter === 'z') doesWrite = true;
    }
  }
  if (options.problem !== null) usage(invocation, options.problem);
  if ((tableCommand === null) !== (table === null)) usage(invocation);
  if (tableCommand !== null) doesWrite = tableCommand !== 'show' && tableCommand !== 'test';
  else if (options.rest.length > 0)
    usage(invocation, `unknown command line argument: ${options.rest[0]} ...`);
  return {
    anchorText,
    file,
    showWhat,
    flushWhat,
    table,
    tableCommand,
    nic,
    rdomain,
    verbosity,
    ruleNumber: ruleNumber < 0 ? null : ruleNumber,
    macros,
    optimization,
    kills,
    sourceKills,
    flags,
    doesWrite,
    rest: options.rest,
  };
};
