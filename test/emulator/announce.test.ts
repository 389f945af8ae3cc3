// Interfaces that are made, destroyed, plugged in again with another index; absent ones; addresses that come in several steps.
import t from 'tap';
import { readTranscript } from '../text/transcript.ts';
import { createMachine } from './machine.ts';
import { blocksOf, watch } from './replay.ts';

/** A new interface's index and link-level address are not this machine's. */
const mask = (block: string): string =>
  block
    .replace(/if# 2[46]/g, 'if# N')
    .replace(/if# 7\b/g, 'if# N')
    .replace(/fe:e1:ba:[0-9a-f:]+/g, 'LLADDR');
const blocks = (text: string): string[] => blocksOf(text.replace(/^Terminated $/m, '')).map(mask);

t.test('created and destroyed, as recorded', async (test) => {
  const machine = createMachine();
  const next = 1 + Math.max(...machine.router.nics().map((nic) => nic.index));
  const own = (text: string): string[] => blocks(text.replaceAll(`if# ${next},`, 'if# 24,'));
  const got = watch(machine, 'route -n monitor', () => {
    machine.router.createInterface({ name: 'vether9', lladdr: 'fe:e1:ba:d5:a3:f3' });
    machine.router.setInterfaceUp('vether9', true);
    machine.router.addAddress('vether9', '10.99.9.1/24');
    machine.router.detach('vether9');
    machine.router.setCarrier('vio3', false);
    machine.router.setCarrier('vio3', true);
  });
  test.same(own(got), own(readTranscript('route-monitor-create-destroy.txt').stdout));
});

t.test('the filter -iface, as recorded', async (test) => {
  const machine = createMachine({ defaultRoute: '192.0.2.1' });
  const next = 1 + Math.max(...machine.router.nics().map((nic) => nic.index));
  const got = watch(machine, 'route -n monitor -iface', () => {
    machine.router.setCarrier('vio2', false);
    machine.router.setCarrier('vio2', true);
    machine.run('route -n delete default', '', 0);
    machine.router.createInterface({ name: 'vether9' });
    machine.router.detach('vether9');
    machine.router.setCarrier('vio3', false);
    machine.router.setCarrier('vio3', true);
  });
  const own = (text: string): string[] => blocks(text.replaceAll(`if# ${next},`, 'if# 26,'));
  test.same(own(got), own(readTranscript('route-monitor-iface-filter.txt').stdout));
});

t.test('an announcement alone is held back, whatever the program is asked to show', async (test) => {
  const machine = createMachine();
  const got = watch(machine, 'route -n monitor', () => machine.router.createInterface({ name: 'tun3' }));
  test.equal(got, '');
});

t.test('a USB stick: absent at first, plugged in, pulled out, plugged in again', async (test) => {
  const machine = createMachine({
    uplinks: [
      { name: 'a', interface: 'vio2', address: '192.0.2.2/24', gateway: '192.0.2.1' },
      {
        name: 'lte',
        interface: 'ure0',
        address: '192.168.8.2/24',
        gateway: '192.168.8.1',
        dhcp: { leaseSeconds: 600 },
        isPresentAtStart: false,
      },
    ],
  });
  const { router } = machine;
  test.equal(machine.run('ifconfig ure0').stderr, 'ure0: no such interface\n');
  test.equal(machine.run('dhcpleasectl -l ure0').stderr, 'dhcpleasectl: unknown interface\n');
  router.createInterface({ name: 'ure0' });
  test.match(
    machine.run('ifconfig ure0').stdout,
    /^ure0: flags=8802<BROADCAST,SIMPLEX,MULTICAST> mtu 1500\n/,
  );
  const first = router.nic('ure0')?.index ?? 0;
  router.setAutoconf('ure0', true);
  machine.clock.advance(3000);
  test.match(machine.run('dhcpleasectl -l ure0').stdout, /^ure0 \[Bound\]\n\tinet 192\.168\.8\.2 /);
  test.match(machine.run('route -n show -inet').stdout, /^default +192\.168\.8\.1 +UGS .*ure0 ?$/m);
  router.detach('ure0');
  machine.clock.advance(100);
  test.equal(machine.run('ifconfig ure0').stderr, 'ure0: no such interface\n');
  test.notMatch(machine.run('route -n show -inet').stdout, /ure0/);
  router.attach('ure0');
  test.ok((router.nic('ure0')?.index ?? 0) > first, 'another index');
  test.notMatch(
    machine.run('ifconfig ure0').stdout,
    /UP|AUTOCONF4|inet/,
    'and nothing configured, until somebody does',
  );
  router.setAutoconf('ure0', true);
  machine.clock.advance(3000);
  test.match(machine.run('dhcpleasectl -l ure0').stdout, /\[Bound\]/);
  test.throws(() => router.createInterface({ name: 'ure0' }), /File exists/);
});

t.test('a pppoe interface that is destroyed and made again dials from the beginning', async (test) => {
  const machine = createMachine({
    uplinks: [
      {
        name: 'b',
        interface: 'pppoe0',
        address: '100.64.7.7',
        gateway: '100.64.0.1',
        pppoe: { parent: 'vio3' },
      },
    ],
  });
  machine.router.detach('pppoe0');
  machine.clock.advance(100);
  machine.router.attach('pppoe0');
  test.match(
    machine.run('ifconfig pppoe0').stdout,
    /dev: vio3 state: initial[\s\S]*0\.0\.0\.0 --> 0\.0\.0\.1/,
  );
  const steps = watch(machine, 'route -n monitor', () => machine.router.setInterfaceUp('pppoe0', true));
  test.match(
    steps,
    /link: no carrier[\s\S]*link: active[\s\S]*RTM_NEWADDR[\s\S]*100\.64\.7\.7 100\.64\.0\.1/,
    'a carrier first, an address later',
  );
});
