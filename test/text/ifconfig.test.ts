import t from 'tap';
import type { Interface, InterfaceAddress } from '../../src/core/model.ts';
import { parseIfconfig } from '../../src/text/ifconfig.ts';
import fc from '../chance.ts';
import { check, damaged, linesInPieces, must } from './random.ts';
import { readTranscript, readTranscripts } from './transcript.ts';

const transcripts = readTranscripts('ifconfig').filter(({ file }) => file !== 'ifconfig-C.txt');
const read = (name: string): Interface | undefined =>
  parseIfconfig(readTranscript(`ifconfig-${name}.txt`).stdout).interfaces[0];

const inet = (address: string, prefixLength: number, peer: string | null = null): InterfaceAddress => ({
  family: 'inet',
  address,
  prefixLength,
  peer,
});
const inet6 = (address: string, prefixLength: number): InterfaceAddress => ({
  family: 'inet6',
  address,
  prefixLength,
  peer: null,
});

t.test('every transcript, whole and byte by byte, is understood', async (t) => {
  t.ok(transcripts.length >= 28);
  for (const { file, stdout, exit } of transcripts) {
    const whole = parseIfconfig(stdout);
    t.strictSame(whole.unrecognised, [], file);
    t.ok(whole.complete, file);
    t.equal(whole.interfaces.length > 0, exit === 0, file);
    t.ok(
      whole.interfaces.every(({ index }) => index > 0),
      file,
    );
    const pieced = linesInPieces(stdout, 1)
      .map((line) => `${line}\n`)
      .join('');
    t.strictSame(parseIfconfig(pieced), whole, file);
  }
});

t.test('a whole router', async (t) => {
  const { interfaces } = parseIfconfig(readTranscript('ifconfig-A.txt').stdout);
  const loopback = [inet6('::1', 128), inet6('fe80::1', 64), inet('127.0.0.1', 8)];
  const common = { up: true, carrier: 'up', rdomain: 0 } as const;
  t.strictSame(interfaces, [
    { ...common, name: 'lo0', index: 6, carrier: 'unknown', addresses: loopback },
    { ...common, name: 'vio0', index: 1, rdomain: 127, addresses: [inet('10.0.2.15', 24)] },
    { ...common, name: 'vio1', index: 2, addresses: [inet('10.0.0.1', 24)] },
    { ...common, name: 'vio2', index: 3, addresses: [inet('192.0.2.2', 24)] },
    { ...common, name: 'vio3', index: 4, addresses: [inet('198.51.100.2', 24)] },
    { ...common, name: 'enc0', index: 5, up: false, addresses: [] },
    { ...common, name: 'lo127', index: 7, rdomain: 127, carrier: 'unknown', addresses: loopback },
  ]);
});

t.test('kinds of interfaces', async (t) => {
  const rows: readonly (readonly [
    string,
    Interface['up'],
    Interface['carrier'],
    readonly InterfaceAddress[],
  ])[] = [
    ['em1-active', true, 'up', [inet('192.0.2.2', 24)]],
    // em(4) keeps saying `active`.
    ['em1-down', false, 'up', [inet('192.0.2.2', 24)]],
    ['em1-no-carrier', true, 'down', [inet('192.0.2.2', 24)]],
    ['vio2-down', false, 'down', [inet('192.0.2.2', 24)]],
    ['carp1', true, 'up', [inet('10.0.0.254', 24)]],
    ['gif0', true, 'unknown', [inet('10.10.0.1', 30, '10.10.0.2')]],
    ['tun0-p2p', true, 'down', [inet('10.8.0.1', 32, '10.8.0.2')]],
    ['wg0', true, 'unknown', [inet('10.9.0.1', 24)]],
    ['vlan10', true, 'up', [inet('172.16.10.2', 24)]],
    ['pppoe0-created', false, 'unknown', []],
    ['pppoe0-discovery', true, 'down', []],
    ['pppoe0-parent-nocarrier', true, 'up', []],
    ['pppoe0-up-wildcard', true, 'up', [inet('100.64.7.7', 8, '100.64.0.1')]],
    // Its inet6 addresses are tentative.
    ['vio2-multi', true, 'up', [inet('192.0.2.2', 24), inet('192.0.2.50', 32), inet('192.0.2.60', 24)]],
  ];
  for (const [name, up, carrier, addresses] of rows) {
    const found = read(name);
    t.strictSame([found?.up, found?.carrier, found?.addresses], [up, carrier, addresses], name);
  }
  t.equal(read('vio3-rdomain-dhcp')?.rdomain, 203);
});

const one = (detail: string) => {
  const { interfaces, unrecognised } = parseIfconfig(`em0: flags=8843<UP,RUNNING> mtu 1500\n\t${detail}\n`);
  return { addresses: interfaces[0]?.addresses ?? [], carrier: interfaces[0]?.carrier, unrecognised };
};

