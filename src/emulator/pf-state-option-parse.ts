/**
 * What stands in parentheses after `keep state`: the options as they are written, and what a rule makes of them once it is read to its end
 * (sbin/pfctl/parse.y, state_opt_item and pfrule).
 */
import type { RuleSpec } from './pf-expand.ts';
import type { Source } from './pf-source.ts';
import { readTimeoutName } from './pf-timeout.ts';

export type StateOption =
  | { readonly kind: 'max'; readonly states: number }
  | { readonly kind: 'lock'; readonly isIfBound: boolean }
  | { readonly kind: 'sloppy' | 'no-sync' | 'pflow' };

const UINT_MAX = 4_294_967_295;

const positive = (source: Source): number => {
  const value = source.number();
  return value < 0 || value > UINT_MAX ? source.refuse('only positive values permitted') : value;
};

const timeout = (source: Source): never => {
  const name = source.word();
  positive(source);
  if (readTimeoutName(name) === null) source.refuse(`illegal timeout name ${name}`);
  if (!name.includes('.')) source.refuse(`illegal state timeout ${name}`);
  return source.unknown('a time-out in a rule');
};

const stateOption = (source: Source): StateOption => {
  if (source.skip('max')) return { kind: 'max', states: positive(source) };
  if (source.skip('if-bound')) return { kind: 'lock', isIfBound: true };
  if (source.skip('floating')) return { kind: 'lock', isIfBound: false };
  const flag = (['sloppy', 'no-sync', 'pflow'] as const).find((one) => source.skip(one));
  if (flag !== undefined) return { kind: flag };
  const { kind, text } = source.peek();
  if (kind === 'word') return timeout(source);
  return kind === 'keyword' ? source.unknown(text) : source.syntaxError();
};

/** After `(`, to the end of it. */
export const parseStateOptions = (source: Source): readonly StateOption[] => {
  const all: StateOption[] = [];
  do {
    all.push(stateOption(source));
    source.skip(',');
  } while (!source.is(')'));
  source.expect(')');
  return all;
};

const TWICE = {
  max: "state option 'max' multiple definitions",
  lock: 'state locking option: multiple definitions',
  sloppy: 'state sloppy option: multiple definitions',
  'no-sync': "state option 'sync' multiple definitions",
  pflow: 'state pflow option: multiple definitions',
} as const;

/** `max 0` is no limit, and may be said again. */
export const stateOptionsOf = (
  source: Source,
  given: readonly StateOption[],
): Pick<RuleSpec, 'isIfBound' | 'isSloppy' | 'isUnsynced' | 'hasFlow' | 'maxStates'> => {
  const seen = new Set<StateOption['kind']>();
  let isIfBound: boolean | null = null;
  let maxStates: number | null = null;
  for (const one of given) {
    if (seen.has(one.kind)) source.refuse(TWICE[one.kind]);
    if (one.kind === 'lock') isIfBound = one.isIfBound;
    if (one.kind === 'max') {
      if (one.states === 0) continue;
      maxStates = one.states;
    }
    seen.add(one.kind);
  }
  return {
    isIfBound,
    isSloppy: seen.has('sloppy'),
    isUnsynced: seen.has('no-sync'),
    hasFlow: seen.has('pflow'),
    maxStates,
  };
};
