/**
 * What pf's own ways to share out cannot do: `sticky` without a pool, weights in most pools, and links that no inet pool
 * can have. Refused here, so that nothing is ever silently unweighted or sent astray. Why: OPENBSD.md, sections 1, 3c.
 */
import type { Balance } from '../core/model.ts';
import type { LinkTable } from './link.ts';
import type { Report } from './read.ts';
import type { Place, Table } from './toml.ts';
import { found } from './value.ts';

/** What pf makes of weights in each pool; null: exactly what they say. */
const WEIGHTS: Readonly<Record<Exclude<Balance, 'weight'>, string | null>> = {
  'least-states': null,
  'round-robin': 'pf makes 2:1 of 3:1 there',
  'source-hash': 'pf ignores weights there',
  random: 'pf ignores weights there',
};

/** A member of a policy while it is judged; a tier or weight that is an error is null. */
export interface PoolMember {
  readonly table: LinkTable;
  readonly tier: number | null;
  readonly weight: number | null;
}

/** The first two members of one tier with different weights. */
const unequal = (members: readonly PoolMember[]): readonly [PoolMember, PoolMember] | null => {
  const first = new Map<number, PoolMember>();
  for (const member of members) {
    if (member.tier === null || member.weight === null) continue;
    const other = first.get(member.tier);
    if (other === undefined) first.set(member.tier, member);
    else if (other.weight !== member.weight) return [other, member];
  }
  return null;
};

const checkMembers = (
  key: string,
  at: Place,
  balance: Exclude<Balance, 'weight'>,
  members: readonly PoolMember[],
  report: Report,
): void => {
  const why = WEIGHTS[balance];
  const pair = why === null ? null : unequal(members);
  if (pair !== null) {
    const [a, b] = pair;
    const weights = `${a.weight} for ${a.table.key} and ${b.weight} for ${b.table.key}`;
    report(
      at,
      key,
      `${found(balance)} needs equal weights in tier ${a.tier}, found ${weights}: ${why}; ` +
        'use "weight" or "least-states"',
    );
  }
  // inet6 of such links is shared out by a chain of probabilities (core/decide.ts); for inet there is no need to.
  for (const { table } of members) {
    if (table.given.gateway === undefined || table.given.via !== 'rtable') continue;
    const what = `${found(balance)} cannot have ${table.key}: it has via = "rtable"; leave via out, or use "weight"`;
    report(at, key, what);
  }
};

/** `given` are the policy's sound keys. */
export const checkPool = (
  key: string,
  table: Table,
  given: { readonly balance?: Balance; readonly sticky?: boolean },
  members: readonly PoolMember[],
  report: Report,
): void => {
  const { balance } = given;
  const balanceAt = table.entries.get('balance')?.node.at;
  const stickyAt = table.entries.get('sticky')?.node.at;
  if (balanceAt !== undefined && balance !== undefined && balance !== 'weight') {
    checkMembers(`${key}.balance`, balanceAt, balance, members, report);
  }
  const isChain = balanceAt === undefined || balance === 'weight';
  if (stickyAt !== undefined && given.sticky === true && isChain) {
    report(
      stickyAt,
      `${key}.sticky`,
      'a chain of probabilities cannot be sticky; use balance = "least-states"',
    );
  }
};
