/** What goes wrong with the commands under the running daemon, through real child processes. */
import t from 'tap';
import { healthOf, isAsFresh, isSettledOn, openWorld, shareWorld, type World } from './world.ts';

const linesAfter = (world: World, mark: number): string => world.log.slice(mark).join('\n');

t.test('kill -9 of route monitor: it is started again and nothing is missed', async (t) => {
  const world = await shareWorld(t);
  const [monitor] = world.router.faults.running('route');
  t.ok(monitor, 'a monitor runs');
  process.kill(monitor?.pid ?? 0, 'SIGKILL');
  // Pulled while nobody listens.
  world.router.setCarrier('em1', false);
  await world.until('dsl alone', isSettledOn('dsl 100%'));
  const isNew = (): boolean => world.router.faults.running('route').some(({ pid }) => pid !== monitor?.pid);
  await world.until('a new monitor', isNew);
  await isAsFresh(t, world, ['fibre']);
  world.router.setCarrier('em1', true);
  await world.until('both again', isSettledOn('fibre 75% dsl 25%'));
  await isAsFresh(t, world, []);
});

t.test('kill -9 of a ping: no transition, a new ping', async (t) => {
  const world = await shareWorld(t);
  const mark = world.log.length;
  const before = world.pings();
  const victim = before[0] ?? 0;
  process.kill(victim, 'SIGKILL');
  await world.until(
    'a new ping',
    () => world.pings().length === before.length && !world.pings().includes(victim),
  );
  await world.until('its answers', (status) =>
    status.links.every((link) => link.paths[0]?.targets.every((target) => target.verdict === 'answers')),
  );
  t.notMatch(linesAfter(world, mark), /->/, 'no health and no policy has changed');
  await isAsFresh(t, world, []);
});

t.test('half a line and nonsense from ping: no transition', async (t) => {
  const world = await shareWorld(t);
  const mark = world.log.length;
  for (const ping of world.router.faults.running('ping')) ping.inject('64 bytes from 9.9.9');
  for (const ping of world.router.faults.running('ping'))
    ping.inject('\u0000\u0001 what?\n64 bytes from 1.1.1.1: icmp_seq=abc ttl=\n');
  const counted = (await world.status()).links.map((link) => link.paths[0]?.targets[0]?.answered ?? 0);
  await world.until('five more answers everywhere', (status) =>
    status.links.every(
      (link, index) => (link.paths[0]?.targets[0]?.answered ?? 0) >= (counted[index] ?? 0) + 5,
    ),
  );
  t.notMatch(linesAfter(world, mark), /->/);
  await isAsFresh(t, world, []);
});

