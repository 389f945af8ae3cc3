/**
 * ping(8) and ping6(8): one line per answer, flushed at once; nothing for a loss; the banner and the `wrote` lines stay in the buffer until
 * then (OPENBSD.md 3b, sbin/ping/ping.c). Its packets go through pf and the routing tables like any other.
 */
import { parseAddress } from './address.ts';
import type { Packet } from './packet.ts';
import { answerTo } from './packet.ts';
import type { Invocation, Program } from './program.ts';
import { parseOptions } from './program.ts';
import type { Router } from './router.ts';

const USAGE = `usage: ping [-DdEefgHLnqRv] [-c count] [-I sourceaddr] [-i interval]
	[-l preload] [-p pattern] [-s packetsize] [-T toskeyword]
	[-t ttl] [-V rtable] [-w maxwait] host
`;
const USAGE6 = `usage: ping6 [-DdEefgHLmnqv] [-c count] [-h hoplimit] [-I sourceaddr]
	[-i interval] [-l preload] [-p pattern] [-s packetsize] [-T toskeyword]
	[-V rtable] [-w maxwait] host
`;
/** A pipe's buffer in stdio. */
const BUFFER = 16_384;
/** icmp_seq has 16 bits. */
const SEQUENCES = 65_536;
/** Below this many data bytes ping cannot time the answer. */
const TIMED_BYTES = 24;

interface Settings {
  readonly isInet6: boolean;
  readonly host: string;
  readonly rtable: number;
  readonly source: string | null;
  readonly count: number;
  readonly intervalMs: number;
  readonly waitMs: number;
  readonly dataBytes: number;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  readonly doesNotFragment: boolean;
}

const fail = (invocation: Invocation, message: string): null => {
  invocation.err(`${message}\n`);
  invocation.exit(1);
  return null;
};

const readSettings = (invocation: Invocation): Settings | null => {
  const isInet6 = invocation.name === 'ping6';
  const usage = isInet6 ? USAGE6 : USAGE;
  const letters = isInet6 ? 'c:DdEefgHh:I:i:Ll:mNnp:qS:s:T:V:vw:' : 'DEI:LRS:c:defgHi:l:np:qs:T:t:V:vw:';
  const options = parseOptions(invocation.args, letters);
  const stop = (message: string): null => fail(invocation, `${invocation.name}: ${message}`);
  if (options.problem !== null)
    return fail(invocation, `${invocation.name}: ${options.problem}\n${usage.trimEnd()}`);
  let rtable = invocation.rtable;
  let source: string | null = null;
  let count = 0;
  let intervalMs = 1000;
  let waitMs = 10_000;
  let dataBytes = 56;
  const flags = new Set<string>();
  for (const { letter, value } of options.given) {
    const number = value === null || !/^-?[0-9]+$/.test(value) ? Number.NaN : Number(value);
    const bad = (low: number): string =>
      Number.isNaN(number) ? 'invalid' : number < low ? 'too small' : 'too large';
    switch (letter) {
      case 'c':
        if (Number.isNaN(number) || number < 0)
          return stop(`number of packets to transmit is ${bad(0)}: ${value}`);
        count = number;
        break;
      case 'i': {
        const seconds = Number(value);
        if (value === null || value === '' || Number.isNaN(seconds) || seconds < 0)
          return stop(`interval is invalid: ${value}`);
        if (seconds * 1e6 < 1) return stop(`interval is too small: ${value}`);
        if (seconds < 1 && !invocation.isRoot)
          return stop('only root may use an interval smaller than one second');
        intervalMs = seconds * 1000;
        break;
      }
      case 'I':
      case 'S':
        source = value;
        break;
      case 's':
        if (Number.isNaN(number) || number < 0 || number > 65_467)
          return stop(`packet size is ${bad(0)}: ${value}`);
        dataBytes = number;
        break;
      case 'V':
        if (Number.isNaN(number) || number < 0 || number > 255)
          return stop(`rtable value is ${bad(0)}: ${value}`);
        if (!invocation.router.routing.tables.has(number))
          return stop('setsockopt SO_RTABLE: Invalid argument');
        if (number !== invocation.rtable && invocation.rtable !== 0 && !invocation.isRoot)
          return stop('setsockopt SO_RTABLE: Operation not permitted');
        rtable = number;
        break;
      case 'w':
        if (Number.isNaN(number) || number < 1) return stop(`maxwait value is ${bad(1)}: ${value}`);
        waitMs = number * 1000;
        break;
      default:
        flags.add(letter);
    }
  }
  const host = options.rest[0];
  if (host === undefined || options.rest.length > 1) return fail(invocation, usage.trimEnd());
  const target = parseAddress(host);
  if (target === null || target.family !== (isInet6 ? 'inet6' : 'inet'))
    return stop('no address associated with name');
  if (source !== null) {
    const from = parseAddress(source);
    if (from === null || from.family !== target.family)
      return stop(`${source}: no address associated with name`);
    if (!invocation.router.isLocalAddress(from.text, invocation.router.routing.rdomainOf(rtable)))
      return stop("bind: Can't assign requested address");
    source = from.text;
  }
  return {
    isInet6,
    host,
    rtable,
    source,
    count,
    intervalMs,
    waitMs,
    dataBytes,
    isQuiet: flags.has('q'),
    isVerbose: flags.has('v'),
    doesNotFragment: flags.has('D'),
  };
};

