import t from 'tap';
import type { View } from '../../src/ctl/argument.ts';
import { renderView, selectView, withOnlyLink } from '../../src/ctl/show.ts';
import { historyOf, renderEntry } from '../../src/ctl/show-history.ts';
import { inColour, plain } from '../../src/ctl/terminal.ts';
import { type Status, statusSchema } from '../../src/wire/status.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import { exampleStatus } from '../wire/example.ts';

process.env['TZ'] = 'UTC';

const views: readonly View[] = ['summary', 'links', 'policies', 'probes', 'rules', 'history'];

const text: Readonly<Record<View, string>> = {
  summary: `\
uplinkd 0.1.0, pid 4711, up 3d04h, /etc/uplinkd.conf read 3h07m ago
pf: anchor uplinkd in place, 2 rules, 12 loads, 1 failed, 312 states killed
own traffic (default_route "best"): inet by fibre; inet6 by no link
carp: master, group carp demoted by 50, no link for policy guest

LINK  FAM   HEALTH   SINCE RTT(p50/p95) LOSS SHARE   WHY
fibre inet  up       3d04h 8.1/11.2ms   0.8% 67-100% 2/3 targets answer
fibre inet6 degraded 4m12s 310/402ms    0%   100%    probe-latency, 1/1 answer
dsl   inet  unknown  3.1s  41/388ms     0%   0-33%   hold, up in 7s
lte   inet  down     4m12s -            -    0%      carrier-down
radio inet  down     2.1s  -            100% 0%      probe-loss, 0/2 answer

POLICY   FAM               ACTIVE      SINCE  SHARES
default  inet              up          3.1s   fibre 100%
default  inet6 from fibre  degraded    4m12s  fibre 100%
voip     inet              recovering  1.0s   fibre 67% dsl 33%
guest    inet              none        4m12s  refused
`,
  links: `\
LINK  FAM   HEALTH   SINCE RTT(p50/p95) JITTER LOSS   SHARE STATES    24H
fibre inet  up       3d04h 8.1/11.2ms   0.4ms  0.8% 67-100%   1804 99.53%
    2/3 targets answer; em0 to 203.0.113.1, tier 1, weight 3
fibre inet6 degraded 4m12s 310/402ms    0.4ms    0%    100%   1804 99.53%
    probe-latency, 1/1 answer; em0 to fe80::1, tier 1, weight 3
dsl   inet  unknown  3.1s  41/388ms     0.4ms    0%   0-33%   1804 99.53%
    hold, up in 7s; em1 to 198.51.100.1, tier 1, weight 1
lte   inet  down     4m12s -            -         -      0%      0 99.99%
    carrier-down; em3 to 192.0.2.1, tier 2, weight 3
radio inet  down     2.1s  -            -      100%      0%   1804 99.53%
    probe-loss, 0/2 answer; em4 to 100.64.0.1, tier 2, weight 1
`,
  policies: `\
POLICY  FAM              ACTIVE     SINCE SHARES            WHY
default inet             up         3.1s  fibre 100%        tier 1; dsl hold
default inet6 from fibre degraded   4m12s fibre 100%        fibre probe-latency
voip    inet             recovering 1.0s  fibre 67% dsl 33% dsl hold
guest   inet             none       4m12s refused           lte carrier-down
`,
  probes: `\
LINK   FAM    TARGET       VERDICT   SENT  LOST  LATE  DUP  LOSS  RTT(p50/p95)
fibre  inet   gateway      answers  86400    10     0    0    0%  0.4/0.9ms
fibre  inet   9.9.9.9      answers  86400    10     0    0  0.8%  8.1/11.2ms
fibre  inet   1.1.1.1      failed   86400    10     0    0  100%  -
fibre  inet6  2620:fe::fe  answers  86400    10     0    0    0%  310/402ms
dsl    inet   9.9.9.9      answers  86400    10     2    1    0%  41/388ms
radio  inet   gateway      failed   86400    10     0    0  100%  -
    ping: sendmsg: Host is down
radio  inet   9.9.9.9      unknown  86400    10     0    0     -  -
`,
  rules: `\
# anchor "uplinkd", 2 rules, in place
pass in quick inet all flags S/SA label "uplink:fibre" tagged uplink_default route-to 203.0.113.1
block return in quick all label "uplink::default" tagged uplink_default
# anchor "uplinkd/guest"
table <pool_inet> persist { }
pass in quick inet all flags S/SA label "uplink::guest" tagged uplink_guest route-to <pool_inet> least-states sticky-address
`,
  history: `\
2026-11-20 09:05:03 notice link lte inet: up -> down (carrier-down), up for 3d04h
2026-11-20 09:05:03 warning pf: killed 312 states of lte

LINK   FAM    HEALTH    SINCE     24H      7D     30D  START
fibre  inet   up        3d04h  99.53%  99.53%  99.53%   100%
fibre  inet6  degraded  4m12s  99.53%  99.53%  99.53%   100%
dsl    inet   unknown   3.1s   99.53%  99.53%  99.53%   100%
lte    inet   down      4m12s  99.99%   0.00%       -  9.30%
radio  inet   down      2.1s   99.53%  99.53%  99.53%   100%

LINK   FAM    HEALTH        24H         7D        30D     START  WHY
fibre  inet   up      2x 23h53m  2x 23h53m  2x 23h53m  1x 1h00m  answering
fibre  inet   down     1x 6m40s   1x 6m40s   1x 6m40s         -  probe-loss
fibre  inet6  up      2x 23h53m  2x 23h53m  2x 23h53m  1x 1h00m  answering
fibre  inet6  down     1x 6m40s   1x 6m40s   1x 6m40s         -  probe-loss
dsl    inet   up      2x 23h53m  2x 23h53m  2x 23h53m  1x 1h00m  answering
dsl    inet   down     1x 6m40s   1x 6m40s   1x 6m40s         -  probe-loss
lte    inet   up      2x 23h53m  2x 23h53m  2x 23h53m  1x 1h00m  answering
lte    inet   down     1x 6m40s   1x 6m40s   1x 6m40s         -  probe-loss
radio  inet   up      2x 23h53m  2x 23h53m  2x 23h53m  1x 1h00m  answering
radio  inet   down     1x 6m40s   1x 6m40s   1x 6m40s         -  probe-loss
`,
};

