/**
 * One line of `pfctl -ss`, -v or -vv -> what it says of a pf state. Each line stands alone; with -v up to three indented
 * lines belong to the state above them. Written against pf_print_state.c of 7.8. Listing states is dear (OPENBSD.md): not for
 * normal operation.
 */
import { containsAddress, parsePrefix } from '../core/address.ts';
import { parseInet, parseInet6 } from './address.ts';

export interface StateEnd {
  readonly address: string;
  /** Port, or the id of an ICMP echo; null if there is none. */
  readonly port: number | null;
  /** 0 unless said otherwise. */
  readonly rdomain: number;
}

export type PfStateLine =
  | {
      readonly kind: 'state';
      /** `all` for a floating state, else the interface it is bound to. */
      readonly interface: string;
      /** Name, or number if it has none. */
      readonly protocol: string;
      readonly direction: 'in' | 'out';
      /** Who began it, after translation if there is one. */
      readonly source: StateEnd;
      readonly destination: StateEnd;
      /** The same ends before translation (the LAN client of a NAT state), where they differ. */
      readonly sourceBefore: StateEnd | null;
      readonly destinationBefore: StateEnd | null;
      /** Where route-to or reply-to sends it. */
      readonly gateway: string | null;
      /** `ESTABLISHED:ESTABLISHED`, `0:0`: source's level first for outgoing ones. */
      readonly levels: string;
    }
  /** Age, counters, and numbers of the rules that made it. */
  | {
      readonly kind: 'counters';
      readonly packets: number;
      readonly bytes: number;
      /** Rule number of the anchor call in the main rule set; null for a rule of the main rule set. */
      readonly anchor: number | null;
      /** Null once the rule was replaced. */
      readonly rule: number | null;
    }
  /** For `-k id -k ID/CREATOR`. */
  | { readonly kind: 'id'; readonly id: string; readonly creator: string }
  | { readonly kind: 'sequence' }
  | { readonly kind: 'unrecognised'; readonly line: string };

/** `(203) 10.0.0.2:36421`, after `key` named for its place in the line. */
const end = (key: string): string =>
  String.raw`(?:\((?<${key}Rdomain>\d{1,5})\) )?(?<${key}>[^\s(){}]{1,60})`;
const via = (key: string): string => String.raw`(?: \{(?<${key}>[^\s{}]{1,60})\})?`;
const entry = new RegExp(
  String.raw`^(?<device>\S{1,16}) (?<protocol>\S{1,32}) ${end('left')}(?: \(${end('leftBefore')}\))?${via('gateway')}` +
    String.raw` (?<arrow><-|->) ${end('right')}(?: \(${end('rightBefore')}\))?${via('gatewayOut')} {2,}(?<levels>\S.{0,60})$`,
);
const counters =
  /^ {3}age [\d:]+, expires in [\d:]+, (\d+):(\d+) pkts, (\d+):(\d+) bytes(?:, anchor (\d+))?(?:, rule (\d+))?(?:, [a-z-]+)*$/;
const sequence =
  /^ {3}\[\d+ \+ \d+\](?:\(\+\d+\))?(?: wscale \d+)? {2}\[\d+ \+ \d+\](?:\(\+\d+\))?(?: wscale \d+)?$/;

const parseEnd = (rdomain: string | undefined, text: string): StateEnd => {
  const [, address = text, port] =
    /^([0-9.]+):(\d{1,5})$/.exec(text) ?? /^(.+)\[(\d{1,5})\]$/.exec(text) ?? [];
  return { address, port: port === undefined ? null : Number(port), rdomain: Number(rdomain ?? 0) };
};

