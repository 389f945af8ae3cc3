/** Gateways that no file names: what is known of them when the command that tells them fails. */
import t from 'tap';
import { createGatewayReader } from '../../src/adapter/gateway.ts';
import type { LearnWish } from '../../src/core/model.ts';
import { type Answer, createFakeCommands, exited } from './fake-commands.ts';
import { createVirtualClock } from './virtual-clock.ts';

const wish: LearnWish = { interface: 'vio1', family: 'inet', source: { kind: 'lease' } };
const lease = exited(
  0,
  'vio1 [Bound]\n\tinet 192.0.2.9 netmask 255.255.255.0\n\tdefault gateway 192.0.2.1\n\tlease 1 hour\n\tdhcp server 192.0.2.1\n',
);
const broken: Answer = { kind: 'not-started', why: 'Resource temporarily unavailable' };

const reading = (answers: readonly Answer[]) => {
  const commands = createFakeCommands(createVirtualClock());
  commands.answer(() => answers[commands.runs.length - 1] ?? broken);
  const reader = createGatewayReader(commands);
  return async (): Promise<string> => {
    const { learnt, trouble } = await reader.read([wish]);
    return `${learnt.map(({ gateway }) => gateway ?? 'none').join() || 'unknown'}${trouble === null ? '' : ', trouble'}`;
  };
};

t.test('what was read last stands', async (t) => {
  const read = reading([lease]);
  t.equal(await read(), '192.0.2.1');
  for (let n = 0; n < 20; n += 1) t.equal(await read(), '192.0.2.1, trouble');
});

t.test('where nothing was read yet it is not known for a while, as after a start', async (t) => {
  const read = reading([broken, broken, lease]);
  t.equal(await read(), 'unknown, trouble', 'its connections may not be ended for that');
  t.equal(await read(), 'unknown, trouble');
  t.equal(await read(), '192.0.2.1');
  t.equal(await read(), '192.0.2.1, trouble');
});

t.test('and then there is none', async (t) => {
  const read = reading([]);
  for (let n = 0; n < 9; n += 1) t.equal(await read(), 'unknown, trouble');
  t.equal(await read(), 'none, trouble');
});
