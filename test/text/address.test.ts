import { isIPv4, isIPv6 } from 'node:net';
import t from 'tap';
import { parseInet, parseInet6 } from '../../src/text/address.ts';
import fc from '../chance.ts';

t.test('inet', async (t) => {
  for (const good of ['0.0.0.0', '192.0.2.1', '255.255.255.255']) t.equal(parseInet(good), good);
  for (const bad of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.a',
    '1.2.3.4 ',
    '-1.2.3.4',
    '1.2.3.4/24',
  ]) {
    t.equal(parseInet(bad), null, bad);
  }
});

t.test('inet6', async (t) => {
  const rows: readonly (readonly [string, string | null])[] = [
    ['::', '::'],
    ['::1', '::1'],
    ['fe80::1%lo0', 'fe80::1'],
    ['FE80:0:0:0:0:0:0:1', 'fe80::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['', null],
    [':', null],
    [':::', null],
    ['1::2::3', null],
    ['1:2:3:4:5:6:7', null],
    ['1:2:3:4:5:6:7:8:9', null],
    ['1:2:3:4:5:6:7::8', null],
    ['12345::', null],
    ['1.2.3.4::', null],
    ['1:1.2.3.4:1::', null],
    ['::1.2.3', null],
    ['192.0.2.1', null],
    [`${'0'.repeat(50)}::1`, null],
    ['em0', null],
  ];
  for (const [text, want] of rows) t.equal(parseInet6(text), want, text);
});

t.test('what it takes is an address, and its own text again', async () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV6(), fc.ipV4(), fc.string({ unit: fc.constantFrom(...'0123:.a%f') })),
      (text) => {
        const bare = text.split('%')[0] ?? '';
        const four = parseInet(text);
        if (isIPv4(text) !== (four !== null)) throw new Error(`inet ${text}`);
        const six = parseInet6(text);
        if (isIPv6(bare) !== (six !== null)) throw new Error(`inet6 ${text} ${six}`);
        if (
          six !== null &&
          (parseInet6(six) !== six || new URL(`http://[${bare}]`).host !== new URL(`http://[${six}]`).host)
        ) {
          throw new Error(`inet6 ${text} is not ${six}`);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
