/** The fuzzer itself: it finds what was planted, makes it short, tries the same again, and says so with its exit status. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createRandom } from '../../src/emulator/random.ts';
import { hunt } from '../../src/fuzz/hunt.ts';
import { parseKept, renderKept } from '../../src/fuzz/kept.ts';
import { mutate } from '../../src/fuzz/mutate.ts';
import { sample } from '../../src/fuzz/sample.ts';
import { complaintOf, shrinkInput } from '../../src/fuzz/shrink.ts';
import { MOST_CHARACTERS, reads, type Subject } from '../../src/fuzz/subject.ts';

const SEEDS = ['round-trip 1.205 ms\nttl=64 time=2.807 ms\n', 'bytes from 192.0.2.1: icmp_seq=0\n'];

/** A reader that dies of a sequence number of more than five digits. */
const fragile = reads('fragile', SEEDS, (input) => {
  if (/icmp_seq=\d{6}/.test(input)) throw new RangeError('too far');
  return input.length;
});

t.test('a planted throw is found and made short, and found again by the same seed', async (test) => {
  const found = await hunt(fragile, 3, { goOn: (tries) => tries < 20_000 });
  const [find] = found.finds;
  test.match(find?.complaint, /^thrown: RangeError: too far/);
  const short = await shrinkInput(fragile, find?.input ?? '', find?.complaint ?? '');
  test.match(short, /^icmp_seq=\d{6}$/);
  const again = await hunt(fragile, 3, { goOn: (tries) => tries < 20_000 });
  test.same([again.tries, again.shapes, again.finds[0]?.input], [found.tries, found.shapes, find?.input]);
});

t.test('a value that grows without bound, and one that does not come out as itself', async (test) => {
  const greedy = reads('greedy', ['a:1'], (input) => 'x'.repeat(input.length ** 3));
  const { finds } = await hunt(greedy, 1, { goOn: (tries) => tries < 2000 });
  test.match(finds, [{ complaint: /^unbounded: / }]);
  const forgetful: Subject = {
    name: 'forgetful',
    seeds: ['+1'],
    judge: (input) => ({ complaint: input.startsWith('00') ? 'print: 0' : null, shape: '' }),
  };
  const { finds: others } = await hunt(forgetful, 1, { goOn: (tries) => tries < 5000 });
  test.equal(others.length, 1);
  test.equal(await shrinkInput(forgetful, others[0]?.input ?? '', 'print: 0'), '00');
});

t.test('a watcher may complain as well, and ends the hunt', async (test) => {
  const own = await hunt(fragile, 1, {
    goOn: (tries) => tries < 3,
    onDone: (input) => (input === '' ? 'slow: of nothing' : null),
  });
  test.same(own, { tries: 3, shapes: 1, finds: [{ input: '', complaint: 'slow: of nothing' }] });
});

t.test('changes are bounded, and follow from the seed', async (test) => {
  const all = (seed: number): readonly string[] => {
    const random = createRandom(seed);
    return Array.from({ length: 3000 }, () => mutate(random, SEEDS[0] ?? '', SEEDS));
  };
  const texts = all(1);
  test.same(all(1), texts);
  test.ok(new Set(texts).size > 1500, 'and differ');
  test.ok(texts.every((text) => text.length <= MOST_CHARACTERS));
  test.ok(
    texts.some((text) => text.length > 20_000),
    'some are long',
  );
});

t.test('documents by their schema', async (test) => {
  const schema = {
    type: 'object',
    properties: {
      a: { anyOf: [{ type: 'string', const: 'x' }, { type: 'null' }] },
      b: { type: 'array', prefixItems: [{ type: 'integer', minimum: 3, maximum: 4 }, { type: 'boolean' }] },
      c: { type: 'string', enum: ['y'] },
    },
    required: ['a', 'b'],
  };
  const random = createRandom(1);
  const all = Array.from({ length: 50 }, () => sample(schema, random));
  const shape = /^\{"a":("x"|null),"b":\[[34],(true|false)\](,"c":"y")?\}$/;
  test.same(
    all.filter((one) => !shape.test(JSON.stringify(one))),
    [],
  );
  test.ok(all.some((one) => JSON.stringify(one).includes('"c":"y"')));
  test.ok(all.some((one) => !JSON.stringify(one).includes('"c"')));
});

t.test('npm run fuzz', async (test) => {
  const folder = mkdtempSync(join(tmpdir(), 'uplinkd-fuzz-'));
  test.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const main = fileURLToPath(new URL('../../src/fuzz/main.ts', import.meta.url));
  const run = (...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, ['--import=tsx', main, ...args], (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: stdout + stderr }),
      );
    });
  const fine = await run('--runs', '60', '--seed', '7', '--parser', 'ping,control-socket', '--write', folder);
  test.equal(fine.code, 0, fine.out);
  test.match(
    fine.out,
    /^seed 7\nping: 60 texts .* 0 found\ncontrol-socket: 60 texts .*\n120 texts for 2 parsers: 0 found\n$/,
  );
  const again = await run(
    '--input',
    fileURLToPath(new URL('../fixtures/fuzz/emulator-words-proto.json', import.meta.url)),
  );
  test.match(again, { code: 0, out: /emulator-words: nothing to complain of\n$/ });
  test.match(await run('--parser', 'nosuch'), {
    code: 2,
    out: /^fuzz: no parser nosuch: one of .*\nusage: fuzz /,
  });
  test.match(await run('--runs', 'many'), { code: 2, out: /not a number: many/ });
  test.match(await run('--list'), { code: 0, out: /^address\n[\s\S]*control-socket\nweb-server\n$/ });
});

t.test('a text survives its file', async (test) => {
  const one = { parser: 'ping', input: '\ud83d\0"\n\x1b', complaint: 'thrown: x' };
  test.same(parseKept(renderKept(one)), one);
  test.throws(() => parseKept('{"parser":"ping"}'));
  test.equal(await complaintOf(fragile, one.input), null);
  const schema = readFileSync(new URL('../fixtures/fuzz/emulator-words-proto.json', import.meta.url), 'utf8');
  test.equal(renderKept(parseKept(schema)), schema, 'as it was written');
});