/** The source address of an unbound socket, for the banner of -v. */
const sourceFor = (router: Router, settings: Settings): string => {
  const target = parseAddress(settings.host);
  const route = target === null ? null : router.routing.lookup(settings.rtable, target);
  return settings.source ?? route?.source.split('%')[0] ?? '';
};

const run = (invocation: Invocation, settings: Settings): void => {
  const { router, name } = invocation;
  const { clock } = router;
  const ident = 1 + (invocation.pid % 65_535);
  const random = router.random.fork(`ping ${invocation.pid} ${clock.now()}`);
  // ping.c, rcvd_tbl: a bit for each number
  const received = new Uint8Array(SEQUENCES / 8);
  const timers = new Set<() => void>();
  let buffer = '';
  let sent = 0;
  let got = 0;
  let repeats = 0;
  const times = { sum: 0, squares: 0, min: Number.POSITIVE_INFINITY, max: 0, isKnown: false };

  const print = (text: string): void => {
    buffer += text;
    while (buffer.length > BUFFER) {
      invocation.out(buffer.slice(0, BUFFER));
      buffer = buffer.slice(BUFFER);
    }
  };
  const flush = (): void => {
    if (buffer !== '') invocation.out(buffer);
    buffer = '';
  };
  const later = (ms: number, fire: () => void): void => {
    const cancel = clock.after(ms, () => {
      timers.delete(cancel);
      fire();
    });
    timers.add(cancel);
  };
  const summary = (): void => {
    print(
      `\n--- ${settings.host} ping statistics ---\n${sent} packets transmitted, ${got} packets received, `,
    );
    if (repeats > 0) print(`${repeats} duplicates, `);
    if (sent > 0)
      print(
        got > sent
          ? "-- somebody's duplicating packets!"
          : `${(((sent - got) * 100) / sent).toFixed(1)}% packet loss`,
      );
    print('\n');
    if (times.isKnown) {
      const number = got + repeats;
      const average = times.sum / number;
      const deviation = Math.sqrt(Math.max(0, times.squares / number - average * average));
      const text = [times.min, average, times.max, deviation].map((value) => value.toFixed(3)).join('/');
      print(`round-trip min/avg/max/std-dev = ${text} ms\n`);
    }
  };
  const finish = (): void => {
    for (const cancel of timers) cancel();
    timers.clear();
    summary();
    flush();
    invocation.exit(got === 0 ? 1 : 0);
  };

  const onAnswer = (sequence: number, sentAt: number, ttl: number): void => {
    got++;
    const ms = clock.now() - sentAt;
    const isTimed = settings.dataBytes >= TIMED_BYTES;
    if (isTimed) {
      times.isKnown = true;
      times.sum += ms;
      times.squares += ms * ms;
      times.min = Math.min(times.min, ms);
      times.max = Math.max(times.max, ms);
    }
    const at = sequence >> 3;
    const bit = 1 << (sequence & 7);
    const isRepeat = ((received[at] ?? 0) & bit) !== 0;
    if (isRepeat) {
      repeats++;
      got--;
    }
    received[at] = (received[at] ?? 0) | bit;
    if (!settings.isQuiet) {
      const ttlText = settings.isInet6 ? `hlim=${ttl}` : `ttl=${ttl}`;
      const time = isTimed ? ` time=${ms.toFixed(3)} ms` : '';
      print(
        `${8 + settings.dataBytes} bytes from ${settings.host}: icmp_seq=${sequence} ${ttlText}${time}${isRepeat ? ' (DUP!)' : ''}\n`,
      );
      flush();
    }
    if (settings.count > 0 && got >= settings.count) finish();
  };

  const sendOne = (): void => {
    const sequence = sent % SEQUENCES;
    const sentAt = clock.now();
    const at = sequence >> 3;
    received[at] = (received[at] ?? 0) & ~(1 << (sequence & 7));
    sent++;
    const headers = settings.isInet6 ? 48 : 28;
    const packet: Packet = {
      family: settings.isInet6 ? 'inet6' : 'inet',
      protocol: settings.isInet6 ? 'ipv6-icmp' : 'icmp',
      source: settings.source ?? '',
      sourcePort: ident,
      destination: settings.host,
      destinationPort: settings.isInet6 ? 128 : 8,
      flags: {},
      icmpType: settings.isInet6 ? 128 : 8,
      bytes: headers + settings.dataBytes,
      tag: null,
      rtable: settings.rtable,
    };
    const outcome =
      settings.doesNotFragment && packet.bytes > 1500
        ? ({ kind: 'error', error: 'Message too long' } as const)
        : router.send(packet, settings.source !== null);
    switch (outcome.kind) {
      case 'error':
        invocation.err(`${name}: sendmsg: ${outcome.error}\n`);
        print(
          `ping: wrote ${settings.host} ${settings.doesNotFragment ? 28 + settings.dataBytes : 8 + settings.dataBytes} chars, ret=-1\n`,
        );
        return;
      case 'local':
        later(0.05 + random.next() * 0.2, () => onAnswer(sequence, sentAt, settings.isInet6 ? 64 : 255));
        return;
      case 'lost':
        return;
      case 'sent': {
        const far = router.answer(outcome.nic, outcome.packet);
        if (far.kind === 'lost') return;
        for (let copy = 0; copy < far.copies; copy++)
          later(far.afterMs + copy * 0.1, () => {
            const back = router.forward(answerTo(outcome.packet, {}, packet.bytes), outcome.nic.name);
            if (back.kind === 'local' && back.packet.destinationPort === ident)
              onAnswer(sequence, sentAt, far.ttl);
          });
      }
    }
  };

  const turn = (): void => {
    if (settings.count > 0 && sent >= settings.count) {
      // the wait for the last answer: twice the longest so far, in whole seconds, or -w
      const wait = got > 0 ? Math.max(1, Math.floor((2 * times.max) / 1000)) * 1000 : settings.waitMs;
      later(wait, finish);
      return;
    }
    // the timer is set before the packet is sent, so that the rhythm does not drift
    later(settings.intervalMs, turn);
    sendOne();
  };

  const from = settings.isVerbose ? `${sourceFor(router, settings)} --> ` : '';
  print(`PING ${settings.host} (${from}${settings.host}): ${settings.dataBytes} data bytes\n`);
  invocation.onSignal('SIGINT', finish);
  invocation.onSignal('SIGINFO', summary);
  invocation.onEnd(() => {
    for (const cancel of timers) cancel();
    timers.clear();
  });
  turn();
};

export const ping: Program = (invocation) => {
  const settings = readSettings(invocation);
  if (settings !== null) run(invocation, settings);
};
