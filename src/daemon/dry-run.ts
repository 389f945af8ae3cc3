/**
 * `uplinkd -nv` where there is a machine: what a daemon that was started now would load, against what pf holds. It is the
 * daemon's own loop over ports that only look, so it cannot decide otherwise than the daemon; the probes' part is what an
 * earlier run has left, and of paths that nothing is known of nothing bad is thought. Nothing is written anywhere.
 */
import type { Settings } from '../core/model.ts';
import type { DesiredPf } from '../core/reconcile.ts';
import { millis } from '../core/time.ts';
import type { PfResult, RouteResult } from '../core/transaction.ts';
import { desiredNow } from '../core/turn.ts';
import type { Clock } from '../port/clock.ts';
import { type DiffLine, diffLines } from '../text/diff.ts';
import { renderRuleset } from '../text/pf.ts';
import { createLoop, type Loop, type Ports } from './loop.ts';

export interface Looks extends Pick<Ports, 'clock' | 'carrier' | 'firewall' | 'memory'> {
  /** The rules that an anchor holds, or why they cannot be read. */
  readonly readRules: (anchor: string) => Promise<readonly string[] | string>;
}

/** Between two looks at how far it is, and how often. */
const STEP = millis(50);
const STEPS = 80;

const never = <T>(): Promise<T> => new Promise<T>(() => {});

const wait = (clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    clock.after(STEP, resolve);
  });

/** Paths that could carry packets have what pf's rules need of them. */
const isComplete = (loop: Loop): boolean =>
  loop.engine().interfaces !== null &&
  [...loop.engine().paths.values()].every((path) => path.evidence?.kind !== 'ready' || path.isRouted);

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

const renderLine = ({ mark, text }: DiffLine): string => `${mark} ${text}`;

/** Every line is a comment of pf.conf(5), or a rule with its mark. */
const renderAnchor = (
  anchor: string,
  held: readonly string[] | string,
  wanted: readonly string[],
): readonly string[] => {
  if (typeof held === 'string')
    return [
      `# anchor "${anchor}": what it holds cannot be read: ${held}`,
      ...wanted.map((rule) => `  ${rule}`),
    ];
  const diff = diffLines(held, wanted);
  const isSame = diff.every(({ mark }) => mark === ' ');
  const summary = isSame
    ? 'as it should be'
    : `holds ${held.length} rules (-), would hold ${wanted.length} (+)`;
  return [`# anchor "${anchor}": ${summary}`, ...diff.map(renderLine)];
};

/** What an inspection adds to the rules: tables, weights, the line in pf.conf. */
const renderInspection = (result: PfResult, anchor: string): readonly string[] => {
  if (result.kind === 'failed') return [`# ${result.failure.text}`];
  if (result.kind === 'applied') return [];
  const others = result.differences.filter((difference) => !difference.startsWith('anchor '));
  return [
    ...others.map((difference) => `# ${difference}`),
    ...(result.isCalled === false ? [`# the main rule set lacks the line: anchor "${anchor}"`] : []),
  ];
};

const compare = async (looks: Looks, desired: DesiredPf): Promise<readonly string[]> => {
  const lines = [
    ...renderAnchor(
      desired.anchor,
      await looks.readRules(desired.anchor),
      linesOf(renderRuleset(desired.ruleset)),
    ),
  ];
  for (const pool of desired.pools) {
    const wanted = linesOf(renderRuleset(pool.rules));
    lines.push(...renderAnchor(pool.anchor, await looks.readRules(pool.anchor), wanted));
  }
  const inspected = await looks.firewall.carry({
    kind: 'inspect',
    id: 0,
    anchor: desired.anchor,
    ruleset: desired.ruleset,
    fingerprint: null,
    tables: desired.tables,
    pools: desired.pools,
  });
  return [...lines, ...renderInspection(inspected, desired.anchor)];
};

/** Lines for people. Never rejects. */
export const dryRun = async (settings: Settings, looks: Looks): Promise<readonly string[]> => {
  const loop = createLoop({
    clock: looks.clock,
    carrier: looks.carrier,
    memory: { recall: looks.memory.recall, keep: () => {} },
    log: { write: () => {} },
    prober: { start: () => {}, want: () => {}, stop: () => {} },
    firewall: { carry: never, sweep: never, count: never },
    carp: { carry: never },
    // As if they had been set: what cannot be set is found out by trying, and nothing is tried here.
    routes: {
      find: async () => [],
      ensure: async (wishes) =>
        wishes.map(({ id }): RouteResult => ({ kind: 'ensured', id, changed: false, warning: null })),
    },
  });
  loop.start(settings);
  for (let step = 0; step < STEPS && !isComplete(loop); step += 1) await wait(looks.clock);
  const desired = desiredNow(loop.engine());
  loop.stop();
  return desired === null ? ['# the interfaces cannot be read: nothing to compare'] : compare(looks, desired);
};
