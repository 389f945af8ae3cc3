/**
 * pppoe(4): sessions by a parent interface, from PADI to the addresses that IPCP brings, and back (sys/net/if_pppoe.c, sys/net/if_spppsubr.c;
 * OPENBSD.md 3g, transcripts ifconfig-pppoe0-*). Knows what the other end would grant; packets of the session are forwarding's.
 */
import { parseAddress } from './address.ts';
import type { EmulatorClock } from './clock.ts';
import type { Interfaces } from './interfaces.ts';
import type { Nic, NicAddress } from './nic.ts';
import { isLinkUp } from './nic.ts';
import type { RouteMessage } from './route-message.ts';
import type { Routing } from './routing.ts';

/** The PPPoE side of an uplink, as a world describes it; address and gateway are what the concentrator gives out. */
export interface PppoeDescription {
  /** `pppoedev`. */
  readonly parent: string;
  /** The configured peer: 0.0.0.1 to 0.0.0.255 take any, 0.0.0.0 keeps IPCP closed, another must be the one that comes. Default 0.0.0.1. */
  readonly destination?: string;
  /** Prefix length of the configured address. Default 8, as for `inet 0.0.0.0`. */
  readonly length?: number;
  readonly authname?: string;
  /** False: nobody has said `up` yet. Default true: the session is there from the start. */
  readonly isUpAtStart?: boolean;
}

/** What the concentrator grants now. */
export interface Concentrator {
  address: string;
  peer: string;
  /** It answers nobody, and says nothing in sessions. */
  isSilent: boolean;
  /** False: sessions come up, but IPCP gets no answer, so there is a carrier and no address. */
  isGranting: boolean;
}

export type PppoeState = 'initial' | 'PADI sent' | 'PADR sent' | 'session';

export interface PppoeSession {
  readonly name: string;
  readonly parent: string;
  readonly authname: string;
  readonly configured: NicAddress;
  state: PppoeState;
  phase: 'dead' | 'establish' | 'authenticate' | 'network';
  sid: number;
  padiRetries: number;
  /** Milliseconds on the router's clock. */
  since: number;
  /** Takes back what was to happen next. */
  cancel: () => void;
  /** Takes back the time-out of the keepalive. */
  cancelKeepalive: () => void;
}

export interface Pppoe {
  get(name: string): PppoeSession | null;
  /** Makes the session of an interface that is there. `isNow`: it is up already, and nothing is said of it. */
  add(nic: Nic, description: PppoeDescription, concentrator: Concentrator, isNow: boolean): void;
  /** The concentrator ends the session (PADT); the next one may have other addresses. */
  terminate(name: string): void;
  /** The other end may have gone silent: see whether it still is there, in time. */
  watch(name: string): void;
  /** To be told of every message on the routing socket. */
  hear(message: RouteMessage): void;
}

const DISCOVERY_SECONDS = 5;
const QUICK_TRIES = 4;
const SLOW_SECONDS = 60;
/** Echo requests every 10 s once 15 s have been silent, three unanswered: "LCP keepalive timeout". */
const KEEPALIVE_MS = 50_000;
/** PPP's restart timer (RFC 1661): how often IPCP asks again. */
const RETRY_MS = 3000;
/** From one packet of the negotiation to the next. */
const STEP_MS = 10;