t.test('the example is a status', async (t) => {
  t.strictSame(statusSchema.parse(JSON.parse(JSON.stringify(exampleStatus))), exampleStatus);
});

t.test('text: state, why, since, round trips, jitter, loss, states, what comes next (S47)', async (t) => {
  for (const view of views) t.equal(renderView(view, exampleStatus, plain), text[view], view);
});

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

t.test('80 columns, also with the longest names; no screen is too wide or too narrow', async (t) => {
  for (const view of ['summary', 'links', 'policies', 'probes'] as const)
    t.ok(widest(renderView(view, exampleStatus, plain)) <= 80, view);
  for (const link of ['fibre', 'dsl', 'lte', 'radio'])
    t.ok(widest(renderView('links', exampleStatus, plain, 80, link)) <= 80, link);
  const long: Status = {
    ...exampleStatus,
    links: exampleStatus.links.map((link, at) => ({ ...link, name: `longest_names_${at}` })),
  };
  t.ok(widest(renderView('links', long, plain)) <= 80, 'long names');
  t.notMatch(renderView('links', long, plain), /24H/, 'the availability goes first');
  for (const screen of [60, 80, 100, 132, 200])
    t.ok(widest(renderView('links', exampleStatus, plain, screen)) <= screen, `${screen}`);
  const wide = renderView('links', exampleStatus, plain, 200);
  t.match(wide, /^LINK .* 24H +7D +30D +IFACE +CARRIER +GATEWAY +TIER +WEIGHT +RTABLE +NAT +WHY\n/);
  t.equal(wide.split('\n').length, 7, 'a line for each path');
  t.match(renderView('policies', exampleStatus, plain, 200), / BALANCE +DEGRADED +FAILBACK +EMPTY +WHY\n/);
  t.match(renderView('probes', exampleStatus, plain, 200), / JITTER +TIMEOUT +ADDRESS +WHY\n/);
});

t.test('all of one link', async (t) => {
  t.equal(
    renderView('links', exampleStatus, plain, 80, 'lte'),
    `\
link lte: em3, carrier down, tier 2, weight 3, rtable 103, metered

inet: down for 4m12s, carrier-down
  gateway     192.0.2.1 by route-to, address 203.0.113.2, nat
  shares      default 0%, guest 0%
  states      0
  round trip  -
  available   24h 99.99%, 7d 0.00%, 30d -, since the start 9.30%
  damping     held back for 1m04s more, penalty 1450
  probes      every 1.0s; those of the link took 43.5M this month

   AGO  FROM       FOR  TO    WHY
 4m12s  up       4m48s  down  carrier-down
 9m00s  down     1m00s  up    answering
10m00s  up       5m00s  down  carrier-down
15m00s  unknown   2.0s  up    answering
`,
  );
  t.match(
    renderView('links', exampleStatus, plain, 80, 'fibre'),
    /\n\ninet6: degraded for 4m12s, probe-latency, 1\/1 answer\n {2}gateway {5}fe80::1 by route-to, address \S+, not translated\n/,
  );
  t.match(
    renderView('links', exampleStatus, plain, 80, 'radio'),
    /\nTARGET .*\ngateway .*\n {4}ping: sendmsg: Host is down\n9\.9\.9\.9 /,
    'with its targets',
  );
});

