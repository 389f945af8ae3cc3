/** pfctl -s: pf states, anchors, tables, info, limits, time-outs (sbin/pfctl/pfctl.c, transcripts pfctl-s*, -v*). */
import type { Firewall } from './pf.ts';
import { anchorReferencesOf, childrenOf, doesAnchorExist, referencesOf } from './pf.ts';
import type { SourceNode } from './pf-source-node.ts';
import { renderStateDetails, renderStateLine } from './pf-state-print.ts';
import type { Table, TableTraffic } from './pf-table.ts';
import { renderTime } from './route-monitor.ts';
import type { Router } from './router.ts';

/** What a show command prints, and what it says on stderr; `code` as pfctl's exit_val. */
export interface Shown {
  readonly out: string;
  readonly err?: string;
  readonly code?: number;
}

export const MISSING: Shown = { out: '', err: 'pfctl: Anchor does not exist\n' };

/** `-s Anchors`: the anchors below one, each before its children; those that pfctl has named only with -v. */
export const showAnchors = (firewall: Firewall, anchor: string, isVerbose: boolean): Shown => {
  if (!doesAnchorExist(firewall, anchor)) return { ...MISSING, code: 1 };
  const walk = (path: string): string =>
    childrenOf(firewall, path)
      .map((child) => {
        const below = path === '' ? child : `${path}/${child}`;
        return `${isVerbose || !below.startsWith('_') ? `  ${below}\n` : ''}${walk(below)}`;
      })
      .join('');
  return { out: walk(anchor) };
};

/** pf states in one piece of output. */
const PIECE = 200;

/**
 * `-s states`, in the order in which they were made, piece by piece: null when there is no more. pfctl takes them out of the kernel in one
 * call, so what comes or goes while it prints does not show. Only references are kept: the text of 100,000 is 30 MB.
 */
export const listStates = (
  router: Router,
  nic: string | null,
  verbosity: number,
  ruleNumber: number | null,
): { readonly next: () => string | null; readonly piece: number } => {
  const { firewall, clock } = router;
  const now = clock.now();
  firewall.states.purge(now);
  const all = [...firewall.states.all.values()];
  let at = 0;
  const next = (): string | null => {
    if (at >= all.length) return null;
    let text = '';
    for (const end = Math.min(all.length, at + PIECE); at < end; at++) {
      const pfState = all[at];
      if (pfState === undefined || (nic !== null && pfState.interface !== nic)) continue;
      if (ruleNumber !== null && pfState.rule.number !== ruleNumber) continue;
      text += `${renderStateLine(pfState)}\n`;
      if (verbosity === 0) continue;
      for (const line of renderStateDetails(pfState, now, firewall, verbosity > 1)) text += `${line}\n`;
    }
    return text;
  };
  return { next, piece: PIECE };
};

const clockText = (seconds: number): string => {
  const two = (value: number): string => String(value).padStart(2, '0');
  const whole = Math.max(0, Math.floor(seconds));
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
};

/** `-s Sources`. */
export const showSources = (router: Router, verbosity: number): Shown => {
  const { firewall, clock } = router;
  const now = clock.now();
  firewall.states.purge(now);
  const connections = new Map<SourceNode, number>();
  for (const { protocol, source, destination, nodes } of firewall.states.all.values())
    if (nodes.length > 0 && protocol === 'tcp' && Math.min(source.level, destination.level) >= 4)
      for (const node of nodes) connections.set(node, (connections.get(node) ?? 0) + 1);
  const lines = firewall.nodes.list(now).map((node) => {
    const head = `${node.source} ${node.kind} ${node.address} ( states ${node.states}, connections ${connections.get(node) ?? 0}, rate 0.0/0s )\n`;
    if (verbosity === 0) return head;
    const expires = node.states === 0 ? `, expires in ${clockText(0)}` : '';
    const rule = node.rule.number === null ? '' : `, rule ${node.rule.number}`;
    return `${head}   age ${clockText((now - node.created) / 1000)}${expires}, ${node.packets} pkts, ${node.bytes} bytes${rule}\n`;
  });
  return { out: lines.join('') };
};

