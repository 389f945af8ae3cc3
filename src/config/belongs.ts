/**
 * Where a key belongs that is unknown where it stands: in TOML a key is the last header's, so one that is moved below a
 * header, or put into the link in place of its probe table, gets into another table without looking wrong.
 */
import {
  carpShape,
  controlShape,
  hookShape,
  inboundShape,
  linkShape,
  metricsShape,
  policyShape,
  probeShape,
  topShape,
} from './schema.ts';

const names = (shape: object, ...more: readonly string[]): readonly string[] => [
  ...Object.keys(shape),
  ...more,
];

/** `key` is of the table that it stands in; an empty text if no table has such a key. */
export const belongs = (name: string, key: string): string => {
  const [kind = '', own] = key.split('.', 2);
  const link = kind === 'link' && own !== undefined ? own : 'NAME';
  const probe = kind === 'link' ? `[link.${link}.probe]` : '[probe]';
  const tables: readonly (readonly [place: string, names: readonly string[]])[] = [
    ['in front of the first table', names(topShape)],
    [`to ${probe}`, names(probeShape, 'loss', 'latency')],
    [`to [link.${link}]`, names(linkShape)],
    ['to [policy.NAME]', names(policyShape, 'members')],
    ['to [inbound]', names(inboundShape)],
    ['to [carp]', names(carpShape)],
    ['to [hook]', names(hookShape)],
    ['to [control]', names(controlShape)],
    ['to [metrics]', names(metricsShape)],
  ];
  const places = tables.filter(([, known]) => known.includes(name)).map(([place]) => place);
  return places.length === 0 ? '' : `, it belongs ${places.join(' or ')}`;
};
