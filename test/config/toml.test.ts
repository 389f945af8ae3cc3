import t from 'tap';
import { type Node, readToml } from '../../src/config/toml.ts';

/** `line:column` of every key and value, under the key's path. */
const places = (node: Node, path: string): readonly string[] => {
  const here = `${path} ${node.at.line}:${node.at.column}`;
  switch (node.kind) {
    case 'scalar':
      return [`${here} ${String(node.value)}`];
    case 'array':
      return [here, ...node.elements.flatMap((element, index) => places(element, `${path}[${index}]`))];
    case 'table':
      return [
        here,
        ...[...node.entries].flatMap(([name, { keyAt, node: inner }]) => [
          `${path}.${name} key ${keyAt.line}:${keyAt.column}`,
          ...places(inner, `${path}.${name}`),
        ]),
      ];
  }
};
const read = (text: string): readonly string[] => {
  const toml = readToml(text);
  return toml.kind === 'ok' ? places(toml.table, '') : [`${toml.at.line}:${toml.at.column} ${toml.what}`];
};

t.test('keys, values, dotted keys, inline tables', async (t) => {
  t.strictSame(read('a = 1\n b.c = { d = [true,\n  "x"] }\n'), [
    ' 1:1',
    '.a key 1:1',
    '.a 1:5 1',
    '.b key 2:2',
    '.b 2:2',
    '.b.c key 2:4',
    '.b.c 2:8',
    '.b.c.d key 2:10',
    '.b.c.d 2:14',
    '.b.c.d[0] 2:15 true',
    '.b.c.d[1] 3:3 x',
  ]);
});

t.test('a table is at its own header, wherever it was named first', async (t) => {
  t.strictSame(read('[a.b]\n[a]\nx = 1'), [
    ' 1:1',
    '.a key 1:2',
    '.a 2:1',
    '.a.b key 1:4',
    '.a.b 1:1',
    '.a.x key 3:1',
    '.a.x 3:5 1',
  ]);
});

t.test('arrays of tables; inner headers mean the last element', async (t) => {
  t.strictSame(read('[[a]]\nx = 1\n[[a]]\n[a.b]\ny = 2\n[[a.c]]'), [
    ' 1:1',
    '.a key 1:3',
    '.a 1:1',
    '.a[0] 1:1',
    '.a[0].x key 2:1',
    '.a[0].x 2:5 1',
    '.a[1] 3:1',
    '.a[1].b key 4:4',
    '.a[1].b 4:1',
    '.a[1].b.y key 5:1',
    '.a[1].b.y 5:5 2',
    '.a[1].c key 6:5',
    '.a[1].c 6:1',
    '.a[1].c[0] 6:1',
  ]);
});

t.test('keys that mean something to JavaScript are only keys', async (t) => {
  t.strictSame(read('__proto__.x = 1'), [
    ' 1:1',
    '.__proto__ key 1:1',
    '.__proto__ 1:1',
    '.__proto__.x key 1:11',
    '.__proto__.x 1:15 1',
  ]);
  t.notOk('x' in {});
});

t.test('what is defined twice is refused by the reader', async (t) => {
  for (const text of [
    'a = 1\na.b = 2',
    'a.b = 1\na = 2',
    'a.b = 1\n[a]',
    'a = {}\n[a.b]',
    'a = [{}]\n[a.b]',
    'a = [1]\n[[a]]',
    '[a]\nb.c = 1\n[a.b]',
    '[a.b]\n[a]\nb.c = 1',
    '[[a]]\n[a]',
    '[a]\n[[a]]',
    '[a]\n[a]',
    'a = { b = 1, b.c = 2 }',
    'a = { b.c = 1, b = {} }',
  ]) {
    t.match(read(text).join('\n'), /^\d+:\d+ "[ab]" is given twice$/, JSON.stringify(text));
  }
});

t.test('the place of a syntax error', async (t) => {
  t.strictSame(read('a = 1\nb ='), ['2:4 expected a value behind "="']);
  t.strictSame(read('"a'), ['1:3 expected a closing quote']);
});
