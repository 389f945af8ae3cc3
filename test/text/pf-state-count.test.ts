/** Connections by path, of lists that pfctl has printed and of lines as pf_print_state.c makes them. */
import t from 'tap';
import { createStateCounter, type StatePlace } from '../../src/text/pf-state-count.ts';
import { linesInPieces } from './random.ts';
import { readTranscripts } from './transcript.ts';

const place = (over: Partial<StatePlace> & Pick<StatePlace, 'path'>): StatePlace => ({
  family: 'inet',
  interface: 'em1',
  rdomain: 0,
  address: '192.0.2.2',
  gateway: '192.0.2.1',
  ...over,
});
const count = (places: readonly StatePlace[], text: string): Record<string, number> => {
  const counter = createStateCounter(places);
  for (const line of linesInPieces(text, text.length + 1)) counter.push(line);
  return Object.fromEntries(counter.counts);
};

t.test('a list that a running 7.8 has printed', async (t) => {
  const [mixed] = readTranscripts('pfctl').filter(({ file }) => file.includes('vvss-uplinkd-mixed'));
  const places = [
    place({ path: 'a/inet', interface: 'vio2' }),
    place({ path: 'b/inet', interface: 'vio3', rdomain: 203, address: '198.51.101.118', gateway: null }),
  ];
  const stdout = mixed?.stdout ?? '';
  const leaving = (nic: string): number => stdout.match(new RegExp(`^${nic} .* -> `, 'gm'))?.length ?? 0;
  const inbound = stdout.match(/^all .* -> .*\{192\.0\.2\.1\}/gm)?.length ?? 0;
  t.ok(leaving('vio2') > 0 && leaving('vio3') > 0);
  t.strictSame(count(places, stdout), {
    'a/inet': leaving('vio2') + inbound,
    'b/inet': leaving('vio3'),
  });
});

t.test('each connection once', async (t) => {
  const one = [place({ path: 'a/inet' })];
  const rows: readonly (readonly [string, number, string])[] = [
    ['em1 tcp 192.0.2.2:5000 (10.0.0.2:40136) -> 203.0.113.2:443       ESTABLISHED:ESTABLISHED', 1, 'leaves'],
    [
      'all tcp 203.0.113.2:443 {192.0.2.1} <- 10.0.0.2:40136       ESTABLISHED:ESTABLISHED',
      0,
      'its other half',
    ],
    [
      'em2 tcp 198.51.100.2:5000 (10.0.0.2:40136) -> 203.0.113.2:443       SYN_SENT:CLOSED',
      0,
      'another link',
    ],
    [
      'all tcp 203.0.113.1:4308 -> 10.0.0.2:8080 {192.0.2.1}       ESTABLISHED:ESTABLISHED',
      1,
      'came in by it',
    ],
    [
      'all tcp 203.0.113.1:4308 -> 10.0.0.2:8080 {198.51.100.1}       ESTABLISHED:ESTABLISHED',
      0,
      'by another',
    ],
    [
      'all tcp 10.0.0.2:8080 (192.0.2.2:80) {192.0.2.1} <- 203.0.113.1:4308       ESTABLISHED:ESTABLISHED',
      0,
      'where it came in',
    ],
    [
      'all tcp 192.0.2.2:22 {192.0.2.1} <- 203.0.113.1:4308       ESTABLISHED:ESTABLISHED',
      1,
      'to this machine',
    ],
    ['em1 icmp 192.0.2.2:4711 -> 9.9.9.9:8       0:0', 0, 'a probe'],
    ['em1 icmp 192.0.2.2:4711 (10.0.0.2:17) -> 9.9.9.9:8       0:0', 1, "a client's ping"],
    ['   age 00:00:01, expires in 00:00:29, 1:1 pkts, 29:42 bytes, anchor 28, rule 0', 0, 'no state'],
    ['em1 what is this {192.0.2.1}', 0, 'nonsense'],
  ];
  for (const [line, wanted, name] of rows) t.strictSame(count(one, `${line}\n`), { 'a/inet': wanted }, name);
});

t.test('families and routing domains', async (t) => {
  const places = [
    place({ path: 'a/inet' }),
    place({ path: 'a/inet6', family: 'inet6', address: '2001:db8:a::2', gateway: '2001:db8:a::1' }),
    place({ path: 'b/inet', interface: 'em2', rdomain: 103, address: '192.168.1.2', gateway: null }),
  ];
  const text = [
    'em1 udp 2001:db8:a::7[5000] -> 2001:db8:f::1[443]       MULTIPLE:MULTIPLE',
    'em1 ipv6-icmp 2001:db8:a:0::2[7] -> 2620:fe::fe[128]       0:0',
    'all udp 2001:db8:a::9[53] {2001:db8:a::1} <- 2001:db8:f::1[5000]       MULTIPLE:MULTIPLE',
    'em2 udp (103) 192.168.1.2:56143 ((103) 10.0.0.2:36421) -> (103) 203.0.113.53:53       MULTIPLE:SINGLE',
    'all udp (103) 203.0.113.53:53 (203.0.113.53:53) <- (103) 10.0.0.2:36421 (10.0.0.2:36421)       SINGLE:MULTIPLE',
    'all tcp 10.0.0.2:80 ((103) 192.168.1.2:80) <- 203.0.113.9:77 ((103) 203.0.113.9:77)       ESTABLISHED:ESTABLISHED',
    'em2 icmp (103) 192.168.1.2:4711 -> (103) 9.9.9.9:8       0:0',
  ];
  t.strictSame(count(places, `${text.join('\n')}\n`), { 'a/inet': 0, 'a/inet6': 1, 'b/inet': 2 });
});
