/** The Grafana dashboard, as far as that can be told without Grafana: its structure, its places on the grid, and every query by promtool. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { z } from 'zod';
import { metricsOf } from '../../src/wire/metrics.ts';
import { metricsInput } from '../wire/metrics-input.ts';

const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('$\u007bdatasource}') });
const place = z.strictObject({
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});
const panel = z.object({
  id: z.int().positive(),
  type: z.enum(['stat', 'timeseries', 'state-timeline']),
  title: z.string().min(1),
  description: z.string(),
  datasource,
  gridPos: place,
  targets: z
    .array(
      z.object({
        refId: z.string().regex(/^[A-Z]$/),
        datasource,
        expr: z.string().min(1),
        legendFormat: z.string(),
        instant: z.boolean().optional(),
      }),
    )
    .min(1),
  fieldConfig: z.object({ defaults: z.object({}), overrides: z.array(z.object({})) }),
  options: z.object({}),
});
const dashboard = z.object({
  title: z.string(),
  uid: z.string(),
  schemaVersion: z.int().min(36),
  version: z.int(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  annotations: z.object({ list: z.array(z.object({ datasource, expr: z.string() })) }),
  panels: z.array(panel),
});

const text = readFileSync(join(import.meta.dirname, '../../etc/prometheus/grafana-dashboard.json'), 'utf8');
const board = dashboard.parse(JSON.parse(text));
const { panels } = board;
const queries = [
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...board.annotations.list.map(({ expr }) => expr),
];

t.test('panels have names of their own and places of their own', async (t) => {
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  t.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
  for (const { title, gridPos, targets } of panels) {
    t.ok(gridPos.x + gridPos.w <= 24, `${title} is within the 24 columns`);
    t.equal(
      new Set(targets.map(({ refId }) => refId)).size,
      targets.length,
      `${title}: each query its own refId`,
    );
    const onIt = panels.filter(
      ({ gridPos: other }) =>
        other.x < gridPos.x + gridPos.w &&
        gridPos.x < other.x + other.w &&
        other.y < gridPos.y + gridPos.h &&
        gridPos.y < other.y + other.h,
    );
    t.equal(onIt.length, 1, `nothing lies on ${title}`);
  }
  // Without holes: each row begins where the one above it ends.
  const bottom = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));
  const area = panels.reduce((sum, { gridPos: { w, h } }) => sum + w * h, 0);
  t.equal(area, bottom * 24);
});

t.test('every variable is one of the board, or of Grafana', async (t) => {
  const known = new Set([...board.templating.list.map(({ name }) => name), '__rate_interval']);
  for (const [, name = ''] of text.matchAll(/\$\{?([a-z_]+)\}?/g)) t.ok(known.has(name), name);
  for (const expr of queries) t.match(expr, /instance="\$instance"/, 'one router at a time');
});

t.test('every label of a legend is one of the figure', async (t) => {
  const families = metricsOf(metricsInput);
  for (const { title, targets } of panels)
    for (const { expr, legendFormat } of targets) {
      const labels = new Set(
        families
          .filter(({ name }) => expr.includes(name))
          .flatMap(({ samples }) => samples.flatMap((each) => Object.keys(each.labels ?? {}))),
      );
      for (const [, label = ''] of legendFormat.matchAll(/\{\{([a-z_]+)\}\}/g))
        t.ok(labels.has(label), `${title}: ${label}`);
    }
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const needsPromtool =
  hasPromtool || process.env['CI'] === 'true'
    ? {}
    : { skip: 'promtool is not installed; try: apt-get install prometheus' };

t.test('every query is PromQL', needsPromtool, async (t) => {
  const file = join(t.testdir(), 'rules.yml');
  const check = (all: readonly string[]) => {
    const rules = all.map((expr, at) => {
      const whole = expr.replaceAll('$instance', 'r').replaceAll('$__rate_interval', '1m');
      return `      - { record: "q:${at}", expr: ${JSON.stringify(whole)} }`;
    });
    writeFileSync(file, `groups:\n  - name: board\n    rules:\n${rules.join('\n')}\n`);
    return spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
  };
  const { status, stdout, stderr } = check(queries);
  t.equal(status, 0, `${stdout}${stderr}`);
  t.not(check([...queries, 'sum by (link uplinkd_x']).status, 0, 'it would complain');
});
