/**
 * What the kernel knows of the interfaces: `route -n monitor` wakes, a full `ifconfig` reading follows, and a slow poll
 * looks whether the monitor still tells everything. An RTM_IFINFO line is passed on at once: fail-over does not wait for
 * a process. It must not judge what the readings mean for a link.
 */
import type { Carrier, Interface, InterfaceTable, LearnWish } from '../core/model.ts';
import type { Observation, WatchSource } from '../core/observation.ts';
import { type Millis, type Mono, millis, since } from '../core/time.ts';
import type { CarrierWatch } from '../port/carrier.ts';
import type { Clock } from '../port/clock.ts';
import type { Commands, RunResult, Stream, StreamEnd } from '../port/commands.ts';
import { parseIfconfig } from '../text/ifconfig.ts';
import { createLineReader } from '../text/lines.ts';
import { parseMonitorLine } from '../text/route-monitor.ts';
import { createBackoff } from './backoff.ts';
import { renderRunFailure, renderStreamEnd } from './ending.ts';
import { createGatewayReader, type GatewayReading } from './gateway.ts';

/** While events keep coming, readings start this far apart; so are route events passed on. The first is not kept waiting. */
const STORM_GAP = millis(50);
const POLL = millis(10_000);
const IFCONFIG_TIMEOUT = millis(5000);
const FIRST_DELAY = millis(100);
const LONGEST_DELAY = millis(10_000);
/** A monitor that lived this long was all right: the next restart is quick again. */
const SOUND_LIFE = millis(10_000);
/**
 * After its start the monitor may not have opened its socket yet. What changed meanwhile is found by one more reading,
 * and is no proof against the monitor.
 */
const SETTLING = millis(1000);
/** How much later than a reading the monitor may report what the reading shows. */
const BENEFIT_OF_DOUBT = millis(1000);
const MAX_LINE = 4096;
/** Distinct lines of ifconfig that were complained of are remembered up to this number. */
const MAX_REMEMBERED_LINES = 100;
/** RTP_LOCAL … RTP_CACHED in net/route.h: neighbours that come and go with traffic. 128 marks routes that are down. */
const CACHED_PRIORITY = 3;
const PRIORITY_MASK = 127;

interface Status {
  readonly up: boolean;
  readonly carrier: Carrier;
}

const renderAddresses = (one: Interface): string =>
  one.addresses
    .map(({ family, address, prefixLength, peer }) => `${family} ${address}/${prefixLength} ${peer ?? ''}`)
    .sort()
    .join(',');

/**
 * The name of an interface that both readings have and that route(8) would have said something about, or null. One
 * that appeared or vanished proves nothing (RTM_IFANNOUNCE stays in route's buffer), nor does the carrier of one that
 * is not up (drivers ask the hardware then and report nothing).
 */
const findUnreportedChange = (before: InterfaceTable, after: InterfaceTable): string | null => {
  if (before === after) return null;
  for (const now of after) {
    const then = before.find((each) => each.name === now.name && each.index === now.index);
    if (then === undefined) continue;
    const differs =
      then.up !== now.up ||
      (then.up && now.up && then.carrier !== now.carrier) ||
      renderAddresses(then) !== renderAddresses(now);
    if (differs) return now.name;
  }
  return null;
};

interface Monitor {
  settled: boolean;
  stream: Stream | null;
}

/** When a reading was begun: how often the monitor had spoken, and the monitor, if it could be relied on. */
interface Begun {
  readonly events: number;
  readonly witness: Monitor | null;
}