const TABLE_WAYS = ['Block', 'Match', 'Pass', 'XPass'];

/** Of the first so many ways: entries have no `XPass`. */
export const renderTableTraffic = ({ packets, bytes }: TableTraffic, ways: 3 | 4): string => {
  const number = (value = 0): string => String(value).padEnd(18);
  const lines = ['In', 'Out'].flatMap((direction, first) =>
    TABLE_WAYS.slice(0, ways).map((what, way) => {
      const i = first * TABLE_WAYS.length + way;
      return `\t${`${direction}/${what}:`.padEnd(12)} [ Packets: ${number(packets[i])} Bytes: ${number(bytes[i])} ]\n`;
    }),
  );
  return lines.join('');
};

const tableLine = (firewall: Firewall, table: Table, isVerbose: boolean): string => {
  const isReferenced = referencesOf(firewall, table) > 0;
  const isAnchored = anchorReferencesOf(firewall, table) > 0;
  const flags = `${table.isConst ? 'c' : '-'}${table.isPersist ? 'p' : '-'}a-${isReferenced ? 'r' : '-'}${isAnchored ? 'h' : '-'}${table.hasCounters ? 'C' : '-'}`;
  return `${isVerbose ? `${flags}\t` : ''}${table.name}${table.anchor === '' ? '' : `@${table.anchor}`}\n`;
};

/** `-s Tables` of one anchor, or with `isRecursive` of all. */
export const showTables = (
  firewall: Firewall,
  anchor: string,
  verbosity: number,
  isRecursive: boolean,
): Shown => {
  if (!isRecursive && !doesAnchorExist(firewall, anchor)) return { ...MISSING, code: 1 };
  const tables = [...firewall.tables.values()]
    .filter((table) => isRecursive || table.anchor === anchor)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.anchor < b.anchor ? -1 : 1));
  const details = (table: Table): string =>
    `\tAddresses:   ${table.entries.size}\n\tCleared:     ${renderTime(table.cleared)}\n` +
    `\tReferences:  [ Anchors: ${String(anchorReferencesOf(firewall, table)).padEnd(18)} Rules: ${String(referencesOf(firewall, table)).padEnd(18)} ]\n` +
    `\tEvaluations: [ NoMatch: ${String(table.misses).padEnd(18)} Match: ${String(table.matches).padEnd(18)} ]\n${renderTableTraffic(table.traffic, 4)}`;
  return {
    out: tables
      .map((table) => `${tableLine(firewall, table, verbosity > 0)}${verbosity > 1 ? details(table) : ''}`)
      .join(''),
  };
};

/** Nothing here knows them. */
const OTHER_LIMITS = [
  'max-src-states',
  'max-src-nodes',
  'max-src-conn',
  'max-src-conn-rate',
  'overload table insertion',
  'overload flush states',
  'synfloods detected',
  'syncookies sent',
  'syncookies validated',
];

