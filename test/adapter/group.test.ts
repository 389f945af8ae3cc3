import { join } from 'node:path';
import t from 'tap';
import { findGroup, readGroup } from '../../src/adapter/group.ts';

const text = 'wheel:*:7:root\ndaemon:*:1:daemon\nbad:*:x:\nhuge:*:99999999999:\nops:*:1001:me,you\n+:*::\n';

t.test('a group by its name', async (t) => {
  t.equal(findGroup(text, 'ops'), 1001);
  for (const name of ['op', 'me', 'bad', 'huge', '+', '', '*']) t.equal(findGroup(text, name), null, name);
});

t.test('from the file, and wheel without it', async (t) => {
  const file = join(t.testdir({ group: text }), 'group');
  t.strictSame(readGroup('ops', file), { kind: 'group', gid: 1001 });
  t.strictSame(readGroup('nobody', file), { kind: 'unknown', why: `no group nobody in ${file}` });
  t.strictSame(readGroup('wheel', '/nonexistent'), { kind: 'group', gid: 0 });
  t.match(readGroup('ops', '/nonexistent'), { kind: 'unknown', why: /ENOENT/ });
});
