/**
 * `[probe]` and `[link.X.probe]` with their `loss` and `latency`: reads them, judges what takes more than one key, and
 * settles a link's probe settings. Keys are looked for in the link's own table, then in the common one, then among the
 * defaults; an error is told where the innermost of the keys that make it stands.
 */
import { type Family, familyOfTarget, type ProbeSettings } from '../core/model.ts';
import { nameTarget } from '../core/target-name.ts';
import { type Millis, millis } from '../core/time.ts';
import { asTable, type Given, keyOf, type Report, readTable } from './read.ts';
import { DEFAULT_PROBE, latencyShape, lossShape, probeShape } from './schema.ts';
import { target } from './target.ts';
import { renderTime } from './time.ts';
import type { Place, Table } from './toml.ts';
import { found } from './value.ts';

/** One table's part of some settings; `table` is null and `given` empty when it is not there. */
interface Layer<G> {
  readonly key: string;
  readonly table: Table | null;
  readonly given: G;
}

/** `[probe]` or `[link.X.probe]`. */
export interface ProbeTable extends Layer<Given<typeof probeShape>> {
  readonly loss: Layer<Given<typeof lossShape>>;
  readonly latency: Layer<Given<typeof latencyShape>>;
}

/** Reads the probe table inside another; a target that is listed twice is told here, as it is no trouble of one. */
export const readProbe = (outer: Table, outerKey: string, report: Report): ProbeTable => {
  const key = keyOf(outerKey, 'probe');
  const table = asTable(outer.entries.get('probe')?.node, key, `[${key}]`, report);
  const given = table === null ? {} : readTable(probeShape, ['loss', 'latency'], table, key, report);
  const targets = table?.entries.get('targets')?.node;
  const seen = new Set<unknown>();
  for (const [index, element] of (targets?.kind === 'array' ? targets.elements : []).entries()) {
    if (element.kind !== 'scalar') continue;
    const { value } = element;
    const read = target.safeParse(value);
    const same = read.success ? nameTarget(read.data) : value;
    if (seen.has(same)) report(element.at, `${key}.targets[${index}]`, `${found(value)} is listed twice`);
    seen.add(same);
  }
  const lossKey = keyOf(key, 'loss');
  const loss = asTable(table?.entries.get('loss')?.node, lossKey, `[${lossKey}]`, report);
  const latencyKey = keyOf(key, 'latency');
  const latency = asTable(table?.entries.get('latency')?.node, latencyKey, `[${latencyKey}]`, report);
  return {
    key,
    table,
    given,
    loss: {
      key: lossKey,
      table: loss,
      given: loss === null ? {} : readTable(lossShape, [], loss, lossKey, report),
    },
    latency: {
      key: latencyKey,
      table: latency,
      given: latency === null ? {} : readTable(latencyShape, [], latency, latencyKey, report),
    },
  };
};

// ---- more than one key -----------------------------------------------------------------------------------------

interface Picked<V> {
  /** Where it is given; null: nowhere, it is the default. */
  readonly at: Place | null;
  readonly key: string;
  /** In which of the tables, innermost first; their number for the default. */
  readonly depth: number;
  /** Absent when it is given but wrong: that error is told, and none that follows from it. */
  readonly value: V | undefined;
}

const pick = <T, K extends keyof T & string>(
  layers: readonly Layer<{ readonly [P in keyof T]?: T[P] }>[],
  defaults: T,
  name: K,
): Picked<T[K]> => {
  for (const [depth, { key, table, given }] of layers.entries()) {
    const node = table?.entries.get(name)?.node;
    if (node !== undefined) return { at: node.at, key: keyOf(key, name), depth, value: given[name] };
  }
  return { at: null, key: '', depth: layers.length, value: defaults[name] };
};

type Layers = readonly [ProbeTable, ...ProbeTable[]];

/** The targets that hold for a link; absent if they are wrong. */
export const pickTargets = (layers: Layers): ProbeSettings['targets'] | undefined =>
  pick(layers, DEFAULT_PROBE, 'targets').value;

const countOf = (count: number): string => (count === 0 ? 'none' : String(count));

/**
 * Each family of a link needs as many targets as its quorum. `layers` are the link's own table and the common one;
 * what is wrong in the common one is told once for all links: `told` remembers it.
 */
