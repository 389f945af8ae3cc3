/** Targets pinged from here: through OpenBSD's ping(8), emulated, with the outcomes as they come. */
import t from 'tap';
import { createPinger } from '../../src/adapter/pinger.ts';
import { probeTargets } from '../../src/ctl/probe-target.ts';
import { createFakeCommands } from '../adapter/fake-commands.ts';
import { createVirtualClock } from '../adapter/virtual-clock.ts';

t.test('all targets at once, each as often as was asked', async (t) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  const told: string[] = [];
  const pending = probeTargets(createPinger({ commands, clock }), ['9.9.9.9', '2620:fe::fe'], 2, (ping) =>
    told.push(`${ping.target} ${ping.seq} ${ping.outcome}`),
  );
  const [four, six] = commands.streams;
  t.strictSame(
    [four, six].map((each) => [each?.command, ...(each?.args ?? [])].join(' ')),
    ['ping -n -c 2 -w 2 9.9.9.9', 'ping6 -n -c 2 -w 2 2620:fe::fe'],
  );
  four?.say('64 bytes from 9.9.9.9: icmp_seq=0 ttl=58 time=1.052 ms\n');
  six?.complain('ping6: sendmsg: No route to host\n');
  t.strictSame(told, ['9.9.9.9 0 answered', '2620:fe::fe 0 not-sent']);
  await clock.advance(5000);
  t.strictSame((await pending).length, 4);
  t.strictSame(told.slice(2), ['9.9.9.9 1 lost', '2620:fe::fe 1 lost']);
});
