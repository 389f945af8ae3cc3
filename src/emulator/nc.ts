/**
 * nc(1), as far as `nc -z` goes: makes a TCP connection and closes it. Messages and exit codes of usr.bin/nc/netcat.c; a SYN that is not
 * answered is sent again (netinet/tcp_timer.c) until -w is over.
 */
import { parseAddress } from './address.ts';
import type { Sent } from './forwarding.ts';
import type { Packet, TcpFlags } from './packet.ts';
import { answerTo } from './packet.ts';
import type { Invocation, Program } from './program.ts';
import { parseOptions } from './program.ts';

const USAGE = `usage: nc [-46cDdFhklNnrStUuvz] [-C certfile] [-e name] [-H hash] [-I length]
	  [-i interval] [-K keyfile] [-M ttl] [-m minttl] [-O length]
	  [-o staplefile] [-P proxy_username] [-p source_port] [-R CAfile]
	  [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [-Z peercertfile] [destination] [port]
`;
const LETTERS = '46C:cDde:FH:hI:i:K:klM:m:NnO:o:P:p:R:rSs:T:tUuV:vW:w:X:x:Z:z';
const RESENT_MS = [1000, 3000, 7000, 15_000, 31_000];
/** Without -w the kernel gives up (TCPTV_KEEP_INIT). */
const KERNEL_MS = 75_000;
const SYN_BYTES = { inet: 60, inet6: 80 } as const;
const ACK_BYTES = { inet: 52, inet6: 72 } as const;

interface Settings {
  readonly host: string;
  readonly port: number;
  readonly rtable: number;
  readonly source: string | null;
  readonly waitMs: number;
  readonly isVerbose: boolean;
}

const read = (invocation: Invocation): Settings | null => {
  const { err, exit, router } = invocation;
  const stop = (message: string): null => {
    err(`nc: ${message}\n`);
    exit(1);
    return null;
  };
  const options = parseOptions(invocation.args, LETTERS);
  if (options.problem !== null) {
    err(`nc: ${options.problem}\n${USAGE}`);
    exit(1);
    return null;
  }
  let rtable = invocation.rtable;
  let source: string | null = null;
  let waitMs = KERNEL_MS;
  const flags = new Set<string>();
  for (const { letter, value } of options.given) {
    const number = value !== null && /^[0-9]+$/.test(value) ? Number(value) : Number.NaN;
    if (letter === 'V') {
      if (Number.isNaN(number)) return stop(`rtable invalid: ${value}`);
      if (number > 255) return stop(`rtable too large: ${value}`);
      if (!router.routing.tables.has(number)) return stop('setrtable: Invalid argument');
      if (invocation.rtable !== 0 && number !== invocation.rtable && !invocation.isRoot)
        return stop('setrtable: Operation not permitted');
      rtable = number;
    } else if (letter === 'w') {
      if (Number.isNaN(number)) return stop(`timeout invalid: ${value}`);
      waitMs = number * 1000;
    } else if (letter === 's') source = value;
    else flags.add(letter);
  }
  const [host, port] = options.rest;
  if (host === undefined || port === undefined || options.rest.length > 2) {
    err(USAGE);
    exit(1);
    return null;
  }
  if (!flags.has('z')) throw new RangeError('emulator: nc without -z is not emulated');
  const number = /^[0-9]{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535)
    return stop(`port number ${number === 0 ? 'invalid' : 'too large'}: ${port}`);
  if (parseAddress(host) === null)
    return stop(
      `getaddrinfo for host "${host}" port ${port}: ${flags.has('n') ? 'non-recoverable failure in name resolution' : 'no address associated with name'}`,
    );
  if (source !== null && !router.isLocalAddress(source, router.routing.rdomainOf(rtable)))
    return stop("bind failed: Can't assign requested address");
  return { host, port: number, rtable, source, waitMs, isVerbose: flags.has('v') || flags.has('z') };
};

const run = (invocation: Invocation, settings: Settings, saysFailure: boolean): void => {
  const { router } = invocation;
  const { host, port, rtable, source } = settings;
  const family = host.includes(':') ? 'inet6' : 'inet';
  const sourcePort = 1024 + router.random.fork(`nc ${invocation.pid} ${router.clock.now()}`).below(64_000);
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
  const fail = (error: string): void => {
    end();
    if (saysFailure) invocation.err(`nc: connect to ${host} port ${port} (tcp) failed: ${error}\n`);
    invocation.exit(1);
  };
  const packet = (flags: TcpFlags): Packet => ({
    family,
    protocol: 'tcp',
    source: source ?? '',
    sourcePort,
    destination: host,
    destinationPort: port,
    flags,
    icmpType: null,
    bytes: flags.syn === true ? SYN_BYTES[family] : ACK_BYTES[family],
    tag: null,
    rtable,
    user: invocation.isRoot ? 0 : 1000,
  });

  const close = (): void => {
    end();
    // -z: close(2), and the process is gone; the kernel does the rest
    router.send(packet({ ack: true }), source !== null);
    const sent = router.send(packet({ fin: true, ack: true }), source !== null);
    const far = sent.kind === 'sent' ? router.answer(sent.nic, sent.packet) : null;
    if (sent.kind === 'sent' && far?.kind === 'answered')
      router.clock.after(far.afterMs, () => {
        router.forward(answerTo(sent.packet, { fin: true, ack: true }, ACK_BYTES[family]), sent.nic.name);
        router.send(packet({ ack: true }), source !== null);
      });
    invocation.err(`Connection to ${host} ${port} port [tcp/*] succeeded!\n`);
    invocation.exit(0);
  };
  const hear = (sent: Extract<Sent, { kind: 'sent' }>): void => {
    const far = router.answer(sent.nic, sent.packet);
    if (far.kind === 'lost') return;
    const isReset = far.portal === 'resets';
    const flags: TcpFlags = isReset ? { rst: true, ack: true } : { syn: true, ack: true };
    after(far.afterMs, () => {
      const back = router.forward(answerTo(sent.packet, flags, SYN_BYTES[family]), sent.nic.name);
      if (back.kind !== 'local') return;
      if (isReset) fail('Connection refused');
      else close();
    });
  };
  const connect = (): void => {
    const sent = router.send(packet({ syn: true }), source !== null);
    if (sent.kind === 'error') fail(sent.error);
    // Nothing listens here.
    if (sent.kind === 'local') fail('Connection refused');
    if (sent.kind === 'sent') hear(sent);
  };

  invocation.onEnd(end);
  after(settings.waitMs, () => fail('Operation timed out'));
  for (const ms of RESENT_MS) if (ms < settings.waitMs) after(ms, connect);
  connect();
};

export const nc: Program = (invocation) => {
  const settings = read(invocation);
  if (settings !== null)
    run(
      invocation,
      settings,
      invocation.args.some((arg) => /^-[a-z]*v/.test(arg)),
    );
};
