import { readFileSync } from 'node:fs';
import t from 'tap';
import { createPfStates, sumStates } from '../../src/adapter/pf-states.ts';
import { createFakeCommands, exited } from './fake-commands.ts';
import { createVirtualClock } from './virtual-clock.ts';

const transcript = readFileSync(
  new URL('../fixtures/7.8/pfctl-vvsr-uplinkd-mixed.txt', import.meta.url),
  'utf8',
);
const listing = transcript.slice(transcript.indexOf('--- stdout\n') + 11, transcript.indexOf('# --- stderr'));

const COUNTERS = '  [ Evaluations: 9         Packets: 9         Bytes: 9           States: 1     ]\n';

t.test('states by link, of what pfctl has printed', async (t) => {
  t.strictSame(Object.fromEntries(sumStates(listing)), { a: 12, b: 10 });
  t.strictSame(sumStates(''), new Map());
});

t.test('connections of either family, from inside and from outside; no probes', async (t) => {
  const rules = readFileSync(new URL('../golden/10-inbound.pf', import.meta.url), 'utf8');
  const counted = rules.replace(/^(?=.)(?!anchor)(.*)\n/gm, (rule) => `${rule}${COUNTERS}`);
  const labels = [...rules.matchAll(/label "uplink:(\w+)((?::\w+)*)"/g)];
  for (const kind of ['', ':in', ':inet6', ':inet6:in', ':probe', ':inet6:probe'])
    t.ok(
      labels.some(([, , rest]) => rest === kind),
      `there is uplink:LINK${kind}`,
    );
  const ofConnections = labels.filter(([, , rest]) => rest?.endsWith(':probe') === false);
  const sums = sumStates(counted);
  for (const link of ['fibre', 'dsl'])
    t.equal(sums.get(link), ofConnections.filter(([, name]) => name === link).length, link);
});

t.test('one pfctl for all who ask within five seconds', async (t) => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  commands.answer(() => ({ after: 10, result: exited(0, listing) }));
  const states = createPfStates({ commands, clock });
  const both = Promise.all([states.read('uplinkd'), states.read('uplinkd')]);
  await clock.advance(10);
  t.equal((await both)[1]?.get('a'), 12);
  await clock.advance(4000);
  await states.read('uplinkd');
  t.equal(commands.runs.length, 1);
  await clock.advance(2000);
  commands.answer(() => exited(1, '', 'pfctl: x'));
  t.equal(await states.read('uplinkd'), null);
  t.strictSame(commands.runs[1]?.args, ['-a', 'uplinkd', '-v', '-sr']);
});
