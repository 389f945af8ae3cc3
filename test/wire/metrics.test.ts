/** The figures (PEERS.md S48) through Prometheus' own readers; and against the manual page, the alerts and the dashboard. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { contentTypes, formatFor, renderFamilies } from '../../src/wire/exposition.ts';
import { type MetricsInput, metricsOf } from '../../src/wire/metrics.ts';
import { metricsInput } from './metrics-input.ts';

const root = join(import.meta.dirname, '../..');
const families = metricsOf(metricsInput);

/** Where CI runs it must be there; elsewhere its absence is said. */
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const needsPromtool =
  hasPromtool || process.env['CI'] === 'true'
    ? {}
    : { skip: 'promtool is not installed; try: apt-get install prometheus' };

t.test('the same in both formats, but for what OpenMetrics names otherwise', async (t) => {
  const [plain, open] = [renderFamilies(families, 'prometheus'), renderFamilies(families, 'openmetrics')];
  const samplesOf = (text: string): readonly string[] =>
    text.split('\n').filter((line) => /^[a-z]/.test(line));
  t.strictSame(samplesOf(open), samplesOf(plain));
  const typesOf = (text: string, type: string): readonly string[] =>
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', its]) =>
      its === type ? [name] : [],
    );
  const bare = (names: readonly string[], ending: RegExp) => names.map((name) => name.replace(ending, ''));
  t.strictSame(typesOf(open, 'counter'), bare(typesOf(plain, 'counter'), /_total$/));
  t.strictSame(typesOf(open, 'info').length, 1);
  t.notMatch(plain, /^# (?:UNIT|TYPE \S+ (?:info|stateset))/m);
  t.match(open, /# EOF\n$/);
});

t.test('bytes of a month, and the most of them, where they are known', async (t) => {
  const valuesOf = (month: number | null, budget: number | null): readonly string[] => {
    const { status } = metricsInput;
    const links = status.links.map((link) => ({ ...link, probeBytes: { out: 0, in: 0, month, budget } }));
    return metricsOf({ ...metricsInput, status: { ...status, links } })
      .filter(({ name }) => /_probe_(?:month|budget)_bytes$/.test(name))
      .flatMap(({ name, samples }) => [...new Set(samples.map(({ value }) => `${name} ${value}`))]);
  };
  const [month, budget] = ['uplinkd_link_probe_month_bytes', 'uplinkd_link_probe_budget_bytes'];
  t.strictSame(valuesOf(3, 7), [`${month} 3`, `${budget} 7`]);
  t.strictSame(valuesOf(null, null), []);
});

t.test('promtool finds nothing to complain of', needsPromtool, async (t) => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: renderFamilies(families, 'prometheus'),
    encoding: 'utf8',
  });
  t.equal(`${stdout}${stderr}`, '');
  t.equal(status, 0);
  const bad = spawnSync('promtool', ['check', 'metrics'], { input: 'uplinkd_x_total 1\n', encoding: 'utf8' });
  t.not(bad.status, 0, 'it would');
});

t.test('Prometheus reads it as OpenMetrics', needsPromtool, async (t) => {
  const directory = t.testdir();
  const open = renderFamilies(families, 'openmetrics');
  // promtool stores samples, and so wants each to have a time.
  const timed = open.replace(/^([a-z].*)$/gm, '$1 1795000000');
  const read = (text: string) => {
    writeFileSync(join(directory, 'text'), text);
    const args = [
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      join(directory, 'text'),
      join(directory, 'out'),
    ];
    return spawnSync('promtool', args, { encoding: 'utf8' });
  };
  const { status, stdout, stderr } = read(timed);
  t.equal(status, 0, stderr);
  const samples = open.split('\n').filter((line) => /^[a-z]/.test(line)).length;
  t.match(
    stdout,
    new RegExp(`\\s${samples}\\s+${samples}\\s+${samples}\\s`),
    'every sample, each a series of its own',
  );
  t.not(read(timed.replace('# EOF\n', '')).status, 0, 'it would complain');
});

t.test('the alerts are rules', needsPromtool, async (t) => {
  const file = join(root, 'etc/prometheus/uplinkd.rules.yml');
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
  t.equal(status, 0, `${stdout}${stderr}`);
});

