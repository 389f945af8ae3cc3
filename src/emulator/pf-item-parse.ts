/** The small parts of a rule of pf.conf(5): interfaces, protocols, ends, ICMP types, TCP flags, tos, prio, queues, scrub, probability. */
import type { Family } from './address.ts';
import { BINARY, parseIpSpec, parsePorts, UNARY } from './pf-address-parse.ts';
import type { HostNode, IcmpNode, InterfaceNode } from './pf-expand.ts';
import { icmpCodeOf } from './pf-icmp-code.ts';
import { icmpTypeOf } from './pf-icmp-type.ts';
import type { PortMatch, Scrub, TcpMatch, UserMatch } from './pf-rules.ts';
import type { Source } from './pf-source.ts';
import { nameOfProtocol, numberOfProtocol } from './protocol-name.ts';

const TOS: Readonly<Record<string, number>> = {
  lowdelay: 0x10,
  throughput: 0x08,
  reliability: 0x04,
  critical: 0xa0,
  inetcontrol: 0xc0,
  netcontrol: 0xe0,
  ef: 0xb8,
  cs0: 0,
  cs1: 0x20,
  cs2: 0x40,
  cs3: 0x60,
  cs4: 0x80,
  cs5: 0xa0,
  cs6: 0xc0,
  cs7: 0xe0,
  af11: 0x28,
  af12: 0x30,
  af13: 0x38,
  af21: 0x48,
  af22: 0x50,
  af23: 0x58,
  af31: 0x68,
  af32: 0x70,
  af33: 0x78,
  af41: 0x88,
  af42: 0x90,
  af43: 0x98,
};

const UID_MAX = 4_294_967_295;
/** RT_TABLEID_MAX */
const RTABLES = 255;

export const list = <T>(source: Source, item: () => T): T[] => {
  if (!source.skip('{')) return [item()];
  const all: T[] = [];
  source.skipNewlines();
  do {
    all.push(item());
    source.skipNewlines();
    if (source.skip(',') && source.is('}')) source.syntaxError();
  } while (!source.is('}'));
  source.expect('}');
  return all;
};

export const interfaceItem = (source: Source): InterfaceNode => {
  const isNegated = source.skip('!');
  if (source.skip('any')) return { name: 'any', rdomain: null, isNegated };
  if (source.skip('rdomain')) {
    const rdomain = source.number();
    if (rdomain < 0 || rdomain > RTABLES) source.complain(`rdomain ${rdomain} outside range`);
    return { name: null, rdomain, isNegated };
  }
  const name = source.word();
  if (name.length >= 16) source.refuse('interface name too long');
  return { name: name === '' ? null : name, rdomain: null, isNegated };
};

export const rtable = (source: Source): number => {
  const number = source.number();
  if (number < 0 || number > RTABLES) return source.refuse('invalid rtable id');
  return source.world.hasRtable(number) ? number : source.refuse(`rtable ${number} does not exist`);
};

export const protocolItem = (source: Source): string => {
  const token = source.peek();
  if (token.kind !== 'word' && token.kind !== 'number') return source.syntaxError();
  source.take();
  const number = token.kind === 'number' ? Number(token.text) : numberOfProtocol(token.text);
  if (number === null) return source.refuse(`unknown protocol ${token.text}`);
  if (number < 0 || number > 255) return source.refuse('protocol outside range');
  return number === 0 ? source.refuse('proto 0 cannot be used') : nameOfProtocol(number);
};

export const end = (
  source: Source,
): { readonly hosts: HostNode[] | null; readonly ports: PortMatch[] | null } => {
  if (source.skip('port')) return { hosts: null, ports: parsePorts(source) };
  const hosts = parseIpSpec(source);
  return { hosts, ports: source.skip('port') ? parsePorts(source) : null };
};

/** By number, `root` or `unknown`; other names are in no file here. Null is unknown. */
const userId = (source: Source): number | null => {
  if (source.peek().kind === 'number') {
    const id = source.number();
    return id < 0 || id >= UID_MAX ? source.refuse(`illegal uid value ${id}`) : id;
  }
  const name = source.word();
  if (name === 'root') return 0;
  return name === 'unknown' ? null : source.refuse(`unknown user ${name}`);
};

export const userItem = (source: Source): UserMatch => {
  const needsOther = (): never => source.refuse('user unknown requires operator = or !=');
  const unary = UNARY.find((one) => source.is(one));
  if (unary !== undefined) source.take();
  const low = userId(source);
  if (unary !== undefined) {
    if (low === null && unary !== '=' && unary !== '!=') needsOther();
    return { operator: unary, low, high: low };
  }
  const binary = BINARY.find((one) => source.is(one));
  if (binary === undefined) return { operator: '=', low, high: low };
  source.take();
  const high = userId(source);
  if (low === null || high === null) needsOther();
  return { operator: binary, low, high };
};

const icmpCode = (source: Source, family: Family, type: number): number => {
  if (source.peek().kind === 'number') {
    const code = source.number();
    // of inet6 too
    return code < 0 || code > 255 ? source.refuse(`illegal icmp-code ${code}`) : code;
  }
  const name = source.word();
  const code = icmpCodeOf(family, type, name);
  return code ?? source.refuse(`unknown ${family === 'inet' ? 'icmp' : 'icmp6'}-code ${name}`);
};

