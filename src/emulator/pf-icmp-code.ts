/** The names of ICMP codes, as pfctl reads and prints them (sbin/pfctl/pfctl_parser.c icmp_code, icmp6_code). */
import type { Family } from './address.ts';

/** By type, the words from 0 on; nothing: a code without a name. */
const CODES: Readonly<Record<Family, Readonly<Record<number, readonly string[]>>>> = {
  inet: {
    3: [
      ...['net-unr', 'host-unr', 'proto-unr', 'port-unr', 'needfrag', 'srcfail', 'net-unk', 'host-unk'],
      ...['isolate', 'net-prohib', 'host-prohib', 'net-tos', 'host-tos', 'filter-prohib', 'host-preced'],
      'cutoff-preced',
    ],
    5: ['redir-net', 'redir-host', 'redir-tos-net', 'redir-tos-host'],
    9: ['normal-adv', ...Array<string>(15).fill(''), 'common-adv'],
    11: ['transit', 'reassemb'],
    12: ['badhead', 'optmiss', 'badlen'],
    40: ['', 'unknown-ind', 'auth-fail', 'decrypt-fail'],
  },
  inet6: {
    1: ['noroute-unr', 'admin-unr', 'beyond-unr', 'addr-unr', 'port-unr'],
    3: ['transit', 'reassemb'],
    4: ['badhead', 'nxthdr'],
    137: ['redironlink', 'redirrouter'],
  },
};

export const icmpCodeOf = (family: Family, type: number, name: string): number | null => {
  const code = name === '' ? -1 : (CODES[family][type]?.indexOf(name) ?? -1);
  return code < 0 ? null : code;
};

/** Its name, or its number. */
export const renderIcmpCode = (family: Family, type: number, code: number): string =>
  CODES[family][type]?.[code] || String(code);
