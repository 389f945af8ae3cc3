/**
 * Every displayed example of the manual pages is what it looks like: pfctl takes those of pf, and prints them as rules that it takes again;
 * uplinkd reads those of its configuration. One of a kind that is not known here makes this fail.
 */
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import t from 'tap';
import { parseConfig, renderConfigError } from '../../src/config/parse.ts';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const PAGES = ['uplinkd.8', 'uplinkd.conf.5', 'uplinkctl.8'];

interface Example {
  /** `uplinkd.8:327`, as an error would say it. */
  readonly place: string;
  readonly text: string;
}

/** What stands between `.Bd -literal` and `.Ed`, with mdoc's backslashes as a reader sees them. */
const examplesOf = (page: string): readonly Example[] => {
  const lines = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8').split('\n');
  return lines.flatMap((line, at) => {
    if (!line.startsWith('.Bd -literal')) return [];
    const end = lines.indexOf('.Ed', at);
    const text = lines
      .slice(at + 1, end)
      .map(
        (one) =>
          `${one
            .replace(/\\e/g, '\\')
            .replace(/\\&/g, '')
            .replace(/\\\(dq/g, '"')}\n`,
      )
      .join('');
    return [{ place: `${page}:${at + 1}`, text }];
  });
};

type Kind = 'pf' | 'config' | 'hostname.if' | 'shell' | 'output';

const kindOf = (text: string): Kind | null => {
  if (/^(?:table|match|pass|block|anchor|load|set|queue) /.test(text)) return 'pf';
  if (/^(?:\[|[a-z_]+ += )/.test(text)) return 'config';
  if (/^(?:rdomain|inet) /.test(text)) return 'hostname.if';
  if (/^[#$] /.test(text)) return 'shell';
  return /^(?:link|policy|pf:|\/etc\/)/.test(text) ? 'output' : null;
};

const examples = PAGES.flatMap(examplesOf);
const ofKind = (kind: Kind): readonly Example[] => examples.filter(({ text }) => kindOf(text) === kind);

/** The machine of pf.conf.example. */
const router = (): Machine =>
  createMachine({
    lan: { interface: 'em0', address: '10.0.0.1/24', address6: '2001:db8:a:1::1/64' },
    interfaces: [],
    uplinks: ['em1', 'em2', 'em3'].map((name, at) => ({
      name,
      interface: name,
      address: `192.0.${at}.2/24`,
      gateway: `192.0.${at}.1`,
    })),
    files: new Map([['/var/db/uplinkd/anchor.conf', '']]),
  });

/** Loads `text`, and what pfctl prints of it. */
const check = (test: Test, place: string, text: string): void => {
  const machine = router();
  const printed = machine.run('pfctl -nvf -', text);
  test.equal(printed.code, 0, place);
  test.equal(
    printed.stderr,
    text.includes('\nload anchor') || text.startsWith('load anchor')
      ? '\nLoading anchor uplinkd from /var/db/uplinkd/anchor.conf\n'
      : '',
    `${place}: nothing to complain of`,
  );
  // of queues pfctl does not print which interface a child is on
  if (!/^queue /m.test(printed.stdout)) {
    const again = machine.run('pfctl -nvf -', printed.stdout);
    test.same([again.code, again.stdout], [0, printed.stdout], `${place}, as printed`);
  }
  test.match(machine.run('pfctl -f -', text), { code: 0 }, `${place} loads`);
};

t.test('all are of a kind', async (test) => {
  test.ok(examples.length >= 28, `${examples.length} examples`);
  for (const { place, text } of examples) test.not(kindOf(text), null, `${place}: ${text.slice(0, 60)}`);
});

t.test('pf', async (test) => {
  test.ok(ofKind('pf').length >= 5);
  for (const { place, text } of ofKind('pf')) check(test, place, text);
});

t.test('pf of the examples that are shipped', async (test) => {
  for (const name of ['pf.conf.example', 'pf.conf.shaping.example'])
    check(test, name, readFileSync(new URL(`../../etc/${name}`, import.meta.url), 'utf8'));
});

t.test('uplinkd.conf', async (test) => {
  const links = ['fibre', 'dsl', 'lte']
    .map((name, at) => `[link.${name}]\ninterface = "em${at + 1}"\ngateway = "192.0.${at}.1"\n`)
    .join('');
  test.ok(ofKind('config').length >= 8);
  for (const { place, text } of ofKind('config')) {
    // some show a part of a file only
    const parsed = parseConfig(text.includes('[link.') ? text : `${text}${links}`, place);
    test.same(parsed.kind === 'refused' ? parsed.errors.map(renderConfigError) : [], [], place);
  }
});
