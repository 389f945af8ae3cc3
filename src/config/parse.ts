/**
 * The text of uplinkd.conf to Settings, or every error in it. Puts the parts together; what a key may hold is schema.ts,
 * and each table has a file of its own. Reads no file.
 */
import type { CarpSettings, HookSettings, MetricsSettings, Settings } from '../core/model.ts';
import { isLoopback } from './address.ts';
import { decodeConfig } from './decode.ts';
import { checkLinks, readLinks, settleLink } from './link.ts';
import { readPolicies } from './policy.ts';
import { readProbe } from './probe.ts';
import { asTable, type ConfigError, type Report, readTable } from './read.ts';
import {
  carpShape,
  controlShape,
  DEFAULT_CARP,
  DEFAULT_HOOK,
  DEFAULTS,
  hookShape,
  inboundShape,
  metricsShape,
  topShape,
} from './schema.ts';
import { suggest } from './suggest.ts';
import { type Place, readToml, type Table } from './toml.ts';

export type { ConfigError } from './read.ts';

export type ParsedConfig =
  | { readonly kind: 'ok'; readonly settings: Settings }
  | { readonly kind: 'refused'; readonly errors: readonly ConfigError[] };

/** Longest text that is read, in UTF-16 units. */
const MAX_LENGTH = 262_144;
/** Tables that are read by themselves. */
const INNER = ['probe', 'link', 'policy', 'inbound', 'carp', 'hook', 'control', 'metrics'];
/** Errors of one file beyond which only their number is told. */
const MAX_ERRORS = 200;
/** Most links, and most policies: there are 155 routing tables from 101 on, and every policy may name every link. */
const MAX_NAMES = 100;

/** The table of all links or all policies, null if there is none or it cannot be read. */
const readNames = (top: Table, key: 'link' | 'policy', example: string, report: Report): Table | null => {
  const table = asTable(top.entries.get(key)?.node, key, example, report);
  if (table === null || table.entries.size <= MAX_NAMES) return table;
  report(table.at, key, `expected at most ${MAX_NAMES} names, found ${table.entries.size}`);
  return null;
};

/** Off without the table; a table that says nothing else turns it on. */
const readInbound = (top: Table, report: Report): boolean => {
  const table = asTable(top.entries.get('inbound')?.node, 'inbound', '[inbound]', report);
  return table !== null && (readTable(inboundShape, [], table, 'inbound', report).enabled ?? true);
};

/** Null without the table. */
const readCarp = (top: Table, report: Report): CarpSettings | null => {
  const table = asTable(top.entries.get('carp')?.node, 'carp', '[carp]', report);
  return table === null ? null : { ...DEFAULT_CARP, ...readTable(carpShape, [], table, 'carp', report) };
};

/** Null without the table, or when its command is wrong, which is an error already. */
const readHook = (top: Table, report: Report): HookSettings | null => {
  const table = asTable(top.entries.get('hook')?.node, 'hook', '[hook]', report);
  if (table === null) return null;
  const { command, ...given } = readTable(hookShape, [], table, 'hook', report);
  return command === undefined ? null : { ...DEFAULT_HOOK, ...given, command };
};

const readControlGroup = (top: Table, report: Report): string => {
  const table = asTable(top.entries.get('control')?.node, 'control', '[control]', report);
  const given = table === null ? {} : readTable(controlShape, [], table, 'control', report);
  return given.group ?? DEFAULTS.controlGroup;
};

const readMetrics = (top: Table, report: Report): MetricsSettings | null => {
  const table = asTable(top.entries.get('metrics')?.node, 'metrics', '[metrics]', report);
  if (table === null) return null;
  const given = readTable(metricsShape, [], table, 'metrics', report);
  const { listen, hosts = [], public: isPublic = false } = given;
  if (listen === undefined) return null;
  const isPublicWrong = given.public === undefined && table.entries.has('public');
  if (!isLoopback(listen.address) && !isPublic && !isPublicWrong) {
    const what = 'expected a loopback address, or public = true beside it: there is no password';
    report(table.entries.get('listen')?.node.at ?? table.at, 'metrics.listen', what);
  }
  return { ...listen, hosts, isPublic };
};

const readSettings = (top: Table, report: Report): Settings => {
  const given = readTable(topShape, INNER, top, '', report);
  const probe = readProbe(top, '', report);
  const around = {
    inbound: readInbound(top, report),
    carp: readCarp(top, report),
    hook: readHook(top, report),
    controlGroup: readControlGroup(top, report),
    metrics: readMetrics(top, report),
  };
  const linkTable = readNames(top, 'link', '[link.fibre]', report);
  const policyTable = readNames(top, 'policy', '[policy.default]', report);
  // `[links.fibre]` is told as an unknown key already.
  const isMisspelt = [...top.entries.keys()].some(
    (name) => !INNER.includes(name) && suggest(name, ['link']) !== '',
  );
  if (linkTable === null ? !top.entries.has('link') && !isMisspelt : linkTable.entries.size === 0) {
    report((linkTable ?? top).at, 'link', 'expected at least one link such as [link.fibre], found none');
  }
  const { default_route: defaultRoute, on_exit: onExit, ...others } = { ...DEFAULTS, ...given };
  const settings: Settings = {
    local: [],
    ...others,
    defaultRoute,
    onExit,
    ...around,
    links: [],
    policies: [],
  };
  // Without links every member of a policy would be unknown.
  if (linkTable === null) return settings;
  const read = readLinks(linkTable, report);
  const links = [...read.values()].filter((link) => link !== null);
  checkLinks(links, probe, report);
  return {
    ...settings,
    links: links.map((link) => settleLink(link, probe)).filter((link) => link !== null),
    policies: readPolicies(policyTable, read, report),
  };
};

/**
 * Reads a whole configuration. All errors at once, in the order of the file; of a text that is no TOML only the first.
 * `file` is only for the errors. Never throws, whatever the text.
 */
export const parseConfig = (text: string, file: string): ParsedConfig => {
  const errors: ConfigError[] = [];
  const report: Report = ({ line, column }, key, what) => {
    errors.push({ file, line, column, key, message: key === '' ? what : `${key}: ${what}` });
  };
  const start: Place = { line: 1, column: 1 };
  if (text.length > MAX_LENGTH) {
    report(start, '', `expected at most ${MAX_LENGTH} characters, found ${text.length}`);
    return { kind: 'refused', errors };
  }
  const toml = readToml(text);
  if (toml.kind === 'refused') {
    report(toml.at, '', `not TOML 1.0: ${toml.what}`);
    return { kind: 'refused', errors };
  }
  const settings = readSettings(toml.table, report);
  if (errors.length === 0) return { kind: 'ok', settings };
  errors.sort((a, b) => a.line - b.line || a.column - b.column);
  const more = errors.length - MAX_ERRORS;
  const last = errors[MAX_ERRORS];
  if (last === undefined) return { kind: 'refused', errors };
  return {
    kind: 'refused',
    errors: [...errors.slice(0, MAX_ERRORS), { ...last, key: '', message: `and ${more} more errors` }],
  };
};

/** The same of a file's bytes, which may be no text at all. */
export const parseConfigFile = (bytes: Uint8Array, file: string): ParsedConfig => {
  const text = decodeConfig(bytes);
  return typeof text === 'string'
    ? parseConfig(text, file)
    : { kind: 'refused', errors: [{ file, ...text, key: '', message: 'not TOML 1.0: expected UTF-8' }] };
};

/** `file:line:col: message`, one line. */
export const renderConfigError = (error: ConfigError): string =>
  `${error.file}:${error.line}:${error.column}: ${error.message}`;
