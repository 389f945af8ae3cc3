/**
 * Stories as text, for test/scenario/ and for people: one fact a line, blocks of other files behind `| `. What is written
 * is read back to the same story.
 */
import type { CallFault } from '../emulator/fault.ts';
import type { Happening, Story, StoryClient, StoryEvent, StoryUplink } from './story.ts';

const quote = (word: string): string => (/^[^\s"#|]+$/.test(word) ? word : JSON.stringify(word));
const line = (...words: readonly (string | number)[]): string =>
  words.map((word) => quote(String(word))).join(' ');

const faultWords = (fault: CallFault): readonly (string | number)[] => {
  switch (fault.kind) {
    case 'fail':
      return ['fail', fault.code, fault.stderr ?? ''];
    case 'hang':
      return ['hang'];
    case 'slow':
    case 'late':
      return [fault.kind, fault.ms];
    case 'partial':
      return ['partial', fault.bytes];
    case 'extra-line':
      return ['extra-line', fault.line];
    case 'not-started':
      return ['not-started', fault.why];
  }
};

const happeningWords = (happening: Happening): readonly (string | number)[] => {
  switch (happening.kind) {
    case 'carrier':
      return ['carrier', happening.interface, happening.isThere ? 'up' : 'down'];
    case 'ifconfig':
      return ['ifconfig', happening.interface, happening.isUp ? 'up' : 'down'];
    case 'detach':
    case 'attach':
      return [happening.kind, happening.interface];
    case 'dark':
    case 'gateway-dead':
      return [happening.kind, happening.uplink, happening.isSo ? 'yes' : 'no'];
    case 'dark-family':
      return ['dark-family', happening.uplink, happening.family ?? 'none'];
    case 'loss':
      return ['loss', happening.uplink, happening.percent];
    case 'latency':
      return ['latency', happening.uplink, happening.ms];
    case 'blackhole':
      return ['blackhole', happening.uplink, happening.target, happening.isSilent ? 'yes' : 'no'];
    case 'renumber':
      return ['renumber', happening.interface, happening.address];
    case 'fault':
      return ['fault', happening.command, happening.match, happening.times, ...faultWords(happening.fault)];
    case 'child':
      return ['child', happening.command, happening.match, happening.what];
    case 'admin':
      return ['admin', happening.command, ...happening.args];
    case 'reload':
      return ['reload', happening.config];
    case 'start':
      return ['start', happening.remembers ? 'remembering' : 'afresh'];
    case 'wall':
      return ['wall', happening.ms];
    case 'kill':
    case 'pause':
    case 'resume':
    case 'rest':
      return [happening.kind];
    case 'overflow':
      return ['overflow', happening.isFull ? 'begins' : 'ends'];
  }
};

export const renderEvent = ({ afterMs, happening }: StoryEvent): string =>
  line('after', `${afterMs}ms`, ...happeningWords(happening));

const block = (head: string, text: string): string =>
  `${head}\n${text
    .replace(/\n$/, '')
    .split('\n')
    .map((each) => `| ${each}`.trimEnd())
    .join('\n')}\n`;

export const renderStory = ({ world, events }: Story): string =>
  [
    `seed ${world.seed}\n`,
    ...world.lanAddresses6.map((address) => `lan ${address}\n`),
    ...world.uplinks.map(
      (uplink) =>
        `${line(
          'uplink',
          uplink.name,
          uplink.interface,
          uplink.address,
          uplink.gateway,
          uplink.address6 ?? '-',
          uplink.gateway6 ?? '-',
          uplink.latencyMs,
          ...uplink.routed,
        )}\n`,
    ),
    ...world.clients.map(
      (client) =>
        `${line('client', client.address, client.policy, client.kind, client.protocol, client.to, client.everyMs)}\n`,
    ),
    block('pf.conf', world.pfConf),
    ...[...world.configs].map(([name, text]) => block(`config ${name}`, text)),
    ...events.map((event) => `${renderEvent(event)}\n`),
  ].join('');

// ---- reading ---------------------------------------------------------------------------------------------------

/** Words of a line; one in double quotes is JSON. Null: not words. */
const parseWords = (text: string): readonly string[] | null => {
  const words: string[] = [];
  const bare = text.trimEnd();
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/y;
  while (pattern.lastIndex < bare.length) {
    const match = pattern.exec(bare);
    if (match === null) return null;
    try {
      words.push(match[2] ?? String(JSON.parse(`"${match[1]}"`)));
    } catch {
      return null;
    }
  }
  return words;
};

const parseFault = (kind: string, rest: readonly string[]): CallFault | null => {
  const [first = '', second] = rest;
  const number = Number(first);
  switch (kind) {
    case 'fail':
      return { kind, code: number, stderr: second ?? '' };
    case 'hang':
      return { kind };
    case 'slow':
    case 'late':
      return { kind, ms: number };
    case 'partial':
      return { kind, bytes: number };
    case 'extra-line':
      return { kind, line: first };
    case 'not-started':
      return { kind, why: first };
    default:
      return null;
  }
};

const children = ['kill', 'mute', 'cut', 'junk'] as const;

const parseHappening = ([kind = '', ...rest]: readonly string[]): Happening | null => {
  const [first = '', second = '', third = '', fourth = ''] = rest;
  switch (kind) {
    case 'carrier':
      return { kind, interface: first, isThere: second === 'up' };
    case 'ifconfig':
      return { kind, interface: first, isUp: second === 'up' };
    case 'detach':
    case 'attach':
      return { kind, interface: first };
    case 'dark':
    case 'gateway-dead':
      return { kind, uplink: first, isSo: second === 'yes' };
    case 'dark-family':
      return { kind, uplink: first, family: second === 'inet' || second === 'inet6' ? second : null };
    case 'loss':
      return { kind, uplink: first, percent: Number(second) };
    case 'latency':
      return { kind, uplink: first, ms: Number(second) };
    case 'blackhole':
      return { kind, uplink: first, target: second, isSilent: third === 'yes' };
    case 'renumber':
      return { kind, interface: first, address: second };
    case 'fault': {
      const fault = parseFault(fourth, rest.slice(4));
      return fault === null ? null : { kind, command: first, match: second, times: Number(third), fault };
    }
    case 'child': {
      const what = children.find((each) => each === third);
      return what === undefined ? null : { kind, command: first, match: second, what };
    }
    case 'admin':
      return first === 'pfctl' || first === 'route' ? { kind, command: first, args: rest.slice(1) } : null;
    case 'reload':
      return { kind, config: first };
    case 'start':
      return { kind, remembers: first === 'remembering' };
    case 'wall':
      return { kind, ms: Number(first) };
    case 'kill':
    case 'pause':
    case 'resume':
    case 'rest':
      return { kind };
    case 'overflow':
      return { kind, isFull: first === 'begins' };
    default:
      return null;
  }
};

const optional = (word: string | undefined): string | null =>
  word === undefined || word === '-' ? null : word;

const parseUplink = (words: readonly string[]): StoryUplink | null => {
  const [name, nic, address, gateway, address6, gateway6, latency, ...routed] = words;
  if (name === undefined || nic === undefined || address === undefined || gateway === undefined) return null;
  return {
    name,
    interface: nic,
    address,
    gateway,
    address6: optional(address6),
    gateway6: optional(gateway6),
    latencyMs: Number(latency ?? 8),
    routed,
  };
};

const parseClient = (words: readonly string[]): StoryClient | null => {
  const [address, policy, kind, protocol, to, every] = words;
  if (address === undefined || policy === undefined || to === undefined) return null;
  if (kind !== 'fresh' && kind !== 'lasting') return null;
  if (protocol !== 'tcp' && protocol !== 'udp') return null;
  return { address, policy, kind, protocol, to, everyMs: Number(every ?? 1000) };
};

/** A story, or the line that is none. Lines that begin with `#` say why it is worth telling. */
export const parseStory = (text: string): Story | { readonly kind: 'refused'; readonly text: string } => {
  let seed = 1;
  const lanAddresses6: string[] = [];
  const uplinks: StoryUplink[] = [];
  const clients: StoryClient[] = [];
  const blocks = new Map<string, string[]>();
  const events: StoryEvent[] = [];
  let open: string[] | null = null;
  for (const [at, each] of text.split('\n').entries()) {
    if (each.startsWith('|')) {
      open?.push(each.replace(/^\| ?/, ''));
      continue;
    }
    if (each.trim() === '' || each.startsWith('#')) continue;
    const refusal = { kind: 'refused', text: `line ${at + 1}: ${each}` } as const;
    const words = parseWords(each);
    if (words === null) return refusal;
    const [word = '', ...rest] = words;
    switch (word) {
      case 'seed':
        seed = Number(rest[0]);
        break;
      case 'lan':
        lanAddresses6.push(rest[0] ?? '');
        break;
      case 'uplink': {
        const uplink = parseUplink(rest);
        if (uplink === null) return refusal;
        uplinks.push(uplink);
        break;
      }
      case 'client': {
        const client = parseClient(rest);
        if (client === null) return refusal;
        clients.push(client);
        break;
      }
      case 'pf.conf':
      case 'config':
        open = [];
        blocks.set(word === 'config' ? `config ${rest[0]}` : word, open);
        break;
      case 'after': {
        const afterMs = Number((rest[0] ?? '').replace(/ms$/, ''));
        const happening = parseHappening(rest.slice(1));
        if (happening === null || !Number.isFinite(afterMs)) return refusal;
        events.push({ afterMs, happening });
        break;
      }
      default:
        return refusal;
    }
  }
  const textOf = (name: string): string => `${(blocks.get(name) ?? []).join('\n')}\n`;
  const configs = new Map(
    [...blocks.keys()]
      .filter((name) => name.startsWith('config '))
      .map((name) => [name.slice('config '.length), textOf(name)] as const),
  );
  return {
    world: { seed, lanAddresses6, uplinks, clients, pfConf: textOf('pf.conf'), configs },
    events,
  };
};
