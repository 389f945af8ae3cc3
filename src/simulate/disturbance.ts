/**
 * What is in the daemon's way, and for how long: while its commands fail, it is stopped, or somebody else writes to pf, bounds of
 * time do not count. Knows what each happening may do to the daemon, not what the judges make of it.
 */
import type { Settings } from '../core/model.ts';
import type { VirtualClock } from '../emulator/clock.ts';
import type { Router } from '../emulator/router.ts';
import type { Happening } from './story.ts';

/** A command may have failed and be tried again only this much later, or be found out by the next look at pf. */
export const AFTER_FAULT_MS = 80_000;
/** After a pfctl that hung until it timed out (adapter/pf-run.ts) comes the longest wait before the next try (core/reconcile.ts). */
const AFTER_PFCTL_MS = 5000 + 30_000;
/** Other settings are followed within this. */
export const AFTER_RELOAD_MS = 30_000;
/** A ping that says nothing is replaced at the latest after this (adapter/ping.ts). */
const afterMuteMs = ({ links }: Settings): number =>
  30_000 + Math.max(300_000, ...links.map(({ probe }) => 30 * Math.max(probe.interval, probe.idle)));

/** The next request of every target has been answered by then. */
const afterRefusalMs = ({ links }: Settings): number =>
  15_000 + 2 * Math.max(0, ...links.map(({ probe }) => Math.max(probe.interval, probe.idle)));

/** em(4) negotiates for a second after `up`; readings in a storm are 50 ms apart. */
const HEARD_MS = 1500;
/** Without a monitor that tells of a change, the next reading does (adapter/monitor.ts). */
export const READ_MS = 12_000;
/** What the kernel is asked by, beside the monitor. */
const READERS = ['ifconfig', 'route', 'dhcpleasectl'];

export interface Disturbance {
  /** Something is in the daemon's way, and may be for this long. */
  disturb(ms: number): void;
  /** Pings may miss answers for reasons of their own for this long. */
  blind(ms: number): void;
  /** What the kernel tells may go unheard for this long. */
  deafen(ms: number): void;
  /** Looks for faults that have met a command since the last look. */
  look(): void;
  /** A life begins. */
  begin(): void;
  /** All that was ordered is taken back. */
  clear(): void;
  /** A happening that the daemon has in its way. */
  meet(happening: Happening): void;
  readonly calmAt: () => number;
  readonly hearsAt: () => number;
  readonly hearsWithin: () => number;
  readonly writesAt: () => number;
  readonly blindUntil: () => number;
  readonly foreignUntil: () => number;
}

export const createDisturbance = (machine: {
  readonly clock: VirtualClock;
  readonly router: Router;
  readonly settings: () => Settings;
}): Disturbance => {
  const { clock, router, settings } = machine;
  let calmAt = 60_000;
  let hearsAt = 60_000;
  let blindUntil = 0;
  let foreignUntil = 0;
  /** The routing socket is full. */
  let isDeaf = false;
  /** A monitor that may say nothing, and that nobody may have found out. */
  let hasDoubtfulMonitor = false;
  let faultsUsed = 0;
  let writesAt = 0;
  let pfctlFaults = 0;
  let readerFaults = 0;
  const countReaderFaults = (): number =>
    READERS.reduce((sum, command) => sum + router.faults.usedBy(command), 0);

  const disturb = (ms: number): void => {
    calmAt = Math.max(calmAt, clock.now() + ms);
  };
  const deafen = (ms: number): void => {
    hearsAt = Math.max(hearsAt, clock.now() + ms);
  };
  const blind = (ms: number): void => {
    blindUntil = Math.max(blindUntil, clock.now() + ms);
  };

  /** A pf that blocks has lost our rules, those that let the pings out among them. */
  const isRefusing = (): boolean => {
    const { rulesets } = router.firewall;
    if ((rulesets.get(settings().anchor)?.rules.length ?? 0) > 0) return false;
    return rulesets.get('')?.rules.some(({ action }) => action === 'block') ?? false;
  };

  /** A monitor that is started now may say nothing, or late. */
  const isMonitorMet = (): boolean => router.faults.isPendingFor('route', ['-n', 'monitor']);

  const meet = (happening: Happening): void => {
    switch (happening.kind) {
      case 'resume':
        disturb(15_000);
        deafen(15_000);
        break;
      case 'go-on':
        // What it waits for may have timed out meanwhile.
        disturb(AFTER_FAULT_MS);
        deafen(AFTER_FAULT_MS);
        break;
      case 'admin':
        foreignUntil = clock.now() + settings().reconcile + 10_000;
        disturb(settings().reconcile + 20_000);
        break;
      case 'child': {
        if (happening.command === 'route' && happening.what === 'mute') hasDoubtfulMonitor = true;
        if (happening.command === 'route') deafen(20_000);
        const isPing = happening.command.startsWith('ping');
        const isMute = isPing && happening.what === 'mute';
        const forMs = isMute ? afterMuteMs(settings()) : 20_000;
        disturb(forMs);
        if (isPing && happening.what !== 'kill') blind(forMs);
        break;
      }
      case 'fault':
        if (isMonitorMet()) hasDoubtfulMonitor = true;
        break;
      case 'overflow':
        isDeaf = happening.isFull;
        // What was missed is read at once, but a reading takes its time.
        disturb(2000);
        deafen(0);
        break;
      case 'carrier':
      case 'ifconfig':
      case 'detach':
      case 'attach':
      case 'dark':
      case 'dark-family':
      case 'gateway-dead':
      case 'loss':
      case 'latency':
      case 'blackhole':
      case 'renumber':
      case 'offer':
      case 'ask':
      case 'expire':
      case 'far-silent':
      case 'dhcpleased':
      case 'rest':
      case 'restart':
      case 'by-hand':
      case 'reload':
      case 'terminate':
      case 'kill':
      case 'start':
      case 'pause':
      case 'stall':
      case 'wall':
        break;
    }
  };

  return {
    disturb,
    blind,
    deafen,
    look: () => {
      if (isRefusing()) blind(afterRefusalMs(settings()));
      if (router.faults.used === faultsUsed) return;
      faultsUsed = router.faults.used;
      disturb(AFTER_FAULT_MS);
      if (router.faults.usedBy('pfctl') !== pfctlFaults) writesAt = clock.now() + AFTER_PFCTL_MS;
      pfctlFaults = router.faults.usedBy('pfctl');
      const command = router.faults.lastMet;
      if (countReaderFaults() !== readerFaults) deafen(AFTER_FAULT_MS);
      readerFaults = countReaderFaults();
      if (command === 'nc' || command?.startsWith('ping') === true) {
        disturb(afterMuteMs(settings()));
        blind(afterMuteMs(settings()));
      }
    },
    begin: () => {
      // What was ordered and has met nobody yet may be waiting for this one.
      hasDoubtfulMonitor = isMonitorMet();
      deafen(10_000);
      disturb(45_000);
      // What the life before had started may write yet (core/reconcile.ts).
      foreignUntil = Math.max(foreignUntil, clock.now() + 45_000);
    },
    clear: () => {
      router.faults.clear();
      router.setOverflowing(false);
      router.userland.goOn();
      isDeaf = false;
      deafen(15_000);
    },
    meet,
    calmAt: () => (isDeaf ? Number.POSITIVE_INFINITY : calmAt),
    hearsAt: () => hearsAt,
    hearsWithin: () => (isDeaf || hasDoubtfulMonitor ? READ_MS : HEARD_MS),
    writesAt: () => writesAt,
    blindUntil: () => blindUntil,
    foreignUntil: () => foreignUntil,
  };
};