/** For one start and one stop. */
export const createCarrierWatch = (settings: {
  readonly commands: Commands;
  readonly clock: Clock;
  /** From the end of a reading to the next when nothing happens; 10 s by default. */
  readonly poll?: Millis;
}): CarrierWatch => {
  const { commands, clock, poll = POLL } = settings;
  let observe: (observation: Observation) => void = () => {};
  let running = false;
  const timers = new Set<() => void>();
  const after = (delay: Millis, fire: () => void): (() => void) => {
    if (!running) return () => {};
    const cancel = clock.after(delay, () => {
      timers.delete(cancel);
      fire();
    });
    timers.add(cancel);
    return () => {
      timers.delete(cancel);
      cancel();
    };
  };

  /** What was said last of each: the same trouble is not said at every attempt. */
  const troubled = new Map<WatchSource, string>();
  const trouble = (source: WatchSource, text: string): void => {
    if (troubled.get(source) === text) return;
    troubled.set(source, text);
    observe({ kind: 'trouble', source, text });
  };
  const troubleOver = (source: WatchSource): void => {
    if (troubled.delete(source)) observe({ kind: 'trouble-over', source });
  };

  // ---- readings ------------------------------------------------------------------------------------------------

  let reading: AbortController | null = null;
  let readAgain = false;
  let lastReadAt: Mono | null = null;
  let cancelNext: (() => void) | null = null;
  let nextIsSoon = false;
  const ifconfigBackoff = createBackoff(FIRST_DELAY, LONGEST_DELAY);
  const gatewayBackoff = createBackoff(FIRST_DELAY, LONGEST_DELAY);
  const complainedOf = new Set<string>();
  /** What RTM_IFINFO said since the running reading was begun: newer than what it may show. */
  const statusSince = new Map<string, Status>();
  /** How often the monitor has spoken. */
  let events = 0;
  let last: (Begun & { readonly interfaces: InterfaceTable }) | null = null;
  let failing = false;
  let parsed: (ReturnType<typeof parseIfconfig> & { readonly of: string }) | null = null;
  const gateways = createGatewayReader(commands);
  let wishes: readonly LearnWish[] = [];
  /** What was said last of gateways that could not be read. */
  let complaint: string | null = null;

  const schedule = (delay: Millis, soon: boolean): void => {
    cancelNext?.();
    nextIsSoon = soon;
    cancelNext = after(delay, read);
  };
  const wake = (): void => {
    if (!running) return;
    if (reading !== null) {
      readAgain = true;
      return;
    }
    if (cancelNext !== null && nextIsSoon) return;
    const idle = lastReadAt === null ? STORM_GAP : since(clock.now(), lastReadAt);
    if (idle >= STORM_GAP) read();
    else schedule(millis(STORM_GAP - idle), true);
  };
  function read(): void {
    cancelNext?.();
    cancelNext = null;
    const mine = new AbortController();
    reading = mine;
    readAgain = false;
    lastReadAt = clock.now();
    statusSince.clear();
    const begun: Begun = { events, witness: monitor?.settled === true ? monitor : null };
    const options = { timeoutMs: IFCONFIG_TIMEOUT, signal: mine.signal };
    void commands.run('ifconfig', [], options).then(async (result) => {
      if (reading !== mine || !running) return;
      const shown = understand(result);
      // One observation of both: a new address with the gateway of the old one would be no path at all.
      const read = shown === null || wishes.length === 0 ? null : await gateways.read(wishes);
      if (reading !== mine || !running) return;
      reading = null;
      const good = shown !== null;
      if (shown !== null) take(shown, read, begun);
      const isWhole = read === null || read.learnt.length === wishes.length;
      if (isWhole) gatewayBackoff.reset();
      if (readAgain) wake();
      else if (good && !isWhole) schedule(gatewayBackoff.next(), false);
      else if (good) schedule(poll, false);
      else schedule(ifconfigBackoff.next(), false);
    });
  }
  const fail = (text: string): null => {
    failing = true;
    trouble('ifconfig', text);
    return null;
  };
  const understand = (result: RunResult): InterfaceTable | null => {
    if (result.kind !== 'exited' || result.code !== 0) {
      return fail(renderRunFailure('ifconfig', result));
    }
    // Most readings say what the one before has said.
    if (parsed?.of !== result.stdout) parsed = { of: result.stdout, ...parseIfconfig(result.stdout) };
    const { interfaces: shown, unrecognised, complete } = parsed;
    if (!complete || shown.length === 0) {
      // There always is lo0. Taking nothing for an answer would take every link down.
      return fail(`ifconfig: ${shown.length === 0 ? 'no interface' : 'half a line'} in its output`);
    }
    ifconfigBackoff.reset();
    complainOf(unrecognised);
    return shown;
  };
  const take = (shown: InterfaceTable, read: GatewayReading | null, begun: Begun): void => {
    const interfaces =
      statusSince.size === 0
        ? shown
        : shown.map((one): Interface => ({ ...one, ...statusSince.get(one.name) }));
    const before = last;
    last = { interfaces, ...begun };
    if (read?.trouble === undefined || read.trouble === null) {
      complaint = null;
      troubleOver('gateway');
    } else if (read.trouble !== complaint) {
      complaint = read.trouble;
      trouble('gateway', read.trouble);
    }
    observe({ kind: 'interfaces', interfaces, learnt: read?.learnt ?? [] });
    suspect(before, interfaces);
  };
  const complainOf = (lines: readonly string[]): void => {
    const unheard = lines.filter((line) => !complainedOf.has(line));
    const room = MAX_REMEMBERED_LINES - complainedOf.size;
    // The words about the failure that is over now must not stay the last ones.
    const worthSaying = failing && unheard.length === 0 ? lines.slice(0, 1) : unheard.slice(0, room);
    failing = false;
    for (const line of worthSaying) {
      complainedOf.add(line);
      trouble('ifconfig', `ifconfig: line not understood: ${line.trim()}`);
    }
    if (lines.length === 0) troubleOver('ifconfig');
  };

  // ---- the monitor ---------------------------------------------------------------------------------------------

  let monitor: Monitor | null = null;
  const monitorBackoff = createBackoff(FIRST_DELAY, LONGEST_DELAY);

  const suspect = (before: (Begun & { readonly interfaces: InterfaceTable }) | null, now: InterfaceTable) => {
    const accused = before?.witness ?? null;
    const said = events;
    if (before === null || accused === null || accused !== monitor || before.events !== said) return;
    const changed = findUnreportedChange(before.interfaces, now);
    if (changed === null) return;
    after(BENEFIT_OF_DOUBT, () => {
      if (monitor !== accused || events !== said) return;
      trouble('monitor', `route monitor is mute: it did not report a change of ${changed}`);
      monitor = null;
      accused.stream?.stop();
      restart();
    });
  };
  const restart = (): void => {
    after(monitorBackoff.next(), watch);
  };
  const watch = (): void => {
    const lines = createLineReader({ maxLength: MAX_LINE });
    const errors = createLineReader({ maxLength: MAX_LINE });
    let lastWords = '';
    let overlong = 0;
    const mine: Monitor = { settled: false, stream: null };
    monitor = mine;
    mine.stream = commands.stream('route', ['-n', 'monitor'], {
      onStdout: (chunk) => {
        if (monitor !== mine) return;
        for (const line of lines.push(chunk)) hear(line);
        if (lines.dropped === overlong) return;
        overlong = lines.dropped;
        wake();
      },
      onStderr: (chunk) => {
        lastWords = errors.push(chunk).findLast((line) => line !== '') ?? lastWords;
      },
      onEnd: (end: StreamEnd) => {
        if (monitor !== mine) return;
        monitor = null;
        trouble('monitor', renderStreamEnd('route monitor', end, errors.end() ?? lastWords));
        restart();
      },
    });
    after(SETTLING, () => {
      if (monitor !== mine) return;
      mine.settled = true;
      troubleOver('monitor');
      wake();
    });
    after(SOUND_LIFE, () => {
      if (monitor === mine) monitorBackoff.reset();
    });
    wake();
  };
  const hear = (line: string): void => {
    const event = parseMonitorLine(line);
    if (event.kind === 'continuation') return;
    events += 1;
    switch (event.kind) {
      case 'interface-status': {
        const { name, up, carrier } = event;
        if (name !== null) {
          statusSince.set(name, { up, carrier });
          observe({ kind: 'interface-status', name, up, carrier });
        }
        wake();
        return;
      }
      case 'route':
        // A request that failed changed nothing; our own would be tried again and again for ever.
        if (event.errno !== 0 || (event.priority & PRIORITY_MASK) === CACHED_PRIORITY) return;
        passOnRoute(event.table);
        wake();
        return;
      case 'announce':
      case 'address':
      case 'desync':
      case 'unrecognised':
        wake();
        return;
      case 'other':
        return;
    }
  };

  const waitingTables = new Set<number>();
  let tablesRest = false;
  const passOnRoute = (rtable: number): void => {
    if (tablesRest) {
      waitingTables.add(rtable);
      return;
    }
    tablesRest = true;
    after(STORM_GAP, () => {
      tablesRest = false;
      const tables = [...waitingTables];
      waitingTables.clear();
      for (const each of tables) {
        if (tablesRest) observe({ kind: 'route-event', rtable: each });
        else passOnRoute(each);
      }
    });
    observe({ kind: 'route-event', rtable });
  };

  return {
    start: (listener) => {
      if (running) return;
      observe = listener;
      running = true;
      watch();
    },
    learn: (wanted) => {
      const isNew = wanted !== wishes && JSON.stringify(wanted) !== JSON.stringify(wishes);
      wishes = wanted;
      if (isNew) wake();
    },
    reread: wake,
    stop: () => {
      running = false;
      observe = () => {};
      for (const cancel of timers) cancel();
      timers.clear();
      reading?.abort();
      reading = null;
      const { stream } = monitor ?? { stream: null };
      monitor = null;
      stream?.stop();
    },
  };
};
