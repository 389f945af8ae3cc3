/** What dhcpleasectl(8) says: every recording, and what no recording has. */
import t from 'tap';
import { parseLease } from '../../src/text/dhcplease.ts';
import { readTranscripts } from './transcript.ts';

t.test('recordings', async (t) => {
  const read = Object.fromEntries(
    readTranscripts('dhcpleasectl').map(({ file, exit, stdout, stderr }) => [
      file.replace(/^dhcpleasectl-|\.txt$/g, ''),
      parseLease(exit ?? 0, stdout, stderr),
    ]),
  );
  const lease = { kind: 'lease', phase: 'Bound', gateway: '198.51.100.1' };
  const failed = (text: string) => ({ kind: 'failed', text });
  const none = (text: string) => ({ kind: 'no-lease', text });
  t.same(read, {
    all: failed('usage: dhcpleasectl [-l] [-s socket] [-w maxwait] interface'),
    'l-daemon-down': failed('dhcpleasectl: connect: /dev/dhcpleased.sock: Connection refused'),
    'l-nosuch': none('dhcpleasectl: unknown interface'),
    'l-vio2-notauto': none('dhcpleasectl: non-autoconf interface vio2'),
    'l-vio3': lease,
    'l-vio3-after': lease,
    'l-vio3-ignore-routes': { ...lease, gateway: null },
    'l-vio3-nocarrier': { ...lease, phase: 'Down' },
    'l-vio3-rdomain': lease,
  });
});

t.test('half an answer, none, and a gateway that is none', async (t) => {
  const whole =
    'vio3 [Bound]\n\tinet 198.51.100.106 netmask 255.255.255.0\n\tdefault gateway 198.51.100.1\n\tlease 2 minutes\n';
  for (const line of whole.split('\n').keys())
    t.match(
      parseLease(
        0,
        whole
          .split(/(?<=\n)/)
          .slice(0, line)
          .join(''),
        '',
      ),
      line < 4 ? { kind: 'failed' } : { kind: 'lease' },
      `cut after line ${line}`,
    );
  for (const phase of ['Bound', 'Renewing', 'Rebinding', 'Rebooting'])
    t.match(parseLease(0, `vio3 [${phase}]\n`, ''), { kind: 'failed' }, `${phase}: there is a lease`);
  t.match(
    parseLease(0, 'vio3 [Down]\n\tinet 198.51.100.106 netmask 255.255.255.0\n', ''),
    { kind: 'failed' },
    'what has an address has a lease',
  );
  t.match(parseLease(0, whole.slice(0, -1), ''), { kind: 'failed', text: /not understood: vio3 \[Bound\]$/ });
  t.match(parseLease(0, '', ''), { kind: 'failed' });
  t.same(parseLease(3, '', ''), { kind: 'failed', text: 'dhcpleasectl: exit 3' });
  const with_ = (gateway: string) => parseLease(0, whole.replace('198.51.100.1\n', `${gateway}\n`), '');
  t.same(with_('0.0.0.0'), { kind: 'lease', phase: 'Bound', gateway: null }, 'everything is on the link');
  t.match(with_('300.1.1.1'), { kind: 'failed', text: /default gateway 300\.1\.1\.1$/ });
});