t.test('addresses', async (t) => {
  const rows: readonly (readonly [string, readonly InterfaceAddress[]])[] = [
    ['inet 0.0.0.1 netmask 0x0', [inet('0.0.0.1', 0)]],
    ['inet 192.0.2.1 netmask 0xff000000', [inet('192.0.2.1', 8)]],
    ['inet 192.0.2.1 --> 0.0.0.0 netmask 0xffffffff', [inet('192.0.2.1', 32)]],
    [
      'inet6 2001:db8:0:0::1 prefixlen 64 autoconf temporary pltime 600 vltime infty',
      [inet6('2001:db8::1', 64)],
    ],
    ['inet6 2001:db8::1 prefixlen 64 detached deprecated autoconf', [inet6('2001:db8::1', 64)]],
    ['inet6 fe80::1%em0 prefixlen 64 anycast scopeid 0x2', [inet6('fe80::1', 64)]],
    ['inet6 fe80::1%tun0 -->  prefixlen 64 scopeid 0x2', [inet6('fe80::1', 64)]],
    ['inet6 fe80::1%tun0 --> :: prefixlen 64', [inet6('fe80::1', 64)]],
    [
      'inet6 2001:db8::1 --> 2001:db8::2 prefixlen 128',
      [{ ...inet6('2001:db8::1', 128), peer: '2001:db8::2' }],
    ],
    ['inet6 2001:db8::1', [inet6('2001:db8::1', 128)]],
    ['inet6 2001:db8::1 prefixlen 64 tentative', []],
    ['inet6 2001:db8::1 prefixlen 64 duplicated', []],
    ['inet6 :: prefixlen 64', []],
  ];
  for (const [detail, addresses] of rows) {
    const found = one(detail);
    t.strictSame([found.addresses, found.unrecognised], [addresses, []], detail);
  }
});

t.test('lines that say nothing known are told and lose nothing else', async (t) => {
  for (const detail of [
    'inet 300.1.1.1 netmask 0xffffff00',
    'inet 192.0.2.1 netmask 0xff00ff00',
    'inet 192.0.2.1 --> em0 netmask 0xffffff00',
    'inet 192.0.2.1',
    'inet6 2001:db8::1 prefixlen 129',
    'inet6 2001:db8::zz prefixlen 64',
    'inet6 2001:db8::1 --> zz prefixlen 64',
    'inet6 2001:db8::1 prefixlen 64 newflag',
    'index of something',
    'novelty: 1',
  ]) {
    t.strictSame(one(detail), { addresses: [], carrier: 'unknown', unrecognised: [`\t${detail}`] }, detail);
  }
  const { interfaces, unrecognised } = parseIfconfig(
    [
      '\tstray',
      'em0: flags=8843<UP> rdomain 3 novelty 7 mtu 1500',
      '\tstatus: active',
      'em0 changed its mind',
      '\tstatus: no carrier',
      'em1: flags=0',
      '',
    ].join('\n'),
  );
  t.strictSame(unrecognised, [
    '\tstray',
    'em0: flags=8843<UP> rdomain 3 novelty 7 mtu 1500',
    'em0 changed its mind',
    '\tstatus: no carrier',
  ]);
  t.strictSame(interfaces, [
    { name: 'em0', up: true, rdomain: 3, addresses: [], index: 0, carrier: 'up' },
    { name: 'em1', up: false, rdomain: 0, addresses: [], index: 0, carrier: 'unknown' },
  ]);
});

t.test('details of every kind are known', async (t) => {
  for (const detail of [
    'index 3 priority 0 llprio 3',
    'ieee80211: nwid home chan 36 bssid 00:00:00:00:00:00 -60dBm wpakey wpaprotos wpa2',
    '\tem0 port master,active',
    'trunk: trunkproto failover',
    'em0 flags=3<LEARNING,DISCOVER>',
    'roaming disabled registration home network',
    'state up cell-class LTE rssi -71dBm speed 50.0Mbps up 300Mbps down',
    'SIM initialized PIN valid',
    'subscriber-id 001010000000001 ICC-id 8901',
    'dns 9.9.9.9',
    'dns: 9.9.9.9',
    'keepalive: timeout 10 count 3',
    'hwfeatures=10<VLAN_MTU> hardmtu 9216',
  ]) {
    t.strictSame(one(detail).unrecognised, [], detail);
  }
});

t.test('a text that was cut says so, and half a line is not believed', async (t) => {
  const text = readTranscript('ifconfig-vio2-active.txt').stdout;
  for (let length = 1; length < text.length; length += 1) {
    const { complete, unrecognised, interfaces } = parseIfconfig(text.slice(0, length));
    t.equal(complete, text[length - 1] === '\n');
    t.equal(unrecognised.length, complete ? 0 : 1);
    t.ok(interfaces.every(({ addresses }) => addresses.every(({ address }) => address === '192.0.2.2')));
  }
  t.strictSame(parseIfconfig(''), { interfaces: [], unrecognised: [], complete: true });
});

t.test('any text gives a value, and no line is lost', async (t) => {
  const texts = transcripts.map(({ stdout }) => stdout);
  check(
    t,
    fc.property(fc.oneof(fc.string(), damaged(texts)), (text) => {
      const { interfaces, unrecognised } = parseIfconfig(text);
      must(interfaces.length + unrecognised.length <= text.split('\n').length * 2, 'more than there was');
      for (const line of unrecognised) must(text.includes(line), 'invented');
    }),
    1000,
  );
});
