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

t.test('states by link, of what pfctl has printed', async (t) => {
  t.strictSame(Object.fromEntries(sumStates(listing)), { a: 12, b: 10 });
  t.strictSame(sumStates(''), new Map());
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
