/** What pf holds against what it should hold, in words for people. Asks nobody anything. */

/** Addresses named one by one in a difference; the others are counted. */
const MAX_NAMED = 3;

const countRules = (count: number): string => `${count} rule${count === 1 ? '' : 's'}`;

/** Lines that say something, without their newlines. */
export const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** What tells a rule from the others: its label, the anchor that it calls, or the tag that it gives. */
const identityOf = (rule: string): string => {
  const [, label, called, tag] = /\blabel "([^"]*)"|^anchor "([^"]*)"|\btag (\S+)/.exec(rule) ?? [];
  return label ?? called ?? tag ?? '';
};

/** Right after a load: pf may print a rule in other words than ours. */
export const isSameRule = (one: string, other: string): boolean => identityOf(one) === identityOf(other);

/** The first place where pf's rules are not the wanted ones by `same`, in words, or null. */
export const findRuleDifference = (
  anchor: string,
  held: readonly string[],
  wanted: readonly string[],
  same: (one: string, other: string) => boolean,
): string | null => {
  if (held.length !== wanted.length) {
    return `anchor ${anchor} holds ${countRules(held.length)}, not ${wanted.length}`;
  }
  const at = held.findIndex((rule, index) => !same(rule, wanted[index] ?? ''));
  return at === -1 ? null : `anchor ${anchor}: rule ${at + 1} is ${held[at]}, not ${wanted[at]}`;
};

/** `10.0.0.1/32` and `10.0.0.1` are the same entry. */
const bareHost = (address: string): string => address.replace(address.includes(':') ? /\/128$/ : /\/32$/, '');

const nameSome = (addresses: readonly string[]): string => {
  const more = addresses.length - MAX_NAMED;
  return `${addresses.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

/** `table` is its name as people should see it. Order and doubles do not count. */
export const findTableDifferences = (
  table: string,
  wanted: readonly string[],
  held: readonly string[],
): readonly string[] => {
  const has = new Set(held.map(bareHost));
  const wants = new Set(wanted.map(bareHost));
  const lacking = [...wants].filter((address) => !has.has(address));
  const foreign = [...has].filter((address) => !wants.has(address));
  return [
    ...(lacking.length === 0 ? [] : [`table ${table} lacks ${nameSome(lacking)}`]),
    ...(foreign.length === 0 ? [] : [`table ${table} should not have ${nameSome(foreign)}`]),
  ];
};

/** `table` is its name as people should see it. Only the wanted addresses count. */
export const findWeightDifferences = (
  table: string,
  wanted: ReadonlyMap<string, number>,
  held: ReadonlyMap<string, number>,
): readonly string[] =>
  [...wanted].flatMap(([address, weight]) => {
    const has = held.get(bareHost(address)) ?? 1;
    return has === weight ? [] : [`${address} has weight ${has} in table ${table}, not ${weight}`];
  });
