/**
 * The grammar of addresses, ports and pools in pf.conf(5): hosts, lists, `(em0:0)`, `<table>`, port operators, redirection
 * and routing pools. What a name means is pf-host.ts's business.
 */
import type { HostNode, PoolSpec } from './pf-expand.ts';
import { keyOfWord } from './pf-hash.ts';
import type { ResolvedHost } from './pf-host.ts';
import { resolveHost, splitModifiers } from './pf-host.ts';
import type { PoolType, PortMatch } from './pf-rules.ts';
import type { Source } from './pf-source.ts';
import { portOfService } from './service-name.ts';

const TABLE_NAME_SIZE = 32;

/** The address as it stands in a rule or a table. */
export const nodeOf = ({ prefix, ...rest }: ResolvedHost): HostNode => ({
  family: prefix.family,
  host: { kind: 'prefix', prefix },
  isNegated: false,
  weight: 0,
  ...rest,
});

const resolve = (source: Source, text: string): HostNode[] => {
  const resolved = resolveHost(source.world, text);
  if (resolved.kind === 'failed') {
    for (const line of resolved.words) source.say(line);
    return source.refuse('could not parse host specification');
  }
  return resolved.hosts.map(nodeOf);
};

const tableName = (source: Source): string => {
  const name = source.word();
  if (name.length >= TABLE_NAME_SIZE) source.refuse(`table name '${name}' too long`);
  source.expect('>');
  return name;
};

const dynamic = (source: Source): HostNode[] => {
  const text = source.word();
  source.expect(')');
  if (!/^[A-Za-z]/.test(text)) source.refuse(`invalid interface name '${text}'`);
  const split = splitModifiers(text);
  if (split === null) return source.refuse(`interface ${text} has bad modifier`);
  const { network, broadcast, peer } = split.modifiers;
  if ([network, broadcast, peer].filter(Boolean).length > 1)
    source.refuse('illegal combination of interface modifiers');
  if (split.name.length >= 16) source.refuse('interface name too long');
  if (source.skip('/')) source.unknown('a mask after (interface)');
  return [{ family: null, host: { kind: 'interface', ...split }, isNegated: false, weight: 0, scope: null }];
};

const range = (source: Source, isTable: boolean): never => {
  source.expect('-');
  source.word();
  return isTable
    ? source.refuse('address ranges are not permitted inside tables')
    : source.unknown('an address range');
};

/** `host` of the grammar. */
const parseHost = (source: Source, isTable: boolean): HostNode[] => {
  if (source.skip('(')) return dynamic(source);
  if (source.skip('<'))
    return [
      {
        family: null,
        host: { kind: 'table', name: tableName(source) },
        isNegated: false,
        weight: 0,
        scope: null,
      },
    ];
  if (source.is('route')) return source.unknown('route labels as addresses');
  const token = source.peek();
  if (token.kind !== 'word' && token.kind !== 'number') return source.syntaxError();
  source.take();
  if (source.skip('/')) return resolve(source, `${token.text}/${source.number()}`);
  if (token.kind === 'number') return source.syntaxError();
  if (source.is('-')) return range(source, isTable);
  return resolve(source, token.text);
};

/** `xhost`: what rules and tables name, pools do not. Of what a table cannot hold pfctl complains by itself. */
const negated = (source: Source, isTable: boolean): HostNode[] => {
  const isNegated = source.skip('!');
  const unrouted = (['no-route', 'urpf-failed'] as const).find((word) => source.skip(word));
  if (unrouted === undefined) return parseHost(source, isTable).map((node) => ({ ...node, isNegated }));
  if (isTable) return source.refuse(`"${unrouted}" is not permitted inside tables`);
  if (unrouted === 'urpf-failed') return source.unknown(unrouted);
  return [{ family: null, host: { kind: unrouted }, isNegated, weight: 0, scope: null }];
};

const weight = (source: Source): number => {
  if (!source.skip('weight')) return 0;
  const value = source.number();
  return value < 1 || value > 65535 ? source.refuse('weight out of range') : value;
};

const weighed = (nodes: HostNode[], value: number): HostNode[] =>
  value === 0 ? nodes : nodes.map((node) => ({ ...node, weight: value }));

/** `ipspec`: null is `any`. */
export const parseIpSpec = (source: Source): HostNode[] | null => {
  if (source.skip('any')) return null;
  if (!source.skip('{')) return negated(source, false);
  source.skipNewlines();
  let all: HostNode[] | null = [];
  do {
    const one = parseIpSpec(source);
    all = all === null || one === null ? null : [...all, ...one];
    source.skipNewlines();
    if (source.skip(',') && source.is('}')) source.syntaxError();
  } while (!source.is('}'));
  source.expect('}');
  return all;
};

/** The inside of a table's braces, after `{`. */
export const parseTableHosts = (source: Source): HostNode[] => {
  const all: HostNode[] = [];
  source.skipNewlines();
  while (!source.skip('}')) {
    if (source.skip('{')) all.push(...parseTableHosts(source));
    else {
      const nodes = negated(source, true);
      all.push(...weighed(nodes, weight(source)));
    }
    source.skipNewlines();
    if (source.skip(',') && source.is('}')) source.syntaxError();
  }
  return all;
};

/** strtoul(3) of a whole word, in any base: hexadecimal, octal, and what is less than 0 comes out huge. */
const unsigned = (text: string): bigint | null => {
  const [, minus, digits = ''] = /^(-?)(0x[0-9a-f]+|[0-9]+)$/i.exec(text) ?? [];
  const octal = /^0[0-7]+$/.test(digits);
  if (digits === '' || (/^0[0-9]/.test(digits) && !octal)) return null;
  const value = BigInt(octal ? `0o${digits}` : digits);
  if (value >= 1n << 64n) return null;
  return minus === '-' ? BigInt.asUintN(64, -value) : value;
};

