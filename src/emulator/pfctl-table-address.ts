/** The addresses of `pfctl -T`, from arguments and files, and what pfctl says of those it cannot take (sbin/pfctl/pfctl_table.c, load_addr). */
import type { PfWorld } from './pf-host.ts';
import type { TableAddress } from './pf-table.ts';
import { createAddressReader, wordsOf } from './pf-table-address.ts';

export type Loaded =
  | { readonly kind: 'addresses'; readonly addresses: readonly TableAddress[] }
  | { readonly kind: 'failed'; readonly err: string };

/** Arguments first, then the file, null without one. */
export const loadAddresses = (
  world: PfWorld,
  words: readonly string[],
  file: { readonly path: string; readonly text: string | null } | null,
  isTest: boolean,
): Loaded => {
  const reader = createAddressReader(world, isTest);
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