t.test('how long it was how, and why', async (t) => {
  const all = renderView('history', exampleStatus, plain);
  t.match(all, /\n\nLINK +FAM +HEALTH +SINCE +24H +7D +30D +START\nfibre /);
  t.match(all, /\nLINK +FAM +HEALTH +24H +7D +30D +START +WHY\n/);
  t.ok(widest(all.slice(all.indexOf('\n\n'))) <= 80);
  t.notMatch(all, /AGO/);
  const one = renderView('history', exampleStatus, plain, null, 'lte');
  t.match(one, /^2026-11-20 09:05:03 notice link lte /);
  t.match(
    one,
    /\n\ninet, the latest first:\n +AGO +FROM +FOR +TO +WHY\n +4m12s +up +4m48s +down +carrier-down\n/,
  );
  t.match(
    renderView('history', exampleStatus, plain, null, 'fibre'),
    /^inet, the latest/,
    'nothing was said of it',
  );
});

t.test('messages of one link are not those of another whose name begins alike', async (t) => {
  const status = (text: string): Status => ({
    ...exampleStatus,
    history: exampleStatus.history.slice(0, 1).map((entry) => ({ ...entry, text })),
  });
  t.same(historyOf(status('link lte_b inet: up -> down'), 'lte'), []);
  t.equal(historyOf(status('policy default inet: lte 100% -> dsl 100%'), 'lte').length, 1);
});

t.test('who carries what is of this machine itself', async (t) => {
  const own = (mode: Status['ownTraffic']['mode'], ...links: readonly string[]): string =>
    renderView(
      'summary',
      { ...exampleStatus, ownTraffic: { mode, families: [{ family: 'inet', links }] } },
      plain,
    );
  t.match(
    own('multipath', 'fibre', 'dsl'),
    '\nown traffic (default_route "multipath"): inet by fibre, dsl\n',
  );
  t.notMatch(own('none'), 'own traffic');
  t.notMatch(own('leave'), 'own traffic');
});

