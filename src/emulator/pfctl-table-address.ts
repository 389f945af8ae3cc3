/** The addresses of `pfctl -T`: arguments and files, with weights, and what pfctl says of those it cannot take (sbin/pfctl/pfctl_table.c load_addr, pfctl_parser.c append_addr). */
import type { PfWorld } from './pf-host.ts';
import { resolveHost } from './pf-host.ts';
import type { TableAddress } from './pf-table.ts';
import { wordsOf } from './pf-table.ts';
import { faultText, strtonum } from './strtonum.ts';

export type Loaded =
  | { readonly kind: 'addresses'; readonly addresses: readonly TableAddress[] }
  | { readonly kind: 'failed'; readonly err: string };

/** Why a word was not taken: what was said of it, and errno's text, empty when errno is 0. */
interface Problem {
  readonly said: string;
  readonly reason: string;
}

/** Takes word after word. `isTest`: single addresses only. */
const createReader = (world: PfWorld, isTest: boolean) => {
  const addresses: TableAddress[] = [];
  let expectsWeight = false;
  const weigh = (word: string): Problem | null => {
    expectsWeight = false;
    const weight = strtonum(word, 1, 65_535);
    if (typeof weight === 'string')
      return { said: `failed to convert weight ${word}\n`, reason: faultText(weight) };
    const last = addresses.pop();
    if (last !== undefined) addresses.push({ ...last, weight });
    return null;
  };
  const take = (word: string): Problem | null => {
    if (word === 'weight') {
      expectsWeight = true;
      return null;
    }
    if (expectsWeight) return weigh(word);
    const bare = word.replace(/^!+/, '');
    const isNegated = (word.length - bare.length) % 2 === 1;
    const resolved = resolveHost(world, bare);
    if (resolved.kind === 'failed')
      return { said: resolved.words.map((line) => `${line}\n`).join(''), reason: '' };
    for (const { prefix, badMask } of resolved.hosts) {
      const isNetwork = prefix.length < (prefix.family === 'inet' ? 32 : 128);
      if (badMask !== undefined || (isTest && (isNegated || isNetwork)))
        return { said: '', reason: 'Invalid argument' };
      addresses.push({ prefix, isNegated, weight: null });
    }
    return null;
  };
  return { take, addresses, doesExpectWeight: () => expectsWeight };
};

/** Arguments first, then the file, null without one. */
export const loadAddresses = (
  world: PfWorld,
  words: readonly string[],
  file: { readonly path: string; readonly text: string | null } | null,
  isTest: boolean,
): Loaded => {
  const reader = createReader(world, isTest);
  const failed = (err: string): Loaded => ({ kind: 'failed', err });
  for (const word of words) {
    const problem = reader.take(word);
    if (problem === null) continue;
    const { said, reason } = problem;
    return failed(`${said}${reason === '' ? '' : `pfctl: cannot decode ${word}: ${reason}\n`}`);
  }
  if (reader.doesExpectWeight()) return failed(`pfctl: failed to decode ${words.at(-1)}\n`);
  if (file === null) return { kind: 'addresses', addresses: reader.addresses };
  const cannot = (reason: string): string => `pfctl: cannot load ${file.path}: ${reason}\n`;
  if (file.text === null) return failed(cannot('No such file or directory'));
  for (const word of wordsOf(file.text)) {
    const problem = reader.take(word);
    if (problem === null) continue;
    return failed(`${problem.said}${cannot(problem.reason === '' ? 'Undefined error: 0' : problem.reason)}`);
  }
  return reader.doesExpectWeight()
    ? failed(cannot('Undefined error: 0'))
    : { kind: 'addresses', addresses: reader.addresses };
};
