/** The names of ICMP types, as pfctl reads and prints them (sbin/pfctl/pfctl_parser.c icmp_type, icmp6_type). */
import type { Family } from './address.ts';

/** In pfctl's order: of several names of a type the first is printed. */
const TYPES: Readonly<Record<Family, readonly (readonly [string, number])[]>> = {
  inet: [
    ['echoreq', 8],
    ['echorep', 0],
    ['unreach', 3],
    ['squench', 4],
    ['redir', 5],
    ['althost', 6],
    ['routeradv', 9],
    ['routersol', 10],
    ['timex', 11],
    ['paramprob', 12],
    ['timereq', 13],
    ['timerep', 14],
    ['inforeq', 15],
    ['inforep', 16],
    ['maskreq', 17],
    ['maskrep', 18],
    ['trace', 30],
    ['dataconv', 31],
    ['mobredir', 32],
    ['ipv6-where', 33],
    ['ipv6-here', 34],
    ['mobregreq', 35],
    ['mobregrep', 36],
    ['skip', 39],
    ['photuris', 40],
  ],
  inet6: [
    ['unreach', 1],
    ['toobig', 2],
    ['timex', 3],
    ['paramprob', 4],
    ['echoreq', 128],
    ['echorep', 129],
    ['groupqry', 130],
    ['listqry', 130],
    ['grouprep', 131],
    ['listenrep', 131],
    ['groupterm', 132],
    ['listendone', 132],
    ['routersol', 133],
    ['routeradv', 134],
    ['neighbrsol', 135],
    ['neighbradv', 136],
    ['redir', 137],
    ['routrrenum', 138],
    ['wrureq', 139],
    ['wrurep', 140],
    ['fqdnreq', 139],
    ['fqdnrep', 140],
    ['niqry', 139],
    ['nirep', 140],
    ['mtraceresp', 200],
    ['mtrace', 201],
    ['listenrepv2', 143],
  ],
};

/** The number of an ICMP type's name, or null. */
export const icmpTypeOf = (family: Family, name: string): number | null =>
  TYPES[family].find(([known]) => known === name)?.[1] ?? null;

/** Its name, or its number. */
export const renderIcmpType = (family: Family, type: number): string =>
  TYPES[family].find(([, number]) => number === type)?.[0] ?? String(type);