const portNumber = (source: Source, text: string): number => {
  const number = unsigned(text);
  if (number === null) return portOfService(text) ?? source.refuse(`unknown port ${text}`);
  return number > 65_535n ? source.refuse(`illegal port value ${number}`) : Number(number);
};

interface PortRange {
  readonly low: number;
  /** Null for one port. */
  readonly high: number | null;
  /** `low:*` */
  readonly isOpen: boolean;
}

const portRange = (source: Source, takesStar: boolean): PortRange => {
  const token = source.peek();
  if (token.kind !== 'word' && token.kind !== 'number') return source.syntaxError();
  source.take();
  const text = token.kind === 'number' ? String(BigInt(token.text)) : token.text;
  const colon = text.indexOf(':');
  if (colon < 0) return { low: portNumber(source, text), high: null, isOpen: false };
  const rest = text.slice(colon + 1);
  const low = portNumber(source, text.slice(0, colon));
  if (takesStar && rest === '*') return { low, high: null, isOpen: true };
  const high = portNumber(source, rest);
  return { low, high: low === high ? null : high, isOpen: false };
};

export const UNARY = ['=', '!=', '<', '<=', '>', '>='] as const;
export const BINARY = ['><', '<>'] as const;

const portItem = (source: Source): PortMatch => {
  const operator = UNARY.find((one) => source.is(one));
  if (operator !== undefined) {
    source.take();
    const range = portRange(source, false);
    if (range.high !== null) return source.refuse("':' cannot be used with an other port operator");
    return { operator, low: range.low, high: 0 };
  }
  const range = portRange(source, false);
  const binary = BINARY.find((one) => source.is(one));
  if (binary !== undefined) {
    source.take();
    const end = portRange(source, false);
    if (range.high !== null || end.high !== null)
      return source.refuse("':' cannot be used with an other port operator");
    if (binary === '><' ? range.low >= end.low : range.low > end.low)
      return source.refuse('invalid port range');
    return { operator: binary, low: range.low, high: end.low };
  }
  if (range.high === null) return { operator: '=', low: range.low, high: 0 };
  if (range.low > range.high) return source.refuse('invalid port range');
  return { operator: ':', low: range.low, high: range.high };
};

/** `portspec`: one item or a list in braces. */
export const parsePorts = (source: Source): PortMatch[] => {
  if (!source.skip('{')) return [portItem(source)];
  const all: PortMatch[] = [];
  source.skipNewlines();
  do {
    all.push(portItem(source));
    source.skipNewlines();
    if (source.skip(',') && source.is('}')) source.syntaxError();
  } while (!source.is('}'));
  source.expect('}');
  return all;
};

const redirHosts = (source: Source): HostNode[] => {
  const item = (): HostNode[] => {
    const nodes = parseHost(source, false);
    return weighed(nodes, weight(source));
  };
  if (!source.skip('{')) return item();
  const all: HostNode[] = [];
  source.skipNewlines();
  do {
    const nodes = item();
    if (all.length === 0 && nodes[0]?.host.kind !== 'prefix')
      source.refuse('only addresses can be listed for redirection pools ');
    all.push(...nodes);
    source.skipNewlines();
    if (source.skip(',') && source.is('}')) source.syntaxError();
  } while (!source.is('}'));
  source.expect('}');
  return all;
};

/** Four numbers as sscanf("%8x%8x%8x%8x") finds them, one after the other: what is behind them does not matter. */
const readKey = (digits: string): string | null => {
  let rest = digits;
  let key = '';
  for (let i = 0; i < 4; i++) {
    const [number] = /^[0-9a-f]{1,8}/i.exec(rest) ?? [];
    if (number === undefined) return null;
    key += number.toLowerCase().padStart(8, '0');
    rest = rest.slice(number.length);
  }
  return `0x${key}`;
};

/** What follows `source-hash`: a key of 32 digits, a word that is hashed, or nothing. */
const poolKey = (source: Source): string => {
  if (source.peek().kind !== 'word') return source.world.randomKey();
  let word = source.word();
  while (source.peek().kind === 'word') word += ` ${source.word()}`;
  if (!word.startsWith('0x')) return keyOfWord(word);
  if (word.length !== 34) return source.refuse('hex key must be 128 bits (32 hex digits) long');
  return readKey(word.slice(2)) ?? source.refuse('invalid hex key');
};

/** `redirspec [port P] pool_opts`; routing pools take no port. */
export const parsePool = (source: Source, takesPort: boolean): PoolSpec => {
  const hosts = redirHosts(source);
  let port: PoolSpec['port'] = null;
  if (takesPort && source.skip('port')) {
    const range = portRange(source, true);
    port = { low: range.low, high: range.high ?? 0, isOpen: range.isOpen };
  }
  let type: PoolType = 'none';
  let isSticky = false;
  let isStaticPort = false;
  let hashKey = '';
  for (;;) {
    const named = (['bitmask', 'random', 'source-hash', 'round-robin', 'least-states'] as const).find((one) =>
      source.is(one),
    );
    if (named !== undefined) {
      source.take();
      if (type !== 'none') source.refuse('pool type cannot be redefined');
      type = named;
      if (named === 'source-hash') {
        hashKey = poolKey(source);
      }
    } else if (source.skip('static-port')) {
      if (isStaticPort) source.refuse('static-port cannot be redefined');
      isStaticPort = true;
    } else if (source.skip('sticky-address')) {
      if (isSticky) source.refuse('sticky-address cannot be redefined');
      isSticky = true;
    } else break;
  }
  return { hosts, type, isSticky, isStaticPort, hashKey, port };
};
