import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { createFiles } from '../../src/adapter/files.ts';

t.test('what is there, and what is not', async (t) => {
  const root = t.testdir({ etc: { 'a.conf': 'text\n' } });
  chmodSync(join(root, 'etc/a.conf'), 0o640);
  const files = createFiles(root);
  t.strictSame(files.look('/etc/a.conf'), {
    kind: 'file',
    mode: 0o640,
    uid: 0,
    gid: 0,
    bytes: Buffer.from('text\n'),
  });
  t.match(files.look('/etc'), { kind: 'directory', bytes: null });
  t.equal(files.look('/none'), null);
  t.equal(files.look('/etc/a.conf/below'), null);
  symlinkSync('a.conf', join(root, 'etc/link'));
  t.match(
    files.look('/etc/link'),
    { kind: 'other', bytes: null },
    'who may write a link is another question',
  );
  writeFileSync(join(root, 'large'), Buffer.alloc(1024 * 1024 + 1));
  t.match(files.look('/large'), { kind: 'file', bytes: null });
  mkdirSync(join(root, 'run'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(root, 'run/s'), resolve));
  t.match(files.look('/run/s'), { kind: 'socket', bytes: null });
  await new Promise((resolve) => server.close(resolve));
  t.equal(
    createFiles('/').look(join(root, 'etc/a.conf'))?.uid,
    process.getuid?.(),
    'of this machine as it is',
  );
});
