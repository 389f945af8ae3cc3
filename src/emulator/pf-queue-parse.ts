/** A `queue` line of pf.conf(5): its options, what pfctl refuses of them, and the line as pfctl prints it (sbin/pfctl/parse.y queuespec, print_queuespec()). */
import { interfaceItem, list } from './pf-item-parse.ts';
import type { QueueDefinition, Source } from './pf-source.ts';

interface Bandwidth {
  readonly bits: number;
  /** More for a while at first. */
  readonly burst: { readonly bits: number; readonly ms: number } | null;
}

/** PF_QNAME_SIZE with its end. */
const MOST_NAME = 63;

const bits = (source: Source): number => {
  const token = source.peek();
  if (token.kind !== 'word' && token.kind !== 'number') return source.syntaxError();
  const { text } = source.take();
  const [, number = '', rest = ''] = /^([0-9]*\.?[0-9]*)(.*)$/.exec(text) ?? [];
  const unit = rest.length > 1 ? rest.replace(/^(.)(?:Bit|bit|B|b)$/, '$1') : rest;
  if (unit === '%') return source.refuse('no bandwidth in % yet');
  const factor = { '': 1, b: 1, K: 1e3, M: 1e6, G: 1e9 }[unit];
  if (factor === undefined) return source.refuse(`unknown unit "${unit}"`);
  const value = Number(number === '' || number === '.' ? 0 : number) * factor;
  return value > Number(2n ** 63n - 1n) ? source.refuse('bandwidth number too big') : Math.floor(value);
};

const bandwidth = (source: Source): Bandwidth => {
  const steady = bits(source);
  if (!source.skip('burst')) return { bits: steady, burst: null };
  const first = bits(source);
  source.expect('for');
  const [, ms] = /^(\d+)ms$/.exec(source.word()) ?? [];
  return ms === undefined
    ? source.refuse('time in scspec must be in ms')
    : { bits: steady, burst: { bits: first, ms: Number(ms) } };
};

const UNITS = [' ', 'K', 'M', 'G'];

const renderBits = (value: number): string => {
  let rate = value;
  let unit = 0;
  while (rate >= 1000 && unit < UNITS.length - 1 && rate % 1000 === 0) {
    rate /= 1000;
    unit++;
  }
  return value === 0 ? '' : `${rate}${UNITS[unit]}`;
};

const renderBandwidth = (before: string, value: Bandwidth | null): string => {
  if (value === null) return '';
  const steady = value.bits === 0 ? '' : `${before}${renderBits(value.bits)}`;
  return value.burst === null || value.burst.ms === 0
    ? steady
    : `${steady} burst ${renderBits(value.burst.bits)} for ${value.burst.ms}ms`;
};

interface Options {
  readonly parent: string | null;
  readonly share: Bandwidth | null;
  readonly least: Bandwidth | null;
  readonly most: Bandwidth | null;
  readonly flows: number | null;
  readonly quantum: number | null;
  readonly limit: number | null;
  readonly isDefault: boolean;
}

const within = (source: Source, low: number, high: number, complaint: string): number => {
  const value = source.number();
  return value < low || value > high ? source.refuse(complaint) : value;
};

/** `, min 1M`: both in either order, and once. */
const bounds = (source: Source): Pick<Options, 'least' | 'most'> => {
  let least: Bandwidth | null = null;
  let most: Bandwidth | null = null;
  for (;;) {
    source.skip(',');
    if (source.is('min') && least === null) {
      source.take();
      least = bandwidth(source);
    } else if (source.is('max') && most === null) {
      source.take();
      most = bandwidth(source);
    } else return { least, most };
  }
};

const options = (source: Source): Options => {
  let found: Options = {
    parent: null,
    share: null,
    least: null,
    most: null,
    flows: null,
    quantum: null,
    limit: null,
    isDefault: false,
  };
  const once = (isGiven: boolean, what: string): void => {
    if (isGiven) source.refuse(`${what} cannot be respecified`);
  };
  do {
    if (source.skip('bandwidth')) {
      const share = bandwidth(source);
      const more = bounds(source);
      once(found.share !== null, 'bandwidth');
      found = { ...found, share, ...more };
    } else if (source.skip('parent')) {
      const parent = source.word();
      once(found.parent !== null, 'parent');
      found = { ...found, parent };
    } else if (source.skip('default')) {
      once(found.isDefault, 'default');
      found = { ...found, isDefault: true };
    } else if (source.skip('qlimit')) {
      once(found.limit !== null, 'qlimit');
      found = { ...found, limit: within(source, 0, 65_535, 'qlimit out of range: max 65535') };
    } else if (source.skip('flows')) {
      once(found.flows !== null, 'number of flows');
      found = { ...found, flows: within(source, 1, 32_767, 'number of flows out of range: max 32767') };
    } else if (source.skip('quantum')) {
      once(found.quantum !== null, 'quantum');
      found = { ...found, quantum: within(source, 1, 65_535, 'quantum out of range: max 65535') };
    } else source.syntaxError();
  } while (source.peek().kind !== 'newline');
  return found;
};

const render = (name: string, nic: string | null, given: Options): string => {
  const { parent, share, least, most, flows, quantum, limit, isDefault } = given;
  const where = parent !== null ? ` parent ${parent}` : nic === null ? '' : ` on ${nic}`;
  const flow = flows === null ? '' : ` flows ${flows}${quantum === null ? '' : ` quantum ${quantum}`}`;
  const isShared = share !== null && (share.bits > 0 || (share.burst?.bits ?? 0) > 0);
  const shared = isShared
    ? `${renderBandwidth(' bandwidth ', share)}${renderBandwidth(', min ', least)}${renderBandwidth(', max ', most)}`
    : '';
  return `queue ${name}${where}${flow}${shared}${isDefault ? ' default' : ''}${limit === null || limit === 0 ? '' : ` qlimit ${limit}`}`;
};

/** One definition for each interface of the line, or one for none. The word `queue` has not been taken yet. */
export const parseQueue = (source: Source): readonly QueueDefinition[] => {
  source.take();
  const name = source.word();
  const nics = source.skip('on') ? list(source, () => interfaceItem(source)).map((one) => one.name) : [];
  const given = options(source);
  const { parent, share, flows, isDefault } = given;
  const [first] = nics;
  if (first === undefined && parent === null) source.refuse('root queue without interface');
  if (first !== undefined && !source.world.nics().some((one) => one.name === first))
    source.refuse('not an interface');
  if (share === null && flows === null) source.refuse('no bandwidth or flow specification');
  if (name.length > MOST_NAME) source.refuse('queuename too long');
  if (parent !== null && parent.length > MOST_NAME) source.refuse('parent too long');
  return (nics.length === 0 ? [null] : nics).map((nic) => ({
    name,
    interface: nic,
    parent,
    isDefault,
    hasBandwidth: share !== null,
    hasFlows: flows !== null,
    limit: given.limit,
    isShared: share !== null && (share.bits > 0 || (share.burst?.bits ?? 0) > 0),
    text: render(name, nic, given),
  }));
};
