/**
 * What adapters and the daemon read by themselves: pf's answers beside what was wanted, what programs say that were asked over a link,
 * /etc/group, uplinkd's own command line.
 */
import { askOnce, type Means, type Reply, type Request } from '../adapter/ask.ts';
import { findGroup } from '../adapter/group.ts';
import {
  findRuleDifference,
  findTableDifferences,
  findWeightDifferences,
  isSameRule,
  linesOf,
} from '../adapter/pf-difference.ts';
import { sumStates } from '../adapter/pf-states.ts';
import type { ProgramEnd } from '../adapter/program.ts';
import { millis, mono } from '../core/time.ts';
import { parseOptions } from '../daemon/options.ts';
import type { RunResult } from '../port/commands.ts';
import { parseRuleCounters, parseTableShow, parseTableWeights } from '../text/pfctl.ts';
import type { Corpus } from './corpus.ts';
import { argvOf, reads, type Subject, shapeOf } from './subject.ts';

const COUNTERS = '  [ Evaluations: 12        Packets: 34        Bytes: 560         States: 7     ]\n';

/** Each state is one link's at most, and every label of a link's connections counts. */
const sums = (seeds: readonly string[]): Subject => ({
  name: 'pf-states',
  seeds,
  judge: (input) => {
    const found = [...sumStates(input)];
    const counted = parseRuleCounters(input).flatMap(({ rule, states }) => {
      const labels = rule.split(' label "uplink:').slice(1);
      const isOfConnections = labels.some((label) => /^[a-z][a-z0-9_]*(:inet6)?(:in)?"/.test(label));
      return isOfConnections ? [states] : [];
    });
    const all = found.reduce((sum, [, states]) => sum + states, 0);
    const wanted = counted.reduce((sum, states) => sum + states, 0);
    // beyond 2^53 the order of the sum tells
    const isSame = all === wanted || wanted > Number.MAX_SAFE_INTEGER;
    return { complaint: isSame ? null : `sum: ${all} of ${wanted}`, shape: `${found.length} ${all > 0}` };
  },
});

/** A text is no different from itself, and any difference is said in few words. */
const differences = (seeds: readonly string[]): Subject => ({
  name: 'pf-difference',
  seeds,
  judge: (input) => {
    const lines = linesOf(input);
    const half = lines.slice(0, Math.ceil(lines.length / 2));
    const addresses = parseTableShow(input) ?? lines;
    const weights = parseTableWeights(input);
    const same = [
      findRuleDifference('a', lines, lines, isSameRule),
      ...findTableDifferences('t', addresses, [...addresses].reverse()),
      ...findWeightDifferences('t', weights, weights),
    ].find((each) => each !== null);
    const said = [
      findRuleDifference('a', lines, half, isSameRule) ?? '',
      findRuleDifference('a', lines, [...lines].reverse(), (one, other) => one === other) ?? '',
      ...findTableDifferences('t', half, addresses),
      ...findTableDifferences('t', addresses, half),
      ...findWeightDifferences('t', weights, new Map()),
    ];
    const longest = Math.max(...said.map(({ length }) => length));
    return {
      complaint:
        same !== undefined
          ? `different: ${same}`
          : longest > 200 + 3 * input.length
            ? `unbounded: ${longest} characters from ${input.length}`
            : null,
      shape: said.map((each) => each.slice(0, 40).replace(/\S*\d\S*/g, '')).join('|'),
    };
  },
});

/** GID_MAX */
const MOST_GID = 0xffffffff;
const GROUPS = ['wheel', 'ops', '_uplinkd'];

const group = reads(
  'group',
  ['wheel:*:0:root\ndaemon:*:1:daemon\nops:*:1001:me,you\n_uplinkd:*:4294967295:\n+:*::\n'],
  (input) =>
    GROUPS.map((name) => {
      const gid = findGroup(input, name);
      const isThere = input.split('\n').some((line) => line.startsWith(`${name}:`));
      if (gid !== null && !(isThere && Number.isInteger(gid) && gid >= 0 && gid <= MOST_GID))
        throw new RangeError(`${name} is ${gid}`);
      return gid;
    }),
);

const BASE = { family: 'inet', address: '9.9.9.9', rtable: 101, longest: millis(2000) } as const;
const REQUESTS: readonly Request[] = [
  { ...BASE, ask: { kind: 'tcp', port: 443 } },
  { ...BASE, ask: { kind: 'dns', name: '.' } },
  { ...BASE, ask: { kind: 'exec', command: ['/etc/uplinkd/portal', '-x'], environment: {} } },
];
const MOST_WHY = 200;
/** What a program can say that it took, and what dig can. */
const MOST_RTT = 1e12;

/** A command or a program that says this, with this exit status. */
const meansOf = (said: string, code: number): Means => {
  const result: RunResult = { kind: 'exited', code, stdout: said, stderr: said };
  const end: ProgramEnd = { kind: 'exited', code };
  return {
    commands: {
      run: async () => result,
      stream: () => ({ pid: undefined, write: () => {}, stop: () => {} }),
    },
    clock: { now: () => mono(5), wall: () => 0, after: () => () => {} },
    run: ({ onLine }) => {
      for (const line of said.split('\n')) onLine(line, code !== 0);
      return { ended: Promise.resolve(end), stop: () => {} };
    },
    route: '/sbin/route',
  };
};

/** The answer took a time, or the reason is short. */
const asked = (seeds: readonly string[]): Subject => ({
  name: 'ask',
  seeds,
  judge: async (input) => {
    const replies: Reply[] = [];
    for (const request of REQUESTS)
      for (const code of [0, 1])
        replies.push(await new Promise((tell) => askOnce(meansOf(input, code), request, tell)));
    const bad = replies.find((reply) =>
      reply.kind === 'answered'
        ? !(reply.rtt >= 0 && reply.rtt <= MOST_RTT)
        : reply.why === '' || reply.why.length > MOST_WHY,
    );
    return {
      complaint: bad === undefined ? null : `reply: ${JSON.stringify(bad).slice(0, 300)}`,
      shape: replies.map(({ kind }) => kind).join(),
    };
  },
});

const options: Subject = {
  name: 'daemon-options',
  seeds: [
    '-d\0-v\0-f\0/etc/uplinkd.conf',
    '-nvf/tmp/x\0--commands\0/tmp/bin\0--state=/tmp',
    '-s\0/tmp/sock\0--',
  ],
  judge: (input) => {
    const parsed = parseOptions(argvOf(input));
    const isSilent = 'kind' in parsed && parsed.text === '';
    const shape = 'kind' in parsed ? parsed.text.replace(/'[^']*'/g, '').slice(0, 60) : shapeOf(parsed);
    return { complaint: isSilent ? 'silent: refused without a word' : null, shape };
  },
};

export const adapterSubjects = (corpus: Corpus): readonly Subject[] => {
  const shown = corpus.printed('pfctl-');
  return [
    sums([
      ...shown,
      ...corpus.rulesets.map((rules) => rules.replace(/^.*label.*\n/gm, (rule) => `${rule}${COUNTERS}`)),
    ]),
    differences([...shown, ...corpus.rulesets]),
    group,
    asked([
      '12.5\n',
      ' 7 ms\nportal is there\n',
      'Connection to 9.9.9.9 443 port [tcp/*] succeeded!\n',
      'nc: connect to 9.9.9.9 port 443 (tcp) failed: Connection refused\n',
      'route: routing table 101: No such file or directory\n',
      ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4711\n;; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0\n;; Query time: 11203 usec\n',
      ';; connection timed out; no servers could be reached\n',
    ]),
    options,
  ];
};
