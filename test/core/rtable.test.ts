import t from 'tap';
import {
  allocateRtables,
  FIRST_RTABLE,
  LAST_RTABLE,
  noRtables,
  ownersOf,
  type RtableNumbers,
  rdomainOf,
} from '../../src/core/rtable.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import { em, interfacesOf, linkSettings } from './example.ts';

const link = (name: string, rtable: number | null = null) => linkSettings(name, 0, { rtable });
const given = (numbers: RtableNumbers): string =>
  [...numbers.byLink]
    .map(([name, rtable]) => `${name}=${rtable}`)
    .sort()
    .join(' ');

t.test('numbers', async (t) => {
  const first = allocateRtables(noRtables, [link('a'), link('b', 150), link('c')], interfacesOf(1));
  t.equal(given(first), 'a=101 b=150 c=102');
  t.equal(
    given(allocateRtables(first, [link('c'), link('b', 150), link('a')], null)),
    given(first),
    'whatever the order',
  );
  const without = allocateRtables(first, [link('c')], null);
  t.equal(given(without), 'a=101 b=150 c=102', 'those that are gone keep theirs');
  t.equal(given(allocateRtables(without, [link('c'), link('d')], null)), 'a=101 b=150 c=102 d=103');
  t.equal(
    given(allocateRtables(first, [link('a', 102), link('c')], null)),
    'a=102 b=150 c=101',
    'what is configured goes first',
  );
  t.equal(given(allocateRtables(noRtables, [link('a'), link('b', 101)], null)), 'a=102 b=101');
});

t.test('whose a table is that a life before has left', async (t) => {
  const on = (name: string, nic: string, gateway: string) => ({ ...link(name), interface: nic, gateway });
  const links = [
    on('a', 'em1', '192.0.2.1'),
    on('b', 'em2', '198.51.100.1'),
    on('c', 'em2', '198.51.100.2'),
    on('d', 'em4', '203.0.113.1'),
  ];
  const rows: readonly (readonly [string, string, string])[] = [
    ['em1', '192.0.2.1', 'a=107'],
    // By another gateway than now, as that of a lease may have been.
    ['em1', '192.0.2.9', 'a=107'],
    ['em2', '198.51.100.2', 'c=107'],
    // Of one of two, nobody knows which.
    ['em2', '198.51.100.9', ''],
    ['em3', '192.0.2.1', ''],
  ];
  for (const [nic, gateway, whose] of rows) {
    const byLink = ownersOf([{ rtable: 107, interface: nic, gateway }], links);
    t.equal(given({ ...noRtables, byLink }), whose, `${nic} ${gateway}`);
  }
});

t.test('clear of every routing domain ever seen', async (t) => {
  const domains = [em(7, { rdomain: 101 }), em(8, { rdomain: 103 })];
  const numbers = allocateRtables(noRtables, [link('a'), link('b')], domains);
  t.equal(given(numbers), 'a=102 b=104');
  const later = allocateRtables(
    allocateRtables(noRtables, [link('a')], null),
    [link('a')],
    [em(3, { rdomain: 101 })],
  );
  t.equal(given(later), 'a=102', 'a new domain takes a number away');
  t.equal(
    given(allocateRtables(later, [link('a'), link('b')], interfacesOf(1))),
    'a=102 b=103',
    'and never gives it back',
  );
});

t.test('a link in a routing domain of its own has its number', async (t) => {
  const [a, b] = [linkSettings('a', 0), linkSettings('b', 1)];
  const own = [em(0, { rdomain: 103 })];
  const first = allocateRtables(noRtables, [a, b], null);
  t.equal(given(first), 'a=101 b=102');
  const moved = allocateRtables(first, [a, b], own);
  t.equal(given(moved), 'a=103 b=102', 'whatever it had');
  t.equal(rdomainOf(moved, 'a'), 103);
  t.equal(rdomainOf(moved, 'b'), 0);
  const absent = allocateRtables(moved, [a, b], []);
  t.equal(given(absent), 'a=103 b=102', 'also while its interface is gone');
  t.equal(rdomainOf(absent, 'a'), 103);
  t.equal(
    given(allocateRtables(absent, [linkSettings('a', 0, { rtable: 110 }), b], own)),
    'a=103 b=102',
    'more than what is configured: no other table leads there',
  );
  const back = allocateRtables(absent, [a, b], [em(0)]);
  t.equal(rdomainOf(back, 'a'), 0);
  t.equal(given(back), 'a=101 b=102', 'a number that was a domain is none for a table');
});

t.test('none is left', async (t) => {
  const many = Array.from({ length: LAST_RTABLE - FIRST_RTABLE + 3 }, (_, n) => link(`l${n}`));
  const numbers = allocateRtables(noRtables, many, null);
  t.equal(numbers.byLink.size, LAST_RTABLE - FIRST_RTABLE + 1);
  t.equal(numbers.byLink.get(`l${LAST_RTABLE - FIRST_RTABLE}`), LAST_RTABLE);
});

t.test('any reloads: no number twice, none of a domain, and what a link has it keeps', async (t) => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const settings = fc.uniqueArray(
    fc.record({ name: fc.constantFrom(...names), rtable: fc.option(fc.integer({ min: 101, max: 106 })) }),
    { selector: (each) => each.name },
  );
  const reload = fc.record({
    settings,
    rdomains: fc.array(fc.integer({ min: 0, max: 106 }), { maxLength: 3 }),
  });
  check(
    t,
    fc.property(fc.array(reload, { minLength: 1, maxLength: 6 }), (reloads) => {
      let numbers = noRtables;
      for (const { settings: drafts, rdomains } of reloads) {
        // config refuses two links with one number
        const configured = drafts.map(({ rtable }) => rtable).filter((rtable) => rtable !== null);
        if (new Set(configured).size < configured.length) continue;
        const links = drafts.map(({ name, rtable }) => link(name, rtable));
        const next = allocateRtables(
          numbers,
          links,
          // none of these is a link's
          rdomains.map((rdomain, n) => em(n + 10, { rdomain })),
        );
        const taken = [...next.byLink.values()];
        must(new Set(taken).size === taken.length, 'a number twice');
        for (const { name, rtable } of drafts) {
          const own = next.byLink.get(name);
          const had = numbers.byLink.get(name);
          must(own !== undefined, 'no number');
          if (rtable !== null) must(own === rtable, 'not what is configured');
          else {
            must(own !== undefined && !next.rdomainsSeen.has(own), 'the number of a domain');
            if (had !== undefined && !next.rdomainsSeen.has(had) && !configured.includes(had))
              must(own === had, 'moved');
          }
        }
        must(given(allocateRtables(next, links, null)) === given(next), 'asked again, another answer');
        numbers = next;
      }
    }),
  );
});