export const icmpItem = (source: Source, protocol: IcmpNode['protocol']): IcmpNode => {
  const family = protocol === 'icmp' ? 'inet' : 'inet6';
  const word = protocol === 'icmp' ? 'icmp' : 'icmp6';
  const token = source.peek();
  if (token.kind !== 'word' && token.kind !== 'number') return source.syntaxError();
  source.take();
  let type: number;
  if (token.kind === 'number') {
    type = Number(token.text);
    if (type < 0 || type > 255) return source.refuse(`illegal ${word}-type ${token.text}`);
  } else type = icmpTypeOf(family, token.text) ?? source.refuse(`unknown ${word}-type ${token.text}`);
  return { protocol, type, code: source.skip('code') ? icmpCode(source, family, type) : null };
};

const flagLetters = (source: Source, text: string): string => {
  const known = 'FSRPAUEW';
  if ([...text].some((letter) => !known.includes(letter))) return source.refuse(`bad flags ${text}`);
  // none is all of them
  return [...known].filter((letter) => text === '' || text.includes(letter)).join('');
};

export const tcpFlags = (source: Source): TcpMatch | 'any' => {
  if (source.skip('any')) return 'any';
  const set = source.is('/') ? '' : flagLetters(source, source.word());
  source.expect('/');
  const of = flagLetters(source, source.word());
  if ([...set].some((letter) => !of.includes(letter))) return source.refuse('flags always false');
  return { set, of };
};

export const tosValue = (source: Source): number => {
  const token = source.peek();
  if (token.kind !== 'word' && token.kind !== 'number') return source.syntaxError();
  source.take();
  const value =
    token.kind === 'number'
      ? Number(token.text)
      : (TOS[token.text.toLowerCase()] ??
        (/^0x[0-9a-fA-F]+$/.test(token.text) ? Number.parseInt(token.text, 16) : 256));
  return value < 0 || value > 255 ? source.refuse(`illegal tos value ${token.text}`) : value;
};

export const prioValue = (source: Source): number => {
  const value = source.number();
  return value < 0 || value > 7 ? source.refuse('prio must be 0 - 7') : value;
};

export const queueNames = (source: Source): readonly [string, string | null] => {
  const one = (): string => {
    const name = source.word();
    const isDefined = source.queues.some((queue) => queue.parent !== null && queue.name === name);
    return isDefined ? name : source.refuse(`queue ${name} is not defined`);
  };
  if (!source.skip('(')) return [one(), null];
  const first = one();
  source.skip(',');
  const second = source.is(')') ? null : one();
  source.expect(')');
  return [first, second];
};

const within = (source: Source, word: string, high: number, once: (word: string) => void): number => {
  const value = source.number();
  once(word);
  return value < 0 || value > high ? source.refuse(`illegal ${word} value ${value}`) : value;
};

export const scrub = (source: Source): Scrub => {
  let result: Scrub = { noDf: false, randomId: false, minTtl: 0, reassembleTcp: false, maxMss: 0 };
  const given = new Set<string>();
  const once = (word: string): void => {
    if (given.has(word)) source.refuse(`${word} cannot be respecified`);
    given.add(word);
  };
  source.expect('(');
  do {
    if (source.skip('no-df')) {
      once('no-df');
      result = { ...result, noDf: true };
    } else if (source.skip('random-id')) {
      once('random-id');
      result = { ...result, randomId: true };
    } else if (source.skip('min-ttl')) {
      result = { ...result, minTtl: within(source, 'min-ttl', 255, once) };
    } else if (source.skip('max-mss')) {
      result = { ...result, maxMss: within(source, 'max-mss', 65_535, once) };
    } else if (source.skip('reassemble')) {
      const protocol = source.word();
      if (protocol.toLowerCase() !== 'tcp')
        source.refuse(`scrub reassemble supports only tcp, not '${protocol}'`);
      once('reassemble tcp');
      result = { ...result, reassembleTcp: true };
    } else source.syntaxError();
    source.skip(',');
  } while (!source.is(')'));
  source.expect(')');
  return result;
};

export const words = (source: Source): string => {
  let text = source.word();
  while (source.peek().kind === 'word') text += ` ${source.word()}`;
  return text;
};

export const probability = (source: Source): number => {
  const token = source.peek();
  if (token.kind !== 'word' && token.kind !== 'number') return source.syntaxError();
  source.take();
  const match = /^(-?[0-9]*\.?[0-9]+(?:e-?[0-9]+)?)(%?)$/i.exec(token.text);
  if (match === null) return source.refuse(`invalid probability: ${token.text}`);
  const value = Number(match[1]) * (match[2] === '%' ? 0.01 : 1);
  const scaled = Math.floor(value * 4294967295 + 0.5);
  if (scaled < 0 || scaled > 4294967295)
    return source.refuse(`invalid probability: ${Number((value * 100).toPrecision(6))}%`);
  return scaled === 0 ? 1 : scaled;
};
