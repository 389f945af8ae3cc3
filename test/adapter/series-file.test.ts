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