t.test('the alerts come when they should', needsPromtool, async (t) => {
  const directory = t.testdir();
  const rules = join(root, 'etc/prometheus/uplinkd.rules.yml');
  const path = 'instance="r", link="fibre", family="inet"';
  const test = `
rule_files: [${rules}]
evaluation_interval: 30s
tests:
  - interval: 30s
    input_series:
      - { series: 'uplinkd_path_health{${path}, uplinkd_path_health="down"}', values: '0 0 1x10' }
      - { series: 'uplinkd_path_health{instance="r", link="off", family="inet", uplinkd_path_health="down"}', values: '1x12' }
      - { series: 'uplinkd_link_admin{instance="r", link="off", uplinkd_link_admin="disabled"}', values: '1x12' }
      - { series: 'uplinkd_policy_share_ratio{instance="r", policy="voip", family="inet", source="", link="fibre"}', values: '1 1 0x10' }
      - { series: 'uplinkd_pf_called{instance="r"}', values: '1x12' }
      - { series: 'uplinkd_pf_failing{instance="r"}', values: '0x12' }
    alert_rule_test:
      - { eval_time: 30s, alertname: UplinkdPathDown }
      - { eval_time: 5m, alertname: UplinkdPfFailing }
      - eval_time: 4m
        alertname: UplinkdPathDown
        exp_alerts:
          - exp_labels: { severity: warning, instance: r, link: fibre, family: inet, uplinkd_path_health: down }
            exp_annotations:
              summary: "r: link fibre (inet) is down"
              description: "uplinkctl show links says why. Traffic goes by other links if there are any."
      - eval_time: 4m
        alertname: UplinkdPolicyRefused
        exp_alerts:
          - exp_labels: { severity: critical, instance: r, policy: voip, family: inet }
            exp_annotations:
              summary: "r: nothing can take connections of policy voip (inet)"
              description: "Connections are refused. uplinkctl explain voip says why each link cannot take them."
`;
  writeFileSync(join(directory, 'test.yml'), test);
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', join(directory, 'test.yml')], {
    encoding: 'utf8',
  });
  t.equal(status, 0, `${stdout}${stderr}`);
});

const series = new Set(
  families.flatMap(({ name, samples }) => samples.map(({ suffix = '' }) => `${name}${suffix}`)),
);

t.test('every name that an alert or the dashboard uses is a figure, with these labels', async (t) => {
  const labelsOf = new Map<string, Set<string>>();
  for (const { name, samples } of families)
    for (const { suffix = '', labels } of samples) {
      const known = labelsOf.get(`${name}${suffix}`) ?? new Set(['instance', 'job']);
      for (const label of Object.keys(labels ?? {})) known.add(label);
      labelsOf.set(`${name}${suffix}`, known);
    }
  for (const file of ['uplinkd.rules.yml', 'grafana-dashboard.json']) {
    const text = readFileSync(join(root, 'etc/prometheus', file), 'utf8').replace(/\\"/g, '"');
    const code = text
      .split('\n')
      .filter((line) => /^\s*"?(expr|query|definition)"?: /.test(line))
      .join('\n');
    const bare = code.replace(/\{[^}]*\}/g, '{}');
    const names = [...new Set(bare.match(/\b(uplinkd|process)_[a-z0-9_]+\b(?=[{[ )=,]|$)/gm) ?? [])];
    t.ok(names.length > 8, `${names.length} names in ${file}`);
    for (const name of names) t.ok(series.has(name), `${file}: ${name}`);
    for (const [, name = '', inner = ''] of code.matchAll(/\b((?:uplinkd|process)_[a-z0-9_]+)\{([^}]*)\}/g))
      for (const [, label = ''] of inner.matchAll(/([a-z_]+)\s*(?:=~|!=|=)/g))
        t.ok(labelsOf.get(name)?.has(label), `${file}: ${name} has ${label}`);
  }
});

