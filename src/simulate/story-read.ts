/** Reads stories that were written as text (story-text.ts): a story, or the line that is none. */
import type { CallFault } from '../emulator/fault.ts';
import type { Happening, Learnt, Story, StoryClient, StoryEvent, StoryUplink } from './story.ts';
import { expectedOf, isHappeningKind } from './story-form.ts';

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

const modes = ['enabled', 'drained', 'disabled'] as const;
const children = ['kill', 'mute', 'cut', 'junk'] as const;

const parseHappening = ([kind = '', ...rest]: readonly string[]): Happening | null => {
  const [first = '', second = '', third = '', fourth = ''] = rest;
  if (!isHappeningKind(kind)) return null;
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
    case 'offer':
      return { kind, uplink: first, address: second, gateway: third, isAskedFor: fourth === 'asked-for' };
    case 'ask':
    case 'expire':
      return { kind, uplink: first };
    case 'far-silent':
      return { kind, uplink: first, isSo: second === 'yes' };
    case 'dhcpleased':
      return { kind, isRunning: first === 'runs' };
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
    case 'by-hand': {
      const mode = modes.find((each) => each === second);
      return mode === undefined ? null : { kind, link: first, mode };
    }
    case 'reload':
      return { kind, config: first };
    case 'start':
    case 'restart':
      return { kind, remembers: first === 'remembering' };
    case 'wall':
      return { kind, ms: Number(first) };
    case 'terminate':
    case 'kill':
    case 'pause':
    case 'resume':
    case 'stall':
    case 'go-on':
    case 'rest':
      return { kind };
    case 'overflow':
      return { kind, isFull: first === 'begins' };
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
    learnt: null,
  };
};

/** `dhcp NAME SECONDS`, `pppoe NAME PARENT`: of an uplink that is there. */
const withLearnt = (
  uplinks: readonly StoryUplink[],
  [name, word = '']: readonly string[],
  kind: Learnt['kind'],
): readonly StoryUplink[] | null => {
  const learnt: Learnt = kind === 'dhcp' ? { kind, leaseSeconds: Number(word) } : { kind, parent: word };
  if (word === '' || !uplinks.some((each) => each.name === name)) return null;
  return uplinks.map((each) => (each.name === name ? { ...each, learnt } : each));
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
  let uplinks: readonly StoryUplink[] = [];
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
    const words = parseWords(each);
    const expected = words === null ? 'words, those with blanks in "double quotes"' : expectedOf(words);
    const refusal = { kind: 'refused', text: `line ${at + 1}: ${each}: expected ${expected}` } as const;
    if (words === null || expected !== null) return refusal;
    const [word = '', ...rest] = words;
    switch (word) {
      case 'seed':
        seed = Number(rest[0]);
        break;
      case 'lan':
        if (rest[0] === undefined) return refusal;
        lanAddresses6.push(rest[0]);
        break;
      case 'uplink': {
        const uplink = parseUplink(rest);
        if (uplink === null || uplinks.some(({ name }) => name === uplink.name)) return refusal;
        uplinks = [...uplinks, uplink];
        break;
      }
      case 'dhcp':
      case 'pppoe': {
        const known = withLearnt(uplinks, rest, word);
        if (known === null) return refusal;
        uplinks = known;
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
        if (word === 'config' && rest[0] === undefined) return refusal;
        open = [];
        blocks.set(word === 'config' ? `config ${rest[0]}` : word, open);
        break;
      case 'after': {
        const afterMs = Number((rest[0] ?? '').replace(/ms$/, ''));
        const happening = parseHappening(rest.slice(1));
        if (happening === null) return refusal;
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
