/** The readers of src/text: OpenBSD's languages. Each is given everything that its command was recorded to print. */
import { isDeepStrictEqual } from 'node:util';
import { parsePrefix, renderPrefix } from '../core/address.ts';
import { parseInet, parseInet6 } from '../text/address.ts';
import { parseLease } from '../text/dhcplease.ts';
import { parseDig } from '../text/dig.ts';
import { parseIfconfig } from '../text/ifconfig.ts';
import { parseCarpCounter, parseInterfaceDetails } from '../text/interface-details.ts';
import { createLineReader } from '../text/lines.ts';
import { parseNcLine } from '../text/nc.ts';
import { parsePfConf, parseQueues } from '../text/pf-main.ts';
import { parseRuleRtables } from '../text/pf-rtable.ts';
import { createPinnedReader, parseStateLine } from '../text/pf-state.ts';
import { createStateCounter, type StatePlace } from '../text/pf-state-count.ts';
import {
  parseAnchors,
  parseKilled,
  parseLabels,
  parsePfctlFailure,
  parseRuleCounters,
  parseRules,
  parseStatus,
  parseTableShow,
  parseTables,
  parseTableWeights,
} from '../text/pfctl.ts';
import { parsePingError, parsePingLine } from '../text/ping.ts';
import { parseRouteFailure, parseRouteGet, parseRouteShow } from '../text/route.ts';
import { parseMonitorLine } from '../text/route-monitor.ts';
import type { Corpus } from './corpus.ts';
import { reads, readsLines, type Subject } from './subject.ts';

/** An address that was read is written so that it reads as itself. */
const addresses = (seeds: readonly string[]): Subject => ({
  name: 'address',
  seeds,
  judge: (input) => {
    const [inet, inet6] = [parseInet(input), parseInet6(input)];
    const prefix = parsePrefix(input);
    if (prefix !== null && !isDeepStrictEqual(parsePrefix(renderPrefix(prefix)), prefix))
      return { complaint: `not itself: ${renderPrefix(prefix)}`, shape: '' };
    const again = inet === null ? inet6 === null || parseInet6(inet6) === inet6 : parseInet(inet) === inet;
    const both = inet !== null && inet6 !== null;
    return {
      complaint: both ? `ambiguous: ${input}` : again ? null : `not itself: ${inet ?? inet6}`,
      shape: `${inet === null ? '' : 4}${inet6?.replace(/[0-9a-f]+/g, 'x') ?? ''}`,
    };
  },
});

const MOST_LINE = 200;

/** However a text is cut into pieces, the lines are the same, and none is longer than allowed. */
const lines = (seeds: readonly string[]): Subject => ({
  name: 'lines',
  seeds,
  judge: (input) => {
    const cut = (size: number): string => {
      const reader = createLineReader({ maxLength: MOST_LINE });
      const all: string[] = [];
      for (let at = 0; at < input.length; at += size) all.push(...reader.push(input.slice(at, at + size)));
      const last = reader.end();
      if (last !== null) all.push(last);
      return JSON.stringify([all, reader.dropped]);
    };
    const whole = cut(Math.max(1, input.length));
    const expected = input.split('\n');
    const isLong = expected.some((line) => line.length > MOST_LINE);
    const rest = expected.at(-1) === '' ? expected.slice(0, -1) : expected;
    const complaint = [1, 7].map(cut).some((pieces) => pieces !== whole)
      ? 'cut: other lines in other pieces'
      : !isLong && whole !== JSON.stringify([rest, 0])
        ? 'lines: not those of the text'
        : null;
    return { complaint, shape: `${isLong}${Math.min(9, expected.length)}` };
  },
});

/** What is listed of pf states pinned to a gateway: the ids are of the listing, and none is told twice. */
const pinned = (seeds: readonly string[]): Subject =>
  reads('pf-state-pinned', seeds, (input) => {
    const reader = createPinnedReader(new Set(['192.0.2.1', '198.51.100.1']), ['10.0.0.0/24']);
    const found = input.split('\n').map((line) => reader.push(line));
    return [found.filter((one) => one !== null), reader.lost];
  });

const PLACES: readonly StatePlace[] = [
  { interface: 'vio2', rdomain: 0, address: '192.0.2.2', gateway: '192.0.2.1' },
  { interface: 'vio3', rdomain: 203, address: '198.51.100.2', gateway: null },
  { interface: 'pppoe0', rdomain: 0, address: null, gateway: null },
].map((place) => ({ ...place, path: `${place.interface}/inet`, family: 'inet' }));