t.test('every figure and label is in uplinkd.8, and nothing else is', async (t) => {
  const manual = readFileSync(join(root, 'docs/uplinkd.8'), 'utf8');
  const section = manual.slice(manual.indexOf('.Sh METRICS'), manual.indexOf('.Sh LOGGING'));
  const described = new Set(section.match(/\b(uplinkd|process)_[a-z0-9_]+\b/g));
  const names = families.map(({ name }) => name);
  t.strictSame([...described].sort(), [...names].sort());
  const labels = new Set(
    families.flatMap(({ samples }) => samples.flatMap((each) => Object.keys(each.labels ?? {}))),
  );
  for (const label of labels)
    if (!names.includes(label) && label !== 'le') t.match(section, new RegExp(`[ ,]${label}[ ,\n]`), label);
});

t.test('without links, without an answer of pf: what is not known is not told', async (t) => {
  const bare: MetricsInput = {
    ...metricsInput,
    states: null,
    status: { ...metricsInput.status, links: [], policies: [] },
  };
  const text = renderFamilies(metricsOf(bare), 'prometheus');
  t.notMatch(text, /uplinkd_pf_states|uplinkd_path_health/);
  t.match(text, /\n# EOF\n$/);
});

t.test('texts from elsewhere stay within their quotes', async (t) => {
  const text = renderFamilies(
    [{ name: 'a', kind: 'gauge', help: 'b\\\nc', samples: [{ labels: { d: 'e"\\\n' }, value: Number.NaN }] }],
    'prometheus',
  );
  t.equal(text, '# HELP a b\\\\\\nc\n# TYPE a gauge\na{d="e\\"\\\\\\n"} NaN\n# EOF\n');
});

t.test('which format', async (t) => {
  t.equal(formatFor(undefined), 'prometheus');
  t.equal(formatFor('*/*'), 'prometheus');
  t.equal(formatFor('text/plain;version=0.0.4'), 'prometheus');
  const prometheus =
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
  t.equal(formatFor(prometheus), 'openmetrics');
  t.equal(formatFor('text/html,application/openmetrics-text'), 'openmetrics');
  t.match(contentTypes.openmetrics, /^application\/openmetrics-text; version=1/);
});

t.test('examples of one moment', async (t) => {
  const text = renderFamilies(families, 'prometheus');
  for (const line of [
    'uplinkd_path_up{link="fibre",family="inet"} 1',
    'uplinkd_path_health{link="lte",family="inet",uplinkd_path_health="down"} 1',
    'uplinkd_path_health{link="lte",family="inet",uplinkd_path_health="up"} 0',
    'uplinkd_path_active{link="fibre",family="inet"} 1',
    'uplinkd_path_active{link="lte",family="inet"} 0',
    'uplinkd_path_damping_penalty{link="fibre",family="inet"} 0',
    'uplinkd_path_damping_suppressed{link="fibre",family="inet"} 0',
    'uplinkd_path_availability_ratio{link="fibre",family="inet",window="start"} 1',
    'uplinkd_target_rtt_p50_seconds{link="fibre",family="inet",target="9.9.9.9"} 0.0081',
    'uplinkd_probe_bytes_total{link="fibre",family="inet",target="9.9.9.9"} 14514360',
    'uplinkd_path_transitions_total{link="lte",family="inet",health="down",reason="carrier-down"} 1',
    'uplinkd_pf_killed_states_total{link="lte"} 313',
    'uplinkd_pf_transactions_total{kind="inspect",outcome="failed"} 1',
    'uplinkd_pf_transaction_duration_seconds_bucket{kind="apply",le="0.01"} 0',
    'uplinkd_pf_transaction_duration_seconds_bucket{kind="apply",le="0.025"} 1',
    'uplinkd_pf_transaction_duration_seconds_sum{kind="apply"} 0.0125',
    'uplinkd_policy_share_ratio{policy="guest",family="inet",source="",link="lte"} 0',
  ])
    t.ok(text.includes(`\n${line}\n`), line);
});

t.test('promtool is what it says', needsPromtool, async (t) => {
  t.match(execFileSync('promtool', ['--version'], { encoding: 'utf8' }), /^promtool, version 2\./);
});

t.test('figures that are no number', async (t) => {
  const family = {
    name: 'x',
    kind: 'gauge',
    help: 'x',
    samples: [Infinity, NaN, 0.1 + 0.2].map((value) => ({ value })),
  } as const;
  t.match(renderFamilies([family], 'prometheus'), 'x +Inf\nx NaN\nx 0.3\n');
});
