/** Addresses of tables as arguments and files have them, word by word, with negation and weights (sbin/pfctl/pfctl_parser.c append_addr). */
import type { PfWorld } from './pf-host.ts';
import { resolveHost } from './pf-host.ts';
import type { TableAddress } from './pf-table.ts';
import { faultText, strtonum } from './strtonum.ts';

/** The words of a file; a comment starts only where a word could (pfctl_radix.c, pfr_next_token). */
export const wordsOf = (text: string): readonly string[] =>
  (text.match(/#.*|\S+/g) ?? []).filter((word) => !word.startsWith('#'));

/** Why a word was not taken: what was said of it, and errno's text, empty when errno is 0. */
interface Problem {
  readonly said: string;
  readonly reason: string;
}

/** Takes word after word. `isTest`: single addresses only. */
export const createAddressReader = (world: PfWorld, isTest: boolean) => {
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
