/**
 * The shipped examples of pf.conf: pfctl takes them as they are, pf.conf.example lets in what it says, and in pf.conf.shaping.example a
 * flow is in the queue of its tag on whichever link uplinkd sends it to. The rules in the anchor are those that uplinkd would load.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseConfig } from '../../src/config/parse.ts';
import { previewRuleset } from '../../src/core/preview.ts';
import type { Outcome } from '../../src/emulator/clients.ts';
import type { RouterOptions } from '../../src/emulator/router-options.ts';
import { renderRuleset } from '../../src/text/pf.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const etc = (name: string): string =>
  readFileSync(new URL(`../../etc/${name}`, import.meta.url), 'utf8').replace(
    'load anchor "uplinkd" from "/var/db/uplinkd/anchor.conf"',
    'load anchor "uplinkd" from "/anchor.conf"',
  );

const createExample = (
  main: string,
  last: string | null = '',
  more: Partial<RouterOptions> = {},
): Machine => {
  const made = createMachine({
    lan: { interface: 'em0', address: '10.0.0.1/24' },
    interfaces: [],
    uplinks: [
      { name: 'fibre', interface: 'em1', address: '203.0.113.2/24', gateway: '203.0.113.1' },
      { name: 'dsl', interface: 'em2', address: '198.51.100.2/24', gateway: '198.51.100.1' },
      { name: 'lte', interface: 'em3', address: '192.0.2.2/24', gateway: '192.0.2.1' },
    ],
    files: new Map(last === null ? [] : [['/anchor.conf', last]]),
    ...more,
  });
  made.load('', main);
  return made;
};

/** What stands in the example's head. */
const LINKS = `
[link.fibre]
interface = "em1"
gateway = "203.0.113.1"
[link.dsl]
interface = "em2"
gateway = "198.51.100.1"
`;
const policies = etc('pf.conf.shaping.example')
  .split('\n')
  .filter((line) => /^# {5}(?:\[policy|[a-z]+ = )/.test(line))
  .map((line) => line.slice(6))
  .join('\n');

const anchorText = (
  healths: Parameters<typeof previewRuleset>[1],
  config = `${LINKS}${policies}\n`,
): string => {
  const parsed = parseConfig(config, 'example');
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.errors));
  return renderRuleset(previewRuleset(parsed.settings, healths));
};

const UP = new Map();
const DSL_DOWN = new Map([['dsl/inet', 'down']] as const);

const packets = (made: Machine, nic: string): Record<string, number> =>
  Object.fromEntries(
    made.router.queues
      .on(nic)
      .map((queue) => [queue, made.router.queues.get(nic, queue).packets] as const)
      .filter(([, count]) => count > 0),
  );

const PHONE = {
  client: '10.0.0.70',
  protocol: 'udp',
  to: '203.0.113.200',
  port: 5060,
  sourcePort: 5060,
} as const;