export const createPppoe = (machine: {
  readonly clock: EmulatorClock;
  readonly interfaces: Interfaces;
  readonly routing: Routing;
}): Pppoe => {
  const { clock, interfaces, routing } = machine;
  const sessions = new Map<string, { readonly session: PppoeSession; readonly far: Concentrator }>();
  let lastSid = 0x10;

  const configuredFor = (description: PppoeDescription): NicAddress => {
    const any = parseAddress('0.0.0.0');
    if (any === null) throw new RangeError('emulator: 0.0.0.0');
    return { address: any, length: description.length ?? 8, peer: description.destination ?? '0.0.0.1' };
  };
  const own = (nic: Nic): NicAddress | null =>
    nic.addresses.find((one) => one.address.family === 'inet') ?? null;
  const isHeard = (session: PppoeSession, far: Concentrator): boolean => {
    const parent = interfaces.find(session.parent);
    return parent !== null && isLinkUp(parent) && !far.isSilent;
  };
  const schedule = (session: PppoeSession, ms: number, run: () => void): void => {
    session.cancel();
    session.cancel = clock.after(ms, run);
  };
  const setAddress = (nic: Nic, wanted: NicAddress, between: () => void = () => {}): void => {
    const before = own(nic);
    if (before === null) return;
    nic.addresses = nic.addresses.map((one) => (one === before ? wanted : one));
    routing.changeAddress(nic, before, wanted, between);
  };

  /** What IPCP agrees on, or null: it stays closed, or goes on asking for ever. */
  const agree = (session: PppoeSession, far: Concentrator): NicAddress | 'closed' | null => {
    const peer = parseAddress(session.configured.peer ?? '0.0.0.0')?.value ?? 0n;
    if (peer === 0n) return 'closed';
    const isWildcard = peer <= 255n;
    const address = parseAddress(far.address);
    if (address === null || (!isWildcard && session.configured.peer !== far.peer)) return null;
    return { address, length: session.configured.length, peer: far.peer };
  };

  const dial = (session: PppoeSession): void => {
    const far = sessions.get(session.name)?.far;
    const nic = interfaces.find(session.name);
    if (far === undefined || nic === null || !nic.isUp) return;
    session.state = 'PADI sent';
    session.phase = 'establish';
    if (isHeard(session, far)) schedule(session, STEP_MS, () => requestSession(session));
    else retry(session);
  };
  /** Quickly a few times, then once a minute for ever; how often is never forgotten (pppoe_timeout()). */
  const retry = (session: PppoeSession): void => {
    const { padiRetries } = session;
    const seconds = padiRetries >= QUICK_TRIES ? SLOW_SECONDS : DISCOVERY_SECONDS * Math.max(1, padiRetries);
    schedule(session, seconds * 1000, () => {
      session.padiRetries++;
      dial(session);
    });
  };
  const requestSession = (session: PppoeSession): void => {
    session.state = 'PADR sent';
    schedule(session, STEP_MS, () => {
      session.state = 'session';
      session.sid = ++lastSid;
      session.since = clock.now();
      session.phase = 'authenticate';
      schedule(session, STEP_MS, () => enterNetwork(session));
    });
  };
  const enterNetwork = (session: PppoeSession): void => {
    const nic = interfaces.find(session.name);
    const far = sessions.get(session.name)?.far;
    if (nic === null || far === undefined) return;
    session.phase = 'network';
    interfaces.setSession(nic, true);
    schedule(session, STEP_MS, () => negotiate(session, nic, far));
  };
  const negotiate = (session: PppoeSession, nic: Nic, far: Concentrator): void => {
    const agreed = agree(session, far);
    if (agreed === 'closed') {
      nic.hasCarrier = false;
      hangUp(session, nic);
    } else if (agreed === null || !far.isGranting) {
      schedule(session, RETRY_MS, () => negotiate(session, nic, far));
    } else {
      setAddress(nic, agreed);
      watch(session);
    }
  };

  /** Looks whether anything still answers: a session is not told that its parent's cable is gone. */
  const watch = (session: PppoeSession): void => {
    const far = sessions.get(session.name)?.far;
    if (far === undefined || session.state !== 'session') return;
    session.cancelKeepalive();
    if (isHeard(session, far)) return;
    session.cancelKeepalive = clock.after(KEEPALIVE_MS, () => {
      if (!isHeard(session, far)) lose(session);
      else watch(session);
    });
  };

  const forget = (session: PppoeSession): void => {
    session.cancel();
    session.cancelKeepalive();
    session.state = 'initial';
    session.phase = 'dead';
    session.sid = 0;
  };
  /** `ifconfig down` as sppp_lcp_down() simulates it: no more UP until something says so again. */
  const hangUp = (session: PppoeSession, nic: Nic): void => {
    forget(session);
    interfaces.setFlagsUp(nic, false);
  };
  /** The session is over. Clearing the addresses brings the interface up again, and that dials (sppp_clear_ip_addrs, SIOCSIFADDR). */
  const lose = (session: PppoeSession): void => {
    const nic = interfaces.find(session.name);
    if (nic === null || session.state === 'initial') return;
    nic.hasCarrier = false;
    routing.relink(nic.name);
    hangUp(session, nic);
    setAddress(nic, session.configured, () => interfaces.setFlagsUp(nic, true));
    dial(session);
  };

  /** An administrator's `down`. */
  const close = (session: PppoeSession, nic: Nic): void => {
    if (session.state !== 'session') session.padiRetries = 0;
    forget(session);
    interfaces.setSession(nic, false);
    setAddress(nic, session.configured);
  };

  const hear: Pppoe['hear'] = (message) => {
    if (message.kind !== 'ifinfo' || !message.isNamed) return;
    const { nic } = message;
    const own = sessions.get(nic.name)?.session;
    // a moment later: what it says comes after what it hears
    if (own !== undefined)
      clock.after(0, () => {
        if (!nic.isAttached) forget(own);
        else if (!nic.isUp && own.state !== 'initial') close(own, nic);
        else if (nic.isUp && own.state === 'initial') dial(own);
      });
    for (const { session } of sessions.values())
      if (session.parent === nic.name && session.state === 'session') watch(session);
  };

  return {
    get: (name) => sessions.get(name)?.session ?? null,
    add: (nic, description, far, isNow) => {
      const session: PppoeSession = {
        name: nic.name,
        parent: description.parent,
        authname: description.authname ?? 'u',
        configured: configuredFor(description),
        state: 'initial',
        phase: 'dead',
        sid: 0,
        padiRetries: 0,
        since: clock.now(),
        cancel: () => {},
        cancelKeepalive: () => {},
      };
      sessions.set(nic.name, { session, far });
      nic.hasCarrier = false;
      const agreed = agree(session, far);
      if (!isNow || agreed === null || agreed === 'closed') {
        interfaces.assign(nic, session.configured);
        if (nic.isUp) dial(session);
        return;
      }
      session.state = 'session';
      session.phase = 'network';
      session.sid = ++lastSid;
      nic.hasCarrier = true;
      interfaces.assign(nic, agreed);
    },
    terminate: (name) => {
      const session = sessions.get(name)?.session;
      if (session !== undefined && session.state === 'session') lose(session);
    },
    watch: (name) => {
      const session = sessions.get(name)?.session;
      if (session !== undefined) watch(session);
    },
    hear,
  };
};

const clockText = (seconds: number): string => {
  const two = (value: number): string => String(value).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  const rest = seconds % 86_400;
  return `${days === 0 ? '' : `${days}d `}${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
};

/** The lines that ifconfig(8) has of a session. */
export const renderSession = (session: PppoeSession | null, now: number): readonly string[] => {
  if (session === null) return ['\tdev:  state: initial\n', '\tsid: 0x0 PADI retries: 0 PADR retries: 0\n'];
  const { parent, state, sid, padiRetries, phase, authname, since } = session;
  const time = state === 'session' ? ` time: ${clockText(Math.floor((now - since) / 1000))}` : '';
  return [
    `\tdev: ${parent} state: ${state}\n`,
    `\tsid: 0x${sid.toString(16)} PADI retries: ${padiRetries} PADR retries: 0${time}\n`,
    ...(phase === 'dead' ? [] : [`\tsppp: phase ${phase} authproto pap authname "${authname}" \n`]),
  ];
};
