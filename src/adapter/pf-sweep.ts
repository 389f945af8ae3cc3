/**
 * Ends the pf states that pools have pinned to dead gateways. Which are they? pf does not say but in the list of all of them, which
 * is long: it is read as a stream, of which only ids are kept, and each is killed as soon as it is known.
 */
import { millis } from '../core/time.ts';
import type { PfFailure, Sweep } from '../core/transaction.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands } from '../port/commands.ts';
import type { Firewall } from '../port/firewall.ts';
import { createLineReader } from '../text/lines.ts';
import { createPinnedReader } from '../text/pf-state.ts';
import { parseKilled, parsePfctlFailure } from '../text/pfctl.ts';
import { firstLine, renderStreamEnd } from './ending.ts';
import { inWords, type Pfctl } from './pf-run.ts';

const LIST = 'pfctl -ss';
/** pfctl is silent while it fetches all states from the kernel. */
const SILENCE = millis(60_000);
const MAX_LINE = 512;
const MAX_ERROR_TEXT = 4096;
const AT_ONCE = 4;
const MAX_WAITING = 200_000;
/** More than that many lists are not for us: then pf makes states faster than they can be killed. */
const MAX_PASSES = 10;
/** In a row: then there is no hope for the next ones. */
const MAX_FAILURES = 8;

/**
 * A state to be killed. Numbers, since a piece of a line would keep the whole chunk alive that the line came in. `at` is
 * the place of its gateway in the order.
 */
interface Doomed {
  readonly id: bigint;
  readonly creator: number;
  readonly at: number;
}

const idOf = ({ id, creator }: Doomed): string =>
  `${id.toString(16).padStart(16, '0')}/${creator.toString(16).padStart(8, '0')}`;

interface Killer {
  /** False: there are too many waiting, it was left out. */
  take(doomed: Doomed): boolean;
  /** Resolves when nothing is waiting or under way. */
  done(): Promise<void>;
  readonly failure: PfFailure | null;
}

const createKiller = (
  pfctl: Pfctl,
  counts: number[],
  maxWaiting: number,
  isSpared: (at: number) => boolean,
): Killer => {
  let waiting: Doomed[] = [];
  let next = 0;
  let running = 0;
  let failure: PfFailure | null = null;
  let failuresInARow = 0;
  let tell = (): void => {};

  const kill = async (doomed: Doomed): Promise<void> => {
    if (isSpared(doomed.at)) return;
    const id = idOf(doomed);
    const said = await pfctl.run(['-k', 'id', '-k', id]);
    const count = said.kind === 'said' ? parseKilled(said.stderr) : null;
    if (count === null) {
      failure ??=
        said.kind === 'refused' ? said.failure : inWords(`pfctl -k id -k ${id}: does not say what it killed`);
      failuresInARow += 1;
    } else {
      failuresInARow = 0;
      counts[doomed.at] = (counts[doomed.at] ?? 0) + count;
    }
  };

  const pump = (): void => {
    if (failuresInARow >= MAX_FAILURES) next = waiting.length;
    while (running < AT_ONCE && next < waiting.length) {
      const doomed = waiting[next];
      next += 1;
      if (doomed === undefined) continue;
      running += 1;
      void kill(doomed).then(() => {
        running -= 1;
        pump();
      });
    }
    if (next === waiting.length) {
      waiting = [];
      next = 0;
      if (running === 0) tell();
    }
  };

  return {
    take: (doomed) => {
      if (failuresInARow >= MAX_FAILURES) return true;
      if (waiting.length - next >= maxWaiting) return false;
      waiting.push(doomed);
      pump();
      return true;
    },
    done: () =>
      new Promise((resolve) => {
        tell = resolve;
        pump();
      }),
    get failure() {
      return failure;
    },
  };
};

/** `maxWaiting`: how many ids are kept at most, 1 or more. */
export const createSweep = ({
  commands,
  clock,
  pfctl,
  maxWaiting = MAX_WAITING,
}: {
  readonly commands: Commands;
  readonly clock: Clock;
  readonly pfctl: Pfctl;
  readonly maxWaiting?: number;
}): Firewall['sweep'] => {
  /** One list. Tells each state to `take`, and resolves to what was wrong with the list. */
  const list = (
    places: ReadonlyMap<string, number>,
    exempt: Sweep['exempt'],
    take: (doomed: Doomed) => void,
  ): Promise<PfFailure | null> =>
    new Promise((resolve) => {
      const lines = createLineReader({ maxLength: MAX_LINE });
      const reader = createPinnedReader(new Set(places.keys()), exempt);
      let errors = '';
      let isSilent = false;
      let hasEnded = false;
      const watch = (): (() => void) =>
        clock.after(SILENCE, () => {
          isSilent = true;
          stream.stop();
        });
      let unwatch = (): void => {};
      const stream = commands.stream('pfctl', ['-ss', '-vv'], {
        onStdout: (chunk) => {
          unwatch();
          unwatch = watch();
          for (const line of lines.push(chunk)) {
            const found = reader.push(line);
            const at = found === null ? undefined : places.get(found.gateway);
            if (found === null || at === undefined) continue;
            take({ id: BigInt(`0x${found.id}`), creator: Number.parseInt(found.creator, 16), at });
          }
        },
        onStderr: (chunk) => {
          errors = (errors + chunk).slice(0, MAX_ERROR_TEXT);
        },
        onEnd: (end) => {
          hasEnded = true;
          unwatch();
          const rest = lines.end();
          const said = end.kind === 'exited' ? parsePfctlFailure(end.code, errors) : null;
          if (isSilent) resolve(inWords(`${LIST}: timed out`));
          else if (said !== null && said.text !== '') resolve(inWords(said.text));
          else if (end.kind !== 'exited' || end.code !== 0)
            resolve(inWords(renderStreamEnd(LIST, end, firstLine(errors))));
          else if (rest !== null) resolve(inWords(`${LIST}: cut short`));
          else if (reader.lost + lines.dropped > 0)
            resolve(inWords(`${LIST}: ${reader.lost + lines.dropped} states were not understood`));
          else resolve(null);
        },
      });
      if (!hasEnded) unwatch = watch();
    });

  return async ({ gateways, exempt }, isWanted = () => true) => {
    const counts = gateways.map(() => 0);
    const spared = new Set<string>();
    const isSpared = (at: number): boolean => {
      const { gateway = '' } = gateways[at] ?? {};
      if (isWanted(gateway)) return false;
      spared.add(gateway);
      return true;
    };
    const places = new Map<string, number>();
    for (const [at, { gateway }] of gateways.entries()) if (!places.has(gateway)) places.set(gateway, at);
    let failure: PfFailure | null = null;
    let isWhole = gateways.length === 0;
    for (let pass = 0; !isWhole && failure === null; pass += 1) {
      if (pass === MAX_PASSES) {
        failure = inWords(`${LIST}: still more states after ${MAX_PASSES} times`);
        break;
      }
      isWhole = true;
      const killer = createKiller(pfctl, counts, maxWaiting, isSpared);
      failure = await list(places, exempt, (doomed) => {
        if (!killer.take(doomed)) isWhole = false;
      });
      await killer.done();
      failure = killer.failure ?? failure;
    }
    if (failure !== null) return { kind: 'failed', failure };
    const killed = gateways.map(({ link, again }, at) => ({ link, count: counts[at] ?? 0, again }));
    return { kind: 'swept', killed, spared: [...spared] };
  };
};
