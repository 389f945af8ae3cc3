/**
 * dig(1): one question over UDP, and what it prints of the answer with +comments and +stats; with the other sections it prints more on
 * the real one (usr.bin/dig/dig.c, dighost.c). Servers are all far addresses; they know every name but those under `invalid`.
 */
import { parseAddress } from './address.ts';
import type { Packet } from './packet.ts';
import { answerTo } from './packet.ts';
import type { Invocation, Program } from './program.ts';
import type { Portal } from './uplink.ts';

/** Of the root there are 13 name servers. */
const ROOT_SERVERS = 13;
const HEADER_BYTES = { inet: 28, inet6: 48 } as const;

interface Settings {
  readonly server: string;
  readonly source: string | null;
  readonly name: string;
  readonly type: string;
  readonly tries: number;
  readonly waitMs: number;
  readonly isMicroseconds: boolean;
}

const numberIn = (word: string): number => {
  const text = word.split('=')[1] ?? '';
  return /^[0-9]{1,6}$/.test(text) ? Number(text) : Number.NaN;
};

const read = (invocation: Invocation): Settings | null => {
  const stop = (message: string): null => {
    invocation.err(`dig: ${message}\n`);
    invocation.exit(10);
    return null;
  };
  let server = '127.0.0.1';
  let source: string | null = null;
  let name = '.';
  let type: string | null = null;
  let tries = 3;
  let seconds = 5;
  let isMicroseconds = false;
  const words = [...invocation.args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word.startsWith('@')) server = word.slice(1);
    else if (word === '-u') isMicroseconds = true;
    else if (word === '-b') source = words.shift() ?? '';
    else if (word === '-q') name = words.shift() ?? '';
    else if (word === '-t') type = words.shift() ?? '';
    else if (word.startsWith('+tries=')) tries = Math.max(1, numberIn(word));
    else if (word.startsWith('+time')) seconds = Math.max(1, numberIn(word));
    else if (word.startsWith('+')) continue;
    else if (word.startsWith('-')) return stop(`emulator: option ${word} is not emulated`);
    else name = word;
  }
  if (Number.isNaN(tries)) return stop("tries is invalid: ''");
  if (Number.isNaN(seconds)) return stop("timeout is invalid: ''");
  if (parseAddress(server) === null)
    return stop(`couldn't get address for '${server}': no address associated with name`);
  if (source !== null && parseAddress(source) === null) return stop(`invalid address ${source}`);
  return {
    server,
    source,
    name,
    type: type ?? (name === '.' ? 'NS' : 'A'),
    tries,
    waitMs: seconds * 1000,
    isMicroseconds,
  };
};

/** What a server says, or a portal in its place, which knows one answer to whoever asks for an address. */
const answerFor = ({ name, type }: Settings, portal: Portal | null): { status: string; records: number } => {
  const isAddress = type === 'A' || type === 'AAAA';
  switch (portal) {
    case 'resets':
      return { status: 'REFUSED', records: 0 };
    case 'lies':
      return { status: 'NOERROR', records: isAddress ? 1 : 0 };
    case 'drops':
    case null:
      if (/(?:^|\.)invalid$/.test(name)) return { status: 'NXDOMAIN', records: 0 };
      return { status: 'NOERROR', records: name === '.' ? (type === 'NS' ? ROOT_SERVERS : 0) : 1 };
  }
};

const run = (invocation: Invocation, settings: Settings): void => {
  const { router } = invocation;
  const { server, source, name } = settings;
  const random = router.random.fork(`dig ${invocation.pid} ${router.clock.now()}`);
  const family = server.includes(':') ? 'inet6' : 'inet';
  const timers: (() => void)[] = [];
  let isOver = false;
  const after = (ms: number, fire: () => void): void => {
    timers.push(
      router.clock.after(ms, () => {
        if (!isOver) fire();
      }),
    );
  };
  const end = (): void => {
    isOver = true;
    for (const cancel of timers) cancel();
  };
  const packet: Packet = {
    family,
    protocol: 'udp',
    source: source ?? '',
    sourcePort: 1024 + random.below(64_000),
    destination: server,
    destinationPort: 53,
    flags: {},
    icmpType: null,
    bytes: HEADER_BYTES[family] + 12 + (name === '.' ? 1 : name.length + 2) + 4,
    tag: null,
    rtable: invocation.rtable,
    user: invocation.isRoot ? 0 : 1000,
  };
  const id = random.below(65_536);
  const hear = (portal: Portal | null, sentAt: number): void => {
    end();
    const { status, records } = answerFor(settings, portal);
    const ms = router.clock.now() - sentAt;
    const took = settings.isMicroseconds ? `${Math.round(ms * 1000)} usec` : `${Math.round(ms)} msec`;
    invocation.out(
      `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: ${id}\n` +
        `;; flags: qr rd ra; QUERY: 1, ANSWER: ${records}, AUTHORITY: 0, ADDITIONAL: 0\n\n` +
        `;; Query time: ${took}\n;; SERVER: ${server}#53(${server})\n` +
        `;; WHEN: Fri Nov 20 08:54:19 UTC 2026\n;; MSG SIZE  rcvd: ${packet.bytes - HEADER_BYTES[family] + 16 * records}\n\n`,
    );
    invocation.exit(0);
  };
  const send = (left: number): void => {
    const sentAt = router.clock.now();
    after(settings.waitMs, () => {
      if (left > 1) {
        send(left - 1);
        return;
      }
      end();
      invocation.out(';; connection timed out; no servers could be reached\n');
      invocation.exit(9);
    });
    const sent = router.send(packet, source !== null);
    // An error of sendmsg(2) is a warning to its log, which is off; then it waits like anybody.
    if (sent.kind !== 'sent') return;
    const far = router.answer(sent.nic, sent.packet);
    if (far.kind === 'lost') return;
    after(far.afterMs, () => {
      const back = router.forward(answerTo(sent.packet, {}, packet.bytes + 16), sent.nic.name);
      if (back.kind === 'local') hear(far.portal, sentAt);
    });
  };
  invocation.onEnd(end);
  send(settings.tries);
};

export const dig: Program = (invocation) => {
  const settings = read(invocation);
  if (settings !== null) run(invocation, settings);
};
