import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { createLastGood } from '../../src/adapter/last-good.ts';

const set = (t: { testdir(): string }) => {
  const directory = `${t.testdir()}/state`;
  const said: string[] = [];
  const lastGood = createLastGood(directory, {
    write: (severity, text) => said.push(`${severity}: ${text}`),
  });
  const file = `${directory}/anchor.conf`;
  const keep = async (text: string) => {
    lastGood.keep(text);
    await lastGood.settled();
  };
  return { directory, file, said, lastGood, keep, text: () => readFileSync(file, 'utf8') };
};

t.test('there from the start, and only there for us', async (t) => {
  const { directory, file, lastGood, said, keep, text } = set(t);
  lastGood.ensure();
  t.equal(text(), '');
  t.equal(statSync(file).mode & 0o777, 0o600);
  await keep('pass all\n');
  lastGood.ensure();
  t.equal(text(), 'pass all\n', 'what is there stays');
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.same(readdirSync(directory), ['anchor.conf'], 'nothing is left beside it');
  t.same(said, []);
});

t.test('written only when it differs from what is there', async (t) => {
  const { file, lastGood, keep, text } = set(t);
  lastGood.ensure();
  await keep('a\n');
  const { ino } = statSync(file);
  await keep('a\n');
  t.equal(statSync(file).ino, ino);
  await keep('b\n');
  t.not(statSync(file).ino, ino, 'another file under the name');
  writeFileSync(file, 'somebody else’s\n');
  await keep('b\n');
  t.equal(text(), 'b\n');
  rmSync(file);
  await keep('b\n');
  t.equal(text(), 'b\n');
});

t.test('of many at once the newest wins', async (t) => {
  const { lastGood, said, text } = set(t);
  for (let each = 0; each < 100; each += 1) lastGood.keep(`${each}\n`);
  await lastGood.settled();
  t.equal(text(), '99\n');
  t.same(said, []);
});

t.test('failure is said once and is in nobody’s way', async (t) => {
  const { directory, file, lastGood, said, keep, text } = set(t);
  lastGood.ensure();
  await keep('a\n');
  mkdirSync(`${file}.new`);
  await keep('b\n');
  await keep('c\n');
  t.equal(text(), 'a\n', 'the old one is whole');
  t.equal(said.length, 1);
  t.match(said[0], /^warning: .*anchor\.conf: .*; the next boot/);
  rmSync(`${file}.new`, { recursive: true });
  await keep('d\n');
  t.equal(text(), 'd\n');
  mkdirSync(`${file}.new`);
  await keep('e\n');
  t.equal(said.length, 2, 'said again after it went well');
  rmSync(directory, { recursive: true });
  writeFileSync(directory, '');
  lastGood.ensure();
  await keep('f\n');
  t.equal(said.length, 2);

  const refused = set(t);

  writeFileSync(refused.directory, '');
  refused.lastGood.ensure();
  t.match(refused.said, [/^warning: /]);
  t.notOk(existsSync(refused.file));
});
