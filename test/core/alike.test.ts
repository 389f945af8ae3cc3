/** Plain data against what JSON makes of it. */

import t from 'tap';
import { isAlike } from '../../src/core/alike.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';

const data = fc.jsonValue({ maxDepth: 4 });

t.test('a copy is alike, whatever it is', async (t) => {
  check(
    t,
    fc.property(data, (value) => must(isAlike(value, JSON.parse(JSON.stringify(value))), 'not alike')),
  );
});

t.test('two values are alike if they would be written alike', async (t) => {
  // Few letters and little depth, or no two of them would ever be equal.
  const small = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, 0, 1, '', 'a'),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { maxKeys: 2, noNullPrototype: true }),
    ),
  })).value;
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, each]) => [key, sorted(each)]),
          )
        : value;
  let equal = 0;
  check(
    t,
    fc.property(small, small, (one, other) => {
      const isSame = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
      if (isSame) equal += 1;
      must(isAlike(one, other) === isSame, `${JSON.stringify(one)} and ${JSON.stringify(other)}`);
      must(isAlike(other, one) === isSame, 'one way only');
    }),
    2000,
  );
  t.ok(equal > 50, `${equal} were equal`);
});

t.test('an array is no object, and nothing is not absent', async (t) => {
  t.notOk(isAlike([], {}));
  t.notOk(isAlike(['a'], { 0: 'a' }));
  t.notOk(isAlike({ a: undefined }, { b: undefined }));
  t.notOk(isAlike({ a: undefined }, {}));
  t.notOk(isAlike(null, {}));
  t.notOk(isAlike({}, 'a'));
});
