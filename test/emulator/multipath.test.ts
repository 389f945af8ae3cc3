// Several routes to the same place: by priority, as multipath, by label; and two links in one subnet.
import t from 'tap';
import { chooseEqual } from '../../src/emulator/route-hash.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';
import { watch } from './replay.ts';

const defaults = (machine: Machine): string[] =>
  machine
    .run('route -n show -inet')
    .stdout.split('\n')
    .filter((line) => line.startsWith('default'))
    .map((line) => line.split(/ +/).slice(1, 3).join(' '));

t.test('-mpath: P on all of them, deletion by gateway only, the last one alone again', async (test) => {
  const machine = createMachine();
  machine.run('route -n add -mpath default 192.0.2.1');
  test.same(defaults(machine), ['192.0.2.1 UGS'], 'one alone is none');
  machine.run('route -n add -mpath default 198.51.100.1');
  test.same(defaults(machine), ['192.0.2.1 UGSP', '198.51.100.1 UGSP']);
  test.match(machine.run('route -n delete default'), {
    code: 1,
    stdout: 'delete net default: not in table\n',
  });
  test.match(machine.run('route -n change default 10.0.0.2'), { code: 1 }, 'which one?');
  test.equal(machine.run('route -n delete default 192.0.2.1').code, 0);
  test.same(defaults(machine), ['198.51.100.1 UGS']);
  test.match(machine.run('route -n add default 192.0.2.1').stdout, /File exists/, 'not without -mpath');
  test.equal(machine.run('route -n change default 192.0.2.1').code, 0);
  test.same(defaults(machine), ['192.0.2.1 UGS']);
});

t.test('a link that comes back stands behind its equals', async (test) => {
  const machine = createMachine();
  machine.run('route -n add -mpath default 192.0.2.1');
  machine.run('route -n add -mpath default 198.51.100.1');
  machine.router.setCarrier('vio2', false);
  test.same(defaults(machine), ['198.51.100.1 UGSP', '192.0.2.1 GSP']);
  machine.router.setCarrier('vio2', true);
  test.same(defaults(machine), ['198.51.100.1 UGSP', '192.0.2.1 UGSP']);
});

t.test('priorities: several at a time, the best that is up is taken; no message says which', async (test) => {
  const machine = createMachine();
  machine.run('route -n add default 192.0.2.1');
  machine.run('route -n add -priority 20 -label backup default 198.51.100.1');
  const got = watch(machine, 'route -n monitor', () => machine.router.setCarrier('vio2', false));
  test.equal(got.match(/^RTM_/gm)?.length, 1, 'RTM_IFINFO alone');
  test.match(
    machine.run('route -n get 203.0.113.1').stdout,
    /gateway: 198\.51\.100\.1\n[\s\S]*priority: 20 \(\)[\s\S]*label: backup/,
  );
  test.match(
    machine.run('route -n show -inet -label backup').stdout,
    /^default +198\.51\.100\.1 +UGS .* 20 vio3 /m,
  );
  test.equal(machine.run('route -n delete -priority 8 default').code, 0);
  test.same(defaults(machine), ['198.51.100.1 UGS']);
});

t.test('a route is added also while its link is down', async (test) => {
  const machine = createMachine();
  machine.router.setCarrier('vio2', false);
  test.equal(machine.run('route -n add default 192.0.2.1').code, 0);
  test.same(defaults(machine), ['192.0.2.1 GS']);
  machine.router.setCarrier('vio2', true);
  test.same(defaults(machine), ['192.0.2.1 UGS']);
});

t.test('the hash walk: the first has two shares, the last none', async (test) => {
  const shares = (count: number): number[] => {
    const names = Array.from({ length: count }, (_, i) => i);
    const got = names.map(() => 0);
    for (let hash = 0; hash < 65_536; hash++) {
      const one = chooseEqual(names, hash);
      if (one !== undefined) got[one] = (got[one] ?? 0) + 1;
    }
    return got.map((one) => Math.round((one / 65_536) * 12));
  };
  test.same(shares(2), [12, 0]);
  test.same(shares(3), [8, 4, 0]);
  test.same(shares(4), [6, 3, 3, 0]);
});

t.test(
  "net.inet.ip.multipath: the router's own packets have the first route's address, whichever they leave by",
  async (test) => {
    const machine = createMachine({
      uplinks: [
        { name: 'a', interface: 'vio2', address: '192.0.2.2/24', gateway: '192.0.2.1' },
        { name: 'b', interface: 'vio3', address: '198.51.100.2/24', gateway: '198.51.100.1' },
        { name: 'c', interface: 'vio4', address: '203.0.113.2/24', gateway: '203.0.113.1' },
      ],
    });
    for (const gateway of ['192.0.2.1', '198.51.100.1', '203.0.113.1'])
      machine.run(`route -n add -mpath default ${gateway}`);
    const where = (target: string): string => {
      const sent = machine.router.send(
        {
          family: 'inet',
          protocol: 'udp',
          source: '',
          sourcePort: 1,
          destination: target,
          destinationPort: 53,
          flags: {},
          icmpType: null,
          bytes: 60,
          tag: null,
          rtable: 0,
        },
        false,
      );
      return sent.kind === 'sent' ? `${sent.packet.source} by ${sent.nic.name}` : sent.kind;
    };
    const targets = Array.from({ length: 200 }, (_, i) => `198.18.${i}.7`);
    test.same([...new Set(targets.map(where))], ['192.0.2.2 by vio2'], 'off: all by the first');
    machine.run('sysctl net.inet.ip.multipath=1');
    const seen = new Map<string, number>();
    for (const target of targets) seen.set(where(target), (seen.get(where(target)) ?? 0) + 1);
    test.same([...seen.keys()].sort(), ['192.0.2.2 by vio2', '192.0.2.2 by vio3']);
    test.ok((seen.get('192.0.2.2 by vio3') ?? 0) > 40, `${seen.get('192.0.2.2 by vio3')} of 200`);
    test.same(targets.map(where), targets.map(where), 'the same every time');
  },
);

t.test(
  'two links in one subnet: the network is multipath, and a gateway is only ever on the first',
  async (test) => {
    const machine = createMachine({
      uplinks: [
        { name: 'a', interface: 'vio2', address: '192.168.1.2/24', gateway: '192.168.1.1' },
        { name: 'b', interface: 'vio3', address: '192.168.1.3/24', gateway: '192.168.1.1' },
      ],
    });
    const shown = (): string => machine.run('route -n show -inet').stdout;
    test.match(
      shown(),
      /^192\.168\.1\/24 +192\.168\.1\.2 +UCPn .*vio2 ?\n192\.168\.1\/24 +192\.168\.1\.3 +UCPn .*vio3 ?$/m,
    );
    machine.run('route -T 102 -n add default 192.168.1.1');
    test.match(machine.run('route -T 102 -n show -inet').stdout, /^default +192\.168\.1\.1 +UGS .*vio2 ?$/m);
    test.equal(
      machine.run('route -T 103 -n add default -ifp vio3 192.168.1.1').code,
      0,
      'unless the interface is named',
    );
    test.match(machine.run('route -T 103 -n show -inet').stdout, /^default +192\.168\.1\.1 +UGS .*vio3 ?$/m);
    test.throws(() => machine.router.addAddress('vio3', '192.168.1.2/24'), /SIOCAIFADDR: File exists/);
  },
);