/** With the lines of pf.conf.example that wait behind a `#`, but not its prose. */
const withAll = (text: string): string =>
  text.replace(/^#(?=(?:match|pass|table|web|queue) ?(?:in|out|=|<|[a-z]))/gm, '');

t.test(
  'pf.conf.example loads as it is, with what it has commented out, and not without the last good rules',
  async (t) => {
    const text = etc('pf.conf.example');
    createExample(text);
    createExample(text, anchorText(UP));
    const all = withAll(text);
    t.match(all, /^pass in on \$lan inet .* route-to <uplinkd_default>/m);
    createExample(all);
    t.throws(() => createExample(text, null), /anchor\.conf|No such file/);
  },
);

t.test('pf.conf.example with uplinkd.conf: from outside, answered by the link that was asked', async (t) => {
  const text = withAll(etc('pf.conf.example'));
  const config = etc('uplinkd.conf');
  const knock = (made: Machine, uplink: string, port: number, from = '100.64.9.9'): Outcome =>
    made.router.lan.inbound({ uplink, from, port });
  const without = createExample(text, anchorText(UP, config));
  for (const uplink of ['fibre', 'dsl'])
    t.match(knock(without, uplink, 443), { kind: 'delivered', uplink }, 'to the LAN without a default route');
  knock(without, 'fibre', 443, '203.0.113.77');
  const listed = without.run('pfctl -ss').stdout;
  t.match(listed, /\(203\.0\.113\.2:443\) <- 203\.0\.113\.77:/, 'a neighbour is answered directly');
  t.match(listed, /\(203\.0\.113\.2:443\) \{203\.0\.113\.1\} <- 100\.64\.9\.9:/);
  t.equal(knock(without, 'lte', 443).kind, 'silence', 'not by LTE');

  const made = createExample(text, anchorText(UP, config), { defaultRoute: '203.0.113.1' });
  t.equal(knock(made, 'dsl', 22).kind, 'silence', 'not for everybody');
  for (const each of [made, without]) each.run('pfctl -t admins -T add 100.64.9.9');
  for (const uplink of ['fibre', 'dsl'])
    t.match(knock(made, uplink, 22), { kind: 'delivered', uplink }, 'to this machine with any default route');
  t.equal(knock(without, 'fibre', 22).kind, 'silence', 'to this machine without one');

  const off = createExample(text, anchorText(UP, config.replace('enabled = true', 'enabled = false')));
  t.equal(knock(off, 'fibre', 443).kind, 'silence', 'without [inbound]');
});

t.test(
  'pf.conf.example: the LAN reaches this router whatever somebody makes of <uplinkd_local>',
  async (t) => {
    const text = etc('pf.conf.example');
    const ask = (main: string): Outcome => {
      const made = createExample(main, anchorText(UP));
      made.run('pfctl -t uplinkd_local -T flush');
      return made.router.lan.open({ client: '10.0.0.70', protocol: 'tcp', to: '10.0.0.1', port: 22 }).send();
    };
    const line = 'pass in quick on $lan from ($lan:network) to ($lan)\n';
    t.ok(text.includes(line));
    t.match(ask(text), { kind: 'delivered', uplink: null });
    t.notMatch(ask(text.replace(line, '')), { kind: 'delivered', uplink: null });
  },
);

t.test('a call is in the fast queue of whichever link it is sent to', async (t) => {
  const made = createExample(etc('pf.conf.shaping.example'));
  made.load('uplinkd', anchorText(UP));
  const call = made.router.lan.open(PHONE);
  t.match(call.send(), { kind: 'delivered', uplink: 'dsl' });
  t.same([packets(made, 'em1'), packets(made, 'em2')], [{}, { voip: 1 }]);

  made.load('uplinkd', anchorText(DSL_DOWN));
  t.match(call.send(), { kind: 'delivered', uplink: 'dsl' }, 'its state is still there');
  t.match(made.run('pfctl -k label -k uplink:dsl').stderr, /killed 2 states/);
  for (let sent = 0; sent < 3; sent += 1) t.match(call.send(), { kind: 'delivered', uplink: 'fibre' });
  t.same([packets(made, 'em1'), packets(made, 'em2')], [{ voip: 3 }, { voip: 2 }]);
});

t.test('the rest: by what it is, and never in the way of the calls', async (t) => {
  const made = createExample(etc('pf.conf.shaping.example'));
  made.load('uplinkd', anchorText(DSL_DOWN));
  const open = (protocol: 'tcp' | 'udp', port: number) =>
    t.match(made.router.lan.open({ client: '10.0.0.9', protocol, to: '203.0.113.80', port }).send(), {
      kind: 'delivered',
      uplink: 'fibre',
    });
  open('udp', 53);
  t.same(packets(made, 'em1'), { prompt: 1 }, 'names');
  open('udp', 4500);
  t.same(packets(made, 'em1'), { prompt: 1, rest: 1 }, 'whatever it is');
  open('tcp', 443);
  const tcp = packets(made, 'em1');
  t.notOk('voip' in tcp);
  t.ok((tcp['prompt'] ?? 0) > 1, 'ACKs without data');
  t.ok((tcp['rest'] ?? 0) > 1, 'SYN and data');
});

t.test('probes are not left to the default queue', async (t) => {
  const made = createExample(etc('pf.conf.shaping.example'));
  made.load('uplinkd', anchorText(UP));
  made.run('route -T 101 -n add default 203.0.113.1');
  made.run('route -T 102 -n add default 198.51.100.1');
  t.equal(made.run('ping -n -c 1 -V 101 9.9.9.9').code, 0);
  t.same([packets(made, 'em1'), packets(made, 'em2')], [{ prompt: 1 }, {}]);
  t.equal(made.run('ping -n -c 1 -V 102 9.9.9.9').code, 0);
  t.same(packets(made, 'em2'), { prompt: 1 });
});

t.test('queues of the same names towards the LAN take what comes back', async (t) => {
  const text = etc('pf.conf.shaping.example').replace(/^#(?=queue )/gm, '');
  const made = createExample(text);
  t.strictSame([...made.router.queues.on('em0')].sort(), ['down', 'prompt', 'rest', 'voip']);
  made.load('uplinkd', anchorText(UP));
  made.router.lan.open(PHONE).send();
  t.same(packets(made, 'em0'), { voip: 1 });
});
