import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createSeriesFile } from '../../src/adapter/series-file.ts';
import { mono } from '../../src/core/time.ts';
import { emptyStore, stepSeries } from '../../src/wire/series.ts';
import { MOST_BYTES, renderSeriesFile } from '../../src/wire/series-file.ts';

const bytes = renderSeriesFile(
  stepSeries(emptyStore, [{ key: 'a', sent: 1, lost: 0, rttsMs: [1] }], Date.UTC(2026, 1, 1), mono(0)),
);

const open = (directory: string) => {
  const log: string[] = [];
  return {
    log,
    file: createSeriesFile(directory, { write: (severity, text) => log.push(`${severity} ${text}`) }),
  };
};

t.test('written whole, by rename, for nobody else to read', async (t) => {
  const directory = join(t.testdir(), 'state');
  const { file, log } = open(directory);
  t.strictSame(file.read(), []);
  file.write(bytes);
  t.strictSame(readdirSync(directory), ['plots.db']);
  t.equal(statSync(join(directory, 'plots.db')).mode & 0o777, 0o600);
  t.match(file.read(), [{ key: 'a' }]);
  t.strictSame(log, []);
});

t.test('what is broken is said, and begun anew', async (t) => {
  const directory = t.testdir({ 'plots.db': 'junk' });
  const { file, log } = open(directory);
  t.strictSame(file.read(), []);
  t.match(log, [/^warning .*plots\.db: not understood, the plots begin anew$/]);
  writeFileSync(join(directory, 'plots.db'), Buffer.alloc(MOST_BYTES + 1));
  t.strictSame(file.read(), []);
  t.match(log[1], /too large/);
  file.write(bytes);
  t.strictSame(readFileSync(join(directory, 'plots.db')), Buffer.from(bytes));
});

t.test('a directory that cannot be written is said once', async (t) => {
  const { file, log } = open(join(t.testdir({ state: 'a file' }), 'state'));
  file.write(bytes);
  file.write(bytes);
  t.match(log, [/a restart will forget the plots$/]);
  t.equal(log.length, 1);
});

t.test(
  'SIGKILL in the midst of writing: what is there is whole, and the next life writes over the rest',
  async (t) => {
    const directory = join(t.testdir(), 'state');
    const large = stepSeries(
      emptyStore,
      Array.from({ length: 48 }, (_, number) => ({ key: `k${number}`, sent: 1, lost: 0, rttsMs: [1] })),
      Date.UTC(2026, 1, 1),
      mono(0),
    );
    const expected = Buffer.from(renderSeriesFile(large));
    const program = `
    import { createSeriesFile } from ${JSON.stringify(new URL('../../src/adapter/series-file.ts', import.meta.url).href)};
    import { readFileSync, writeSync } from 'node:fs';
    const bytes = readFileSync(process.argv[2]);
    const file = createSeriesFile(process.argv[3], { write: () => {} });
    for (;;) { file.write(bytes); writeSync(1, '.'); }
  `;
    const source = join(t.testdirName, 'bytes');
    writeFileSync(source, expected);
    const script = join(t.testdirName, 'writer.ts');
    writeFileSync(script, program);
    for (const writes of [1, 3, 10]) {
      const child = spawn(process.execPath, ['--import=tsx', script, source, directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let seen = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        // It is writing the next one, or the one after it: it does nothing else.
        if (seen >= writes) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'close');
      t.equal(signal, 'SIGKILL');
      const { file, log } = open(directory);
      t.equal(file.read().length, 48, 'every series');
      t.strictSame(readFileSync(join(directory, 'plots.db')), expected, 'to the last byte');
      t.strictSame(log, []);
    }
    // As it is left behind by one that was killed halfway.
    writeFileSync(join(directory, 'plots.db.new'), expected.subarray(0, 1000));
    const { file, log } = open(directory);
    t.equal(file.read().length, 48);
    file.write(bytes);
    t.strictSame(readdirSync(directory), ['plots.db']);
    t.match(file.read(), [{ key: 'a' }]);
    t.strictSame(log, []);
  },
);
