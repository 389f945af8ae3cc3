/** Families of figures in few words: what metrics.ts and link-metrics.ts are written in. */
import type { Family, Labels, Sample } from './exposition.ts';

type Kind = Family['kind'];

export const flag = (claim: boolean): number => (claim ? 1 : 0);

export const one = (
  kind: Kind,
  name: string,
  help: string,
  samples: readonly Sample[],
  unit?: NonNullable<Family['unit']>,
): Family => ({ name, kind, help, samples, ...(unit === undefined ? {} : { unit }) });

/** One sample for each word that it may be: 1 for what it is. The label is named after the family, as OpenMetrics wants it. */
export const states = (
  name: string,
  words: readonly string[],
  labels: Labels,
  is: string,
): readonly Sample[] =>
  words.map((word) => ({ labels: { ...labels, [name]: word }, value: flag(word === is) }));
