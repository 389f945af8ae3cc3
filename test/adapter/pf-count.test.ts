import t from 'tap';
import { createCount } from '../../src/adapter/pf-count.ts';
import { packetsIn } from '../../src/core/counting.ts';
import type { Ruleset } from '../../src/core/rule.ts';
import { linkSettings, readyPath } from '../core/example.ts';
import { readTranscript } from '../text/transcript.ts';
import { createFakeCommands, exited } from './fake-commands.ts';
import { createVirtualClock } from './virtual-clock.ts';

const set = () => {
  const clock = createVirtualClock();
  const commands = createFakeCommands(clock);
  return { clock, commands, count: createCount(commands) };
};

t.test('what 7.8 prints, and which of it came in by a link', async (t) => {
  const { commands, count } = set();
  const transcript = readTranscript('pfctl-sl-uplinkd-mixed.txt');
  commands.answer(() => exited(0, transcript.stdout));
  const counted = await count('uplinkd');
  t.same(commands.runs[0]?.args, ['-a', 'uplinkd', '-sl']);
  t.match(counted?.[5], { label: 'uplink:a', packetsIn: 5 });
  const rule = (kind: 'choose' | 'leave', link: string): Ruleset[number] =>
    ({ kind, link, family: 'inet' }) as Ruleset[number];
  const rules = [rule('choose', 'a'), rule('choose', 'b'), rule('leave', 'a'), rule('leave', 'b')];
  const path = readyPath(linkSettings('a', 0), 0);
  t.equal(packetsIn(rules, path, counted ?? []), 5);
  t.equal(packetsIn(rules.slice(1), path, counted ?? []), null, 'another number of rules');
});

t.test('no answer, and soon', async (t) => {
  for (const answer of [exited(1, '', 'pfctl: /dev/pf: Permission denied\n'), 'never' as const]) {
    const { clock, commands, count } = set();
    commands.answer(() => answer);
    const counted = count('uplinkd');
    await clock.advance(1000);
    t.equal(await counted, null);
  }
});
