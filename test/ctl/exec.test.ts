/** `uplinkctl exec`: which program is started with which arguments, and how it ends. */
import t from 'tap';
import { parseCommandLine } from '../../src/ctl/command.ts';
import { planExec } from '../../src/ctl/exec.ts';
import { execute } from '../../src/ctl/execute.ts';
import { exampleStatus } from '../wire/example.ts';
import { say, startFakeDaemon } from './fake-daemon.ts';

t.test('through the routing table of the link', async (t) => {
  const [first] = exampleStatus.links;
  if (first === undefined) throw new Error('the example has no link');
  t.same(planExec(exampleStatus, first.name, ['ftp', '-o', '-', 'https://example.org/']), {
    kind: 'run',
    path: '/sbin/route',
    args: ['-T', String(first.rtable), 'exec', 'ftp', '-o', '-', 'https://example.org/'],
  });
  t.match(planExec(exampleStatus, 'nosuch', ['id']), {
    kind: 'refused',
    text: /^unknown link: nosuch: not /,
  });
  const gone = {
    ...first,
    paths: first.paths.map((path) => ({ ...path, usable: false, reason: 'no-address' as const })),
  };
  t.same(planExec({ ...exampleStatus, links: [gone] }, first.name, ['id']), {
    kind: 'refused',
    text: `link ${first.name} has no way out now: no-address`,
  });
});

t.test('options after the link are the command’s, and its status is ours', async (t) => {
  const daemon = await startFakeDaemon(t, (socket) => say(socket, { kind: 'status', status: exampleStatus }));
  const started: string[] = [];
  const complaints: string[] = [];
  const call = (...args: readonly string[]) =>
    execute(parseCommandLine(['-s', daemon.path, ...args]), {
      out: () => {},
      err: (text) => complaints.push(text),
      isColoured: false,
      columns: 80,
      timeoutMs: 5000,
      run: async (path, argv) => {
        started.push([path, ...argv].join(' '));
        return 7;
      },
    });
  t.equal(await call('exec', 'fibre', 'sh', '-c', 'exit 7', '-j'), 7);
  t.same(started, ['/sbin/route -T 101 exec sh -c exit 7 -j']);
  t.equal(await call('exec', 'nosuch', 'id'), 1);
  t.equal(await call('exec', 'fibre'), 2);
  t.equal(await call('exec'), 2);
  t.equal(started.length, 1, 'nothing else was started');
  t.match(complaints.join(''), /unknown link: nosuch[\s\S]*exec: missing command[\s\S]*exec: missing link/);
});