/** False if it has ended meanwhile. */
const goesOn = (pid: number): boolean => {
  try {
    return process.kill(pid, 'SIGCONT');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
};

t.test('a ping that is stopped counts as lost, and is believed again when it goes on (S7)', async (t) => {
  const world = await shareWorld(t);
  const pids = world.router.faults.running('ping', /-V 101 /).map(({ pid }) => pid);
  t.equal(pids.length, 3, 'the pings of fibre');
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  // One whose target has answered a burst meanwhile was taken for stuck, and another stands in its place.
  const isReplaced = (): boolean =>
    world.router.faults.running('ping', /-i 0\.2 /).every(({ pid }) => !pids.includes(pid));
  await world.until(
    'fibre to be down, or all of them to be replaced',
    (status) => healthOf(status, 'fibre') === 'down' || isReplaced(),
  );
  const ended = pids.filter((pid) => !goesOn(pid));
  await world.until('both again', isSettledOn('fibre 75% dsl 25%'));
  const probing = (): number[] => world.router.faults.running('ping', /-V 101 /).map(({ pid }) => pid);
  await world.until(
    'the pings of fibre, still or again',
    () => probing().length === 3 && probing().every((pid) => !ended.includes(pid)),
  );
  await isAsFresh(t, world, []);
});

t.test('pfctl fails twice and then works', async (t) => {
  const world = await shareWorld(t);
  const mark = world.log.length;
  world.router.faults.add({
    command: 'pfctl',
    match: /^-a uplinkd -f -$/,
    times: 2,
    fault: { kind: 'fail', code: 1, stderr: 'pfctl: DIOCXCOMMIT: Device busy\n' },
  });
  world.router.setCarrier('em1', false);
  await world.until('dsl alone', isSettledOn('dsl 100%'));
  const said = linesAfter(world, mark);
  t.match(said, /pf: anchor uplinkd: load failed: .*Device busy.*again in 100ms/, "pfctl's own words, once");
  t.equal(said.match(/load failed/g)?.length, 1, 'the same failure is not said twice');
  t.match(said, /pf: anchor uplinkd: works again after 2 failures/);
  t.match(said, /pf: killed \d+ states of fibre/, 'and then the states go');
  await isAsFresh(t, world, ['fibre']);
});

t.test('pfctl refuses the rules: the old ones stay, and line and text are told', async (t) => {
  const world = await shareWorld(t);
  const held = await world.pfctl(['-a', 'uplinkd', '-sr']);
  const failed = (await world.status()).pf.loadFailures;
  const states = world.statesOf('fibre');
  const mark = world.log.length;
  world.router.faults.add({
    command: 'pfctl',
    match: /^-a uplinkd -f -$/,
    times: 1000,
    fault: {
      kind: 'fail',
      code: 1,
      stderr: 'stdin:4: syntax error\npfctl: Syntax error in config file: pf rules not loaded\n',
    },
  });
  world.router.setCarrier('em1', false);
  await world.until('some retries', (status) => status.pf.loadFailures >= failed + 3);
  t.equal(await world.pfctl(['-a', 'uplinkd', '-sr']), held, 'the old rules stay');
  t.ok(
    states.every((id) => world.hasState(id)),
    'and no state is killed before the rules are right',
  );
  const status = await world.status();
  t.equal(status.pf.applied, 'unknown', 'what was only tried is not called applied');
  t.match(linesAfter(world, mark), /load failed: .*syntax error, line 4 "pass in quick inet /);
  world.router.faults.clear();
  await world.until('dsl alone', isSettledOn('dsl 100%'));
  await isAsFresh(t, world, ['fibre']);
});

t.test('a pfctl that hangs is ended, and tried again', async (t) => {
  const world = await shareWorld(t);
  const mark = world.log.length;
  world.router.faults.add({ command: 'pfctl', match: /^-a uplinkd -f -$/, fault: { kind: 'hang' } });
  world.router.setCarrier('em1', false);
  await world.until('dsl alone', isSettledOn('dsl 100%'));
  t.match(linesAfter(world, mark), /load failed: .*(timed out|time)/i);
  t.equal(world.router.faults.running('pfctl').length, 0, 'it is gone');
  await isAsFresh(t, world, ['fibre']);
});

t.test('an ifconfig with a line that nobody knows: said once, the rest is used', async (t) => {
  const world = await shareWorld(t);
  const mark = world.log.length;
  world.router.faults.add({
    command: 'ifconfig',
    times: 3,
    fault: { kind: 'extra-line', line: '\tquux: frobnicated 7' },
  });
  world.router.setCarrier('em1', false);
  await world.until('dsl alone', isSettledOn('dsl 100%'));
  await isAsFresh(t, world, ['fibre']);
  world.router.setCarrier('em1', true);
  await world.until('both again', isSettledOn('fibre 75% dsl 25%'));
  t.equal(linesAfter(world, mark).match(/quux/g)?.length, 1, 'said once');
  await isAsFresh(t, world, []);
});

t.test('somebody flushes the anchor: noticed within `reconcile`, put back, nothing killed', async (t) => {
  const world = await openWorld(t);
  world.writeConfig(`reconcile = "1s"\n${await import('./world.ts').then(({ config }) => config)}`);
  const begun = world.log.length;
  world.signal('SIGHUP');
  await world.until(
    'the reload',
    (status) => /configuration .* loaded/.test(linesAfter(world, begun)) && !status.pf.busy,
  );
  const states = [...world.statesOf('fibre'), ...world.statesOf('dsl')];
  const mark = world.log.length;
  await world.pfctl(['-a', 'uplinkd', '-F', 'rules']);
  await world.until('the rules again', () => /changed by somebody else/.test(linesAfter(world, mark)));
  await world.until('pf in order', isSettledOn('fibre 75% dsl 25%'));
  await isAsFresh(t, world, []);
  t.equal(states.filter((id) => !world.hasState(id)).length, 0, 'no state was killed');
});