t.test('colours change nothing but colours', async (t) => {
  for (const view of views) {
    const coloured = renderView(view, exampleStatus, inColour);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of
    t.equal(coloured.replace(/\u001b\[[0-9]+m/g, ''), text[view], view);
  }
  t.match(renderView('summary', exampleStatus, inColour), '\u001b[32mup\u001b[0m       3d04h');
  t.match(renderView('links', exampleStatus, inColour), '\u001b[31mdown\u001b[0m');
  t.match(renderView('links', exampleStatus, inColour), '\u001b[33mdegraded\u001b[0m');
  t.match(renderView('policies', exampleStatus, inColour), '\u001b[33mdegraded\u001b[0m');
});

t.test('pf trouble is told', async (t) => {
  const failure = { text: 'pfctl: uplinkd:3: syntax error', retryInMs: 1_200 };
  const status: Status = {
    ...exampleStatus,
    pf: { ...exampleStatus.pf, applied: 'unknown', failure, rules: [], pools: [] },
  };
  t.match(
    renderView('summary', status, plain),
    'pf: anchor uplinkd not known to be in place, 0 rules, 12 loads, 1 failed, 312 states killed\n' +
      'pf: failed: pfctl: uplinkd:3: syntax error, again in 2s\n',
  );
  t.equal(
    renderView('rules', status, plain),
    '# anchor "uplinkd", 0 rules, not known to be in place\n# failed: pfctl: uplinkd:3: syntax error\n',
  );
});

t.test('a main rule set that does not call the anchor is told, with the line to add', async (t) => {
  const status: Status = { ...exampleStatus, pf: { ...exampleStatus.pf, called: false } };
  const told = 'the main rule set lacks this line, add it to pf.conf: anchor "uplinkd"';
  t.match(renderView('summary', status, plain), `312 states killed\npf: ${told}\n`);
  t.match(renderView('rules', status, plain), `, in place\n# ${told}\npass in `);
  t.notMatch(renderView('summary', exampleStatus, plain), 'lacks');
});

t.test('one of a thing is not called many', async (t) => {
  const status: Status = {
    ...exampleStatus,
    pf: { ...exampleStatus.pf, rules: ['pass'], loads: 1, kills: 1 },
  };
  t.match(renderView('summary', status, plain), 'in place, 1 rule, 1 load, 1 failed, 1 state killed\n');
});

t.test('nothing to show is a line of titles', async (t) => {
  const status: Status = { ...exampleStatus, links: [], policies: [], history: [] };
  t.equal(
    renderView('policies', status, plain),
    'POLICY  FAM  ACTIVE  SINCE  SHARES  BALANCE  DEGRADED  FAILBACK  EMPTY  WHY\n',
  );
  t.equal(renderView('history', status, plain), '');
  t.equal(renderView('links', status, plain, 80, 'fibre'), '');
});

t.test('a message is a line, but where the screen is narrower', async (t) => {
  const [entry] = exampleStatus.history;
  if (entry === undefined) throw new Error('the example has no history');
  t.equal(renderEntry(entry, plain).split('\n').length, 2);
  t.equal(renderEntry(entry, plain, 81), renderEntry(entry, plain));
  t.equal(
    renderEntry(entry, plain, 60),
    '2026-11-20 09:05:03 notice link lte inet: up -> down\n    (carrier-down), up for 3d04h\n',
  );
  t.equal(
    renderEntry({ ...entry, severity: 'err' }, inColour, 60)
      .replace(/.\[0m/g, '>')
      .replace(/.\[31m/g, '<'),
    '2026-11-20 09:05:03 <err link lte inet: up -> down>\n    <(carrier-down), up for 3d04h>\n',
  );
  for (const screen of [24, 40, 60, 80])
    t.ok(widest(renderView('history', exampleStatus, plain, screen)) <= Math.max(screen, 72));
  t.match(renderEntry(entry, plain, 1), /3d04h|h\n/, 'and nothing is lost where there is no room at all');
});

t.test('text from elsewhere cannot write to the terminal', async (t) => {
  const entry = { atMs: 0, severity: 'err', text: 'a\u001b[2J\u009b1m\nb' } as const;
  t.equal(renderEntry(entry, plain), '1970-01-01 00:00:00 err a\\x1b[2J\\x9b1m\\x0ab\n');
  t.equal(
    renderEntry(entry, inColour),
    '1970-01-01 00:00:00 \u001b[31merr a\\x1b[2J\\x9b1m\\x0ab\u001b[0m\n',
  );
  t.equal(renderEntry({ ...entry, atMs: 1e300 }, plain).slice(0, 6), '- err ');
});

t.test('JSON: the document or a part of it', async (t) => {
  const { version, links, policies, pf, history } = exampleStatus;
  t.strictSame(selectView('summary', exampleStatus), exampleStatus);
  t.strictSame(selectView('links', exampleStatus), { version, links });
  t.strictSame(selectView('probes', exampleStatus), { version, links });
  t.strictSame(selectView('policies', exampleStatus), { version, policies });
  t.strictSame(selectView('rules', exampleStatus), { version, pf });
  t.strictSame(selectView('history', exampleStatus), { version, links, history });
});

t.test('one link alone', async (t) => {
  const only = withOnlyLink(exampleStatus, 'dsl');
  t.strictSame(
    only?.links.map((link) => link.name),
    ['dsl'],
  );
  t.strictSame(withOnlyLink(exampleStatus, 'lte')?.history, exampleStatus.history);
  t.strictSame(only?.history, [], 'and what was said of it');
  t.equal(withOnlyLink(exampleStatus, 'nosuch'), null);
});

const free = [
  'name',
  'interface',
  'gateway',
  'target',
  'why',
  'text',
  'anchor',
  'config',
  'link',
  'tag',
  'rules',
];

/** The same status with other texts and numbers wherever the schema leaves them open. */
const scrambled = (value: unknown, texts: readonly string[], numbers: readonly number[]): unknown => {
  let at = 0;
  const walk = (each: unknown, key: string): unknown => {
    at += 1;
    if (Array.isArray(each)) return each.map((one) => walk(one, key));
    if (typeof each === 'object' && each !== null)
      return Object.fromEntries(Object.entries(each).map(([name, one]) => [name, walk(one, name)]));
    if (typeof each === 'number' && /Ms|ercent/.test(key)) return numbers[at % numbers.length];
    return typeof each === 'string' && free.includes(key) ? texts[at % texts.length] : each;
  };
  return walk(value, '');
};

t.test('whatever a status holds: whole lines that no terminal obeys', async (t) => {
  const texts = fc.array(fc.string({ unit: 'binary' }), { minLength: 1 });
  const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
  check(
    t,
    fc.property(texts, numbers, fc.constantFrom(...views), (someTexts, someNumbers, view) => {
      const status = statusSchema.parse(scrambled(exampleStatus, someTexts, someNumbers));
      const lines = renderView(view, status, plain).split('\n');
      must(lines.pop() === '', 'the last line ends');
      // What goes beneath a line has its own.
      const own = lines.filter((line) => !line.startsWith('    '));
      must(own.length <= text[view].split('\n').length - 1, 'a text adds no line');
      must(!lines.some((line) => /\p{Cc}/u.test(line)), 'no control characters');
    }),
    200,
  );
});