/** `-s info`. */
export const showInfo = (router: Router, verbosity: number): Shown => {
  const { firewall, clock } = router;
  firewall.states.purge(clock.now());
  const seconds = firewall.isEnabled ? Math.floor((clock.now() - firewall.since) / 1000) : 0;
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${Math.floor(seconds / 86_400)} days ${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const status = `Status: ${firewall.isEnabled ? 'Enabled' : 'Disabled'}${seconds > 0 ? ` for ${time}` : ''}`;
  const line = (name: string, value: number, hasRate: boolean): string => {
    const rate = hasRate && seconds > 0 ? `${(value / seconds).toFixed(1).padStart(14)}/s` : ''.padStart(14);
    // pfctl pads an absent rate differently for the two kinds of lines
    return `  ${name.padEnd(25)} ${String(value).padStart(14)} ${rate}\n`;
  };
  const { counters: c, states } = firewall;
  const halfOpen = [...states.all.values()].filter(
    (one) => one.protocol === 'tcp' && Math.min(one.source.level, one.destination.level) < 4,
  ).length;
  const verbose = verbosity > 0;
  let text = `${status.padEnd(44)}${`Debug: ${firewall.debug}`.padStart(15)}\n\n`;
  if (verbose) text += `Hostid:   0x${firewall.creator}\nChecksum: 0x${'0'.repeat(32)}\n\n`;
  text += `${'State Table'.padEnd(27)} ${'Total'.padStart(14)} ${'Rate'.padStart(16)}\n`;
  text += line('current entries', states.all.size, false) + line('half-open tcp', halfOpen, false);
  text +=
    line('searches', c.searches, true) +
    line('inserts', c.inserts, true) +
    line('removals', c.removals, true);
  const table = (title: string, entries: number, counts: typeof firewall.nodes.counts): string =>
    `${title}\n${line('current entries', entries, false)}${line('searches', counts.searches, true)}${line('inserts', counts.inserts, true)}${line('removals', counts.removals, true)}`;
  if (verbose)
    text +=
      table('Source Tracking Table', firewall.nodes.size(clock.now()), firewall.nodes.counts) +
      table('Fragments', 0, { searches: 0, inserts: 0, removals: 0 });
  const reasons: readonly (readonly [string, number])[] = [
    ['match', c.match],
    ['bad-offset', 0],
    ['fragment', 0],
    ['short', 0],
    ['normalize', 0],
    ['memory', c.memory],
    ['bad-timestamp', 0],
    ['congestion', 0],
    ['ip-option', 0],
    ['proto-cksum', 0],
    ['state-mismatch', c.stateMismatch],
    ['state-insert', c.stateInsert],
    ['state-limit', c.stateLimit],
    ['src-limit', 0],
    ['synproxy', 0],
    ['translate', c.translate],
    ['no-route', c.noRoute],
  ];
  text += `Counters\n${reasons.map(([name, value]) => line(name, value, true)).join('')}`;
  if (verbose)
    text += `Limit Counters\n${line('max states per rule', firewall.ruleLimitHits, true)}${OTHER_LIMITS.map((name) => line(name, 0, true)).join('')}Adaptive Syncookies Watermarks\n  ${'start'.padEnd(25)} ${'25000'.padStart(14)} states\n  ${'end'.padEnd(25)} ${'12500'.padStart(14)} states\n`;
  return { out: text };
};

/** `-s timeouts`. */
export const showTimeouts = ({ timeouts }: Firewall): Shown => {
  const order = [
    'tcp.first',
    'tcp.opening',
    'tcp.established',
    'tcp.closing',
    'tcp.finwait',
    'tcp.closed',
  ] as const;
  const row = (name: string, value: number, unit = 's'): string =>
    `${name.padEnd(20)} ${String(value).padStart(10)}${unit}\n`;
  const rest = [
    'udp.first',
    'udp.single',
    'udp.multiple',
    'icmp.first',
    'icmp.error',
    'other.first',
    'other.single',
    'other.multiple',
  ] as const;
  return {
    out:
      order.map((name) => row(name, timeouts[name])).join('') +
      row('tcp.tsdiff', timeouts['tcp.tsdiff']) +
      rest.map((name) => row(name, timeouts[name])).join('') +
      row('frag', timeouts.frag) +
      row('interval', timeouts.interval) +
      row('adaptive.start', timeouts['adaptive.start'], ' states') +
      row('adaptive.end', timeouts['adaptive.end'], ' states') +
      row('src.track', 0),
  };
};

/** `-s memory`. */
export const showLimits = (firewall: Firewall): Shown => ({
  out: [...firewall.limits]
    .map(([name, value]) => `${name.padEnd(13)} hard limit ${String(value).padStart(8)}\n`)
    .join(''),
});