export const checkQuorum = (
  link: string,
  families: readonly Family[],
  layers: Layers,
  told: Set<string>,
  report: Report,
): void => {
  const quorum = pick(layers, DEFAULT_PROBE, 'quorum');
  const targets = pick(layers, DEFAULT_PROBE, 'targets');
  if (quorum.value === undefined || targets.value === undefined) return;
  for (const family of families) {
    const count = targets.value.filter((each) => (familyOfTarget(each) ?? family) === family).length;
    if (quorum.value <= count) continue;
    // No quorum suits a family without targets.
    const where = count === 0 || targets.depth < quorum.depth ? targets : quorum;
    const isCommon = where.depth > 0;
    if (where.at === null || told.has(`${where.key} ${family}`)) continue;
    told.add(`${where.key} ${family}`);
    report(
      where.at,
      where.key,
      where === targets
        ? `expected at least ${quorum.value} ${family} target${quorum.value === 1 ? '' : 's'}` +
            `${isCommon ? ` for ${link}` : ''}, the quorum, found ${countOf(count)}`
        : `expected ${count === 1 ? '1' : `a whole number from 1 to ${count}`}, the number of ${family} targets` +
            `${isCommon ? ` of ${link}` : ''}, found ${quorum.value}`,
    );
  }
};

/** Of two marks the first must not exceed the second. Told at the one in the innermost table. */
const checkOrder = <V extends number>(
  low: Picked<V | null>,
  high: Picked<V | null>,
  names: readonly [low: string, high: string],
  render: (value: V) => string,
  report: Report,
): void => {
  if (low.value === undefined || high.value === undefined || low.value === null || high.value === null)
    return;
  if (low.value <= high.value) return;
  if (low.depth === 0 && low.at !== null) {
    const what = `expected at most ${render(high.value)}, which is ${names[1]}, found ${render(low.value)}`;
    report(low.at, low.key, what);
  } else if (high.depth === 0 && high.at !== null) {
    const what = `expected at least ${render(low.value)}, which is ${names[0]}, found ${render(high.value)}`;
    report(high.at, high.key, what);
  }
};

/** Marks may come from different tables. */
export const checkMarks = (layers: Layers, report: Report): void => {
  const losses = layers.map((each) => each.loss);
  const loss = (name: 'degraded' | 'recover' | 'down') => pick(losses, DEFAULT_PROBE.loss, name);
  checkOrder(loss('degraded'), loss('down'), ['degraded', 'down'], String, report);
  checkOrder(loss('recover'), loss('degraded'), ['recover', 'degraded'], String, report);
  const latencies = layers.map((each) => each.latency);
  const latency = (name: 'degraded' | 'recover') => pick(latencies, DEFAULT_PROBE.latency, name);
  const time = (value: Millis): string => `"${renderTime(value)}"`;
  const [recover, degraded] = [latency('recover'), latency('degraded')];
  checkOrder(recover, degraded, ['recover', 'degraded'], time, report);
  if (recover.depth === 0 && recover.at !== null && degraded.at === null) {
    report(recover.at, recover.key, 'expected degraded beside it: latency does not matter without');
  }
};

/** Told where idle stands only: what it has from elsewhere, or by default, gives way to a longer interval. */
export const checkIdle = (layers: Layers, report: Report): void => {
  const [interval, idle] = [pick(layers, DEFAULT_PROBE, 'interval'), pick(layers, DEFAULT_PROBE, 'idle')];
  if (idle.depth > 0 || idle.at === null || idle.value === undefined || interval.value === undefined) return;
  const [least, given] = [renderTime(interval.value), renderTime(idle.value)];
  if (idle.value < interval.value)
    report(idle.at, idle.key, `expected at least "${least}", which is interval, found "${given}"`);
};

/** A link's own keys, then the common ones, then the defaults; `loss` and `latency` key by key as well. */
export const settleProbe = (own: ProbeTable, common: ProbeTable): ProbeSettings => {
  const given = { ...DEFAULT_PROBE, ...common.given, ...own.given };
  return {
    ...given,
    idle: millis(Math.max(given.idle, given.interval)),
    loss: { ...DEFAULT_PROBE.loss, ...common.loss.given, ...own.loss.given },
    latency: { ...DEFAULT_PROBE.latency, ...common.latency.given, ...own.latency.given },
  };
};