const parseEntry = (line: string): PfStateLine | null => {
  const found: Readonly<Record<string, string | undefined>> | undefined = entry.exec(line)?.groups;
  if (found === undefined) return null;
  const { device = '', protocol = '', left = '', right = '', leftBefore, rightBefore, levels = '' } = found;
  const { leftRdomain, rightRdomain, leftBeforeRdomain, rightBeforeRdomain } = found;
  const before = (rdomain: string | undefined, text: string | undefined): StateEnd | null =>
    text === undefined ? null : parseEnd(rdomain, text);
  const ends = [
    { now: parseEnd(leftRdomain, left), before: before(leftBeforeRdomain, leftBefore) },
    { now: parseEnd(rightRdomain, right), before: before(rightBeforeRdomain, rightBefore) },
  ] as const;
  // pf prints the destination of an incoming state first.
  const [source, destination] = found['arrow'] === '->' ? ends : ([ends[1], ends[0]] as const);
  return {
    kind: 'state',
    interface: device,
    protocol,
    direction: found['arrow'] === '->' ? 'out' : 'in',
    source: source.now,
    destination: destination.now,
    sourceBefore: source.before,
    destinationBefore: destination.before,
    gateway: found['gateway'] ?? found['gatewayOut'] ?? null,
    levels,
  };
};

const optional = (digits: string | undefined): number | null =>
  digits === undefined ? null : Number(digits);

/** One line, without its newline. */
export const parseStateLine = (line: string): PfStateLine => {
  const state = parseEntry(line);
  if (state !== null) return state;
  if (/^ {3}id: [0-9a-f]{16} creatorid: [0-9a-f]{8}$/.test(line)) {
    return { kind: 'id', id: line.slice(7, 23), creator: line.slice(-8) };
  }
  const counted = counters.exec(line);
  if (counted !== null) {
    const [, packetsTo, packetsFrom, bytesTo, bytesFrom, anchor, rule] = counted;
    const packets = Number(packetsTo) + Number(packetsFrom);
    const bytes = Number(bytesTo) + Number(bytesFrom);
    return { kind: 'counters', packets, bytes, anchor: optional(anchor), rule: optional(rule) };
  }
  return sequence.test(line) ? { kind: 'sequence' } : { kind: 'unrecognised', line };
};

/** A pf state that came in from somewhere and is sent to a gateway. */
export interface PinnedState {
  /** Canonical text. */
  readonly gateway: string;
  /** 16 hex digits. */
  readonly id: string;
  /** 8 hex digits: the machine that made it, where pfsync shares pf states. */
  readonly creator: string;
}

export interface PinnedReader {
  /** One whole line, without its newline. A state whose id this line was, or null. */
  push(line: string): PinnedState | null;
  /** States with a wanted gateway whose id never came, or whose line was not understood: so they cannot be killed. */
  readonly lost: number;
}

/**
 * Reads `pfctl -ss -vv` line by line for the states that came in (`<-`) and are sent to one of `gateways`, canonical text.
 * Remembers one state at most. Those of connections to an `exempt` address or network, before or after translation, are let
 * be. Outgoing ones with a gateway are answers to connections from outside, and are not meant.
 */
export const createPinnedReader = (
  gateways: ReadonlySet<string>,
  exempt: readonly string[] = [],
): PinnedReader => {
  const networks = exempt.flatMap((each) => parsePrefix(each) ?? []);
  const isExempt = (end: StateEnd | null): boolean =>
    end !== null && networks.some((network) => containsAddress(network, end.address));

  let open: string | null = null;
  let lost = 0;
  return {
    push(line) {
      if (line.startsWith(' ')) {
        // The other two lines about a state are most of a long list: they need not be taken apart.
        if (open === null || !line.startsWith('   id: ')) return null;
        const found = parseStateLine(line);
        const gateway = open;
        open = null;
        if (found.kind === 'id') return { gateway, id: found.id, creator: found.creator };
        lost += 1;
        return null;
      }
      if (open !== null) lost += 1;
      open = null;
      const [, text] = /\{([^{}]*)\}/.exec(line) ?? [];
      if (text === undefined) return null;
      const gateway = parseInet(text) ?? parseInet6(text) ?? text;
      if (!gateways.has(gateway)) return null;
      const found = parseStateLine(line);
      if (found.kind !== 'state') lost += 1;
      else if (
        found.direction === 'in' &&
        !isExempt(found.destination) &&
        !isExempt(found.destinationBefore)
      ) {
        open = gateway;
      }
      return null;
    },
    get lost() {
      return lost + (open === null ? 0 : 1);
    },
  };
};