/** No line is more than one connection, and only those of the paths are counted. */
const counted = (seeds: readonly string[]): Subject => ({
  name: 'pf-state-count',
  seeds,
  judge: (input) => {
    const counter = createStateCounter(PLACES);
    const lines = input.split('\n');
    for (const line of lines) counter.push(line);
    const counts = [...counter.counts.values()];
    const sum = counts.reduce((all, count) => all + count, 0);
    const complaint =
      sum > lines.length
        ? `unbounded: ${sum} of ${lines.length} lines`
        : counts.length === PLACES.length
          ? null
          : 'paths: others';
    return { complaint, shape: counts.map((count) => Math.min(9, count)).join() };
  },
});

/** Rules that somebody else may have loaded: of each link one table, and one that the kernel can have. */
const ruleRtables = (seeds: readonly string[]): Subject => ({
  name: 'pf-rtable',
  seeds,
  judge: (input) => {
    const found = parseRuleRtables(parseRules(input));
    const links = new Set(found.map(({ link }) => link));
    const strange = found.find(({ rtable }) => !(rtable >= 1 && rtable <= 255));
    const complaint =
      strange !== undefined
        ? `table: ${strange.link} ${strange.rtable}`
        : links.size < found.length
          ? 'twice: a link has two'
          : null;
    return { complaint, shape: String(found.length) };
  },
});

/** There are no recordings of these two: their sources' words (usr.bin/dig, usr.bin/nc). */
const DIG = `;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4711
;; flags: qr rd ra ad; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1

;; Query time: 11203 usec
;; SERVER: 9.9.9.9#53(9.9.9.9)
;; WHEN: Tue Nov 24 23:54:03 UTC 2026
;; MSG SIZE  rcvd: 56
`;
const NC = [
  'Connection to 9.9.9.9 443 port [tcp/*] succeeded!',
  'nc: connect to fe80::1%em0 port 1 (tcp) failed: Operation timed out',
  'nc: setrtable: Invalid argument',
];

export const textSubjects = (corpus: Corpus): readonly Subject[] => {
  const pfctl = corpus.printed('pfctl-');
  const ping = corpus.printed('ping');
  const route = corpus.printed('route-');
  const monitor = corpus.printed('route-monitor');
  const ifconfig = corpus.printed('ifconfig-');
  const states = corpus.printed('pfctl-ss').concat(corpus.printed('pfctl-vvss'));
  return [
    addresses([
      '192.0.2.1',
      '10.0.0',
      '2001:db8::1',
      '2001:db8::/32',
      '10.0.0.0/8',
      'fe80::1%em0',
      '::ffff:192.0.2.1',
      '1:2:3:4:5:6:7:8',
      '::',
    ]),
    lines([...ping, ...monitor.slice(0, 4)]),
    reads('dhcplease', corpus.printed('dhcpleasectl'), (input) => [
      parseLease(0, input, ''),
      parseLease(1, '', input),
    ]),
    reads('dig', [DIG, ';; connection timed out; no servers could be reached\n'], (input) => [
      parseDig(input, ''),
      parseDig('', input),
    ]),
    readsLines('nc', NC, parseNcLine),
    reads('ifconfig', ifconfig, parseIfconfig),
    reads('interface-details', [...ifconfig, 'carp: carp demote count 50\n'], (input) => [
      parseInterfaceDetails(input),
      parseCarpCounter(input),
    ]),
    reads('pf-main', [...corpus.pfConfs, ...corpus.printed('pfctl-sr')], parsePfConf),
    reads('pf-queues', corpus.pfConfs, parseQueues),
    ruleRtables([...corpus.rulesets, ...corpus.printed('pfctl-sr'), ...corpus.printed('pfctl-vvsr')]),
    readsLines('pf-state', states, parseStateLine),
    pinned(states),
    counted(states),
    reads('pfctl-failure', pfctl, (input) => [parsePfctlFailure(0, input), parsePfctlFailure(1, input)]),
    reads('pfctl-show', pfctl, (input) => [
      parseKilled(input),
      parseRules(input),
      parseRuleCounters(input),
      parseLabels(input),
      parseStatus(input),
    ]),
    reads('pfctl-tables', pfctl, (input) => [
      parseTableShow(input),
      parseTableWeights(input),
      parseTables(input),
      parseAnchors(input),
    ]),
    readsLines('ping', ping, (line) => [parsePingLine(line), parsePingError(line)]),
    reads('route', route, (input) => [
      parseRouteShow(input),
      parseRouteGet(input),
      parseRouteFailure(1, input, ''),
    ]),
    readsLines('route-monitor', monitor, parseMonitorLine),
  ];
};
