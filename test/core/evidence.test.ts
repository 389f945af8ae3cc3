import t from 'tap';
import { findEvidence } from '../../src/core/evidence.ts';
import type { Interface, InterfaceAddress } from '../../src/core/model.ts';
import { em, lan, linkSettings } from './example.ts';

const inet = (address: string, prefixLength = 24, peer: string | null = null): InterfaceAddress => ({
  family: 'inet',
  address,
  prefixLength,
  peer,
});

const link = linkSettings('a', 0);
const seeing = (...interfaces: readonly Interface[]) => ({ interfaces, learnt: [] });
const with_ = (...addresses: readonly InterfaceAddress[]): Interface => em(0, { addresses });

t.test('what the kernel says of a path', async (t) => {
  const rows: readonly (readonly [string, Interface | null, string])[] = [
    ['all well', em(0), '10.0.0.2'],
    ['carrier unknown counts as up, as it does for the kernel', em(0, { carrier: 'unknown' }), '10.0.0.2'],
    ['absent', null, 'interface-absent'],
    ['not up', em(0, { up: false }), 'interface-down'],
    ['not up, and no carrier', em(0, { up: false, carrier: 'down' }), 'interface-down'],
    ['no carrier', em(0, { carrier: 'down' }), 'carrier-down'],
    ['no carrier, and in a domain of its own', em(0, { carrier: 'down', rdomain: 7 }), 'carrier-down'],
    ['in a routing domain of its own', em(0, { rdomain: 7 }), '10.0.0.2'],
    ['no address', with_(), 'no-address'],
    [
      'an inet6 address only',
      with_({ family: 'inet6', address: 'fe80::1', prefixLength: 64, peer: null }),
      'no-address',
    ],
    ['pppoe before its session (S30)', with_(inet('0.0.0.0', 32, '0.0.0.1')), 'no-address'],
    ['another network', with_(inet('10.7.0.2')), 'gateway-off-link'],
    ['a host address', with_(inet('10.0.0.2', 32)), 'gateway-off-link'],
    ['the gateway is our own address', with_(inet('10.0.0.1')), 'gateway-off-link'],
    ['the second address', with_(inet('10.7.0.2'), inet('10.0.0.9')), '10.0.0.9'],
    [
      'an alias in the same network: the first one',
      with_(inet('10.0.0.3'), inet('10.0.0.9', 32)),
      '10.0.0.3',
    ],
    ['the other end is the gateway', with_(inet('192.0.2.7', 32, '10.0.0.1')), '192.0.2.7'],
    ['the other end is another', with_(inet('192.0.2.7', 32, '10.0.0.2')), 'gateway-off-link'],
    ['a point-to-point mask says nothing', with_(inet('10.0.0.7', 24, '10.0.0.2')), 'gateway-off-link'],
    ['a wide network', with_(inet('10.200.3.4', 8)), '10.200.3.4'],
  ];
  for (const [name, found, wanted] of rows) {
    const evidence = findEvidence(link, 'inet', seeing(...(found === null ? [lan] : [lan, found])));
    t.equal(evidence.kind === 'ready' ? evidence.address : evidence.reason, wanted, name);
    if (evidence.kind === 'ready') t.equal(evidence.gateway, link.gateway);
  }
});

t.test('identity changes with what makes it another path, and with nothing else', async (t) => {
  const of = (found: Interface, gateway = link.gateway): string => {
    const evidence = findEvidence({ ...link, gateway }, 'inet', seeing(found));
    return evidence.kind === 'ready' ? evidence.identity : evidence.reason;
  };
  const before = of(em(0));
  t.equal(of(em(0, { carrier: 'unknown' })), before);
  t.equal(of(with_(inet('10.0.0.2'), inet('10.0.0.9', 32), inet('192.0.2.1'))), before);
  t.not(of(em(0, { index: 44 })), before, 'detached and attached');
  t.not(of(with_(inet('10.0.0.3'))), before, 'another address');
  t.not(of(em(0), '10.0.0.9'), before, 'another gateway');
});

t.test('inet6', async (t) => {
  const inet6 = (address: string, prefixLength = 64): InterfaceAddress => ({
    family: 'inet6',
    address,
    prefixLength,
    peer: null,
  });
  const local = inet6('fe80::2');
  const global = inet6('2001:db8:0::2');
  const rows: readonly (readonly [string, string, Interface, string])[] = [
    ['a gateway on the network', '2001:db8:0::1', with_(local, global), '2001:db8:0::2'],
    ['another network', '2001:db8:7::1', with_(local, global), 'gateway-off-link'],
    ['a host address', '2001:db8:0::1', with_(local, inet6('2001:db8:0::2', 128)), 'gateway-off-link'],
    ['inet alone', '2001:db8:0::1', em(0), 'no-address'],
    ['a link-local gateway is on any interface with inet6', 'fe80::1', with_(local, global), 'fe80::2'],
    ['whatever address comes first', 'fe80::1', with_(global, local), '2001:db8:0::2'],
    ['a link-local gateway, and inet alone', 'fe80::1', em(0), 'no-address'],
    ['the link-local gateway is this machine', 'fe80::2', with_(local, global), 'gateway-off-link'],
    ['no carrier', 'fe80::1', { ...with_(local), carrier: 'down' }, 'carrier-down'],
  ];
  for (const [name, gateway6, found, wanted] of rows) {
    const evidence = findEvidence({ ...link, gateway6 }, 'inet6', seeing(lan, found));
    t.equal(evidence.kind === 'ready' ? evidence.address : evidence.reason, wanted, name);
    const inet = findEvidence({ ...link, gateway6 }, 'inet', seeing(lan, em(0)));
    t.equal(inet.kind, 'ready', `${name}: inet is another matter`);
  }
  t.match(findEvidence(link, 'inet6', seeing(with_(local, global))), { reason: 'no-gateway' }, 'no gateway6');
});
