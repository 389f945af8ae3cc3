/**
 * Families of figures as text, in the two formats that Prometheus reads: its own (0.0.4) and OpenMetrics 1.0. They differ
 * in a few words only. Knows the grammar, and no figure.
 *
 * No package does this for us: prom-client keeps mutable registries, in which a counter can only be added to and a link that
 * is gone stays, and knows neither `info` nor `stateset`; here a text follows from one picture, as everything else does.
 */

export type Format = 'prometheus' | 'openmetrics';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  /** Behind the name of the family: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string;
  readonly labels?: Labels;
  readonly value: number;
}

export interface Family {
  /** With `_total` for a counter and `_info` for an info. */
  readonly name: string;
  readonly kind: 'gauge' | 'counter' | 'histogram' | 'info' | 'stateset';
  readonly help: string;
  /** The last word of the name, before `_total`. */
  readonly unit?: 'seconds' | 'bytes' | 'ratio';
  readonly samples: readonly Sample[];
}

const escapeHelp = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replace(/"/g, '\\"');

const renderLabels = (labels: Labels | undefined): string => {
  const pairs = Object.entries(labels ?? {}).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

/** Fifteen digits: a sum of milliseconds made seconds is 0.3 and not 0.30000000000000004. */
const renderValue = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(15))) : value > 0 ? '+Inf' : 'NaN';

/** The words that Prometheus' own format has for kinds that it does not know. */
const oldKinds: Readonly<Partial<Record<Family['kind'], string>>> = { info: 'gauge', stateset: 'gauge' };

/** In OpenMetrics a family has its name without the ending that its samples have. */
const familyName = ({ name, kind }: Family): string => {
  if (kind === 'counter') return name.replace(/_total$/, '');
  return kind === 'info' ? name.replace(/_info$/, '') : name;
};

const renderFamily = (family: Family, format: Format): readonly string[] => {
  const { name, kind, help, unit, samples } = family;
  const isOpen = format === 'openmetrics';
  const shown = isOpen ? familyName(family) : name;
  return [
    `# HELP ${shown} ${escapeHelp(help)}`,
    `# TYPE ${shown} ${isOpen ? kind : (oldKinds[kind] ?? kind)}`,
    ...(isOpen && unit !== undefined ? [`# UNIT ${shown} ${unit}`] : []),
    ...samples.map(
      ({ suffix = '', labels, value }) => `${name}${suffix}${renderLabels(labels)} ${renderValue(value)}`,
    ),
  ];
};

/** Families without samples are left out. The last line tells that nothing has been cut off. */
export const renderFamilies = (families: readonly Family[], format: Format): string =>
  [
    ...families.filter(({ samples }) => samples.length > 0).flatMap((each) => renderFamily(each, format)),
    '# EOF',
    '',
  ].join('\n');

export const contentTypes: Readonly<Record<Format, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What a request's Accept asks for; Prometheus' own format unless OpenMetrics is named. */
export const formatFor = (accept: string | undefined): Format =>
  /(^|[,\s])application\/openmetrics-text\s*(;|,|$)/.test(accept ?? '') ? 'openmetrics' : 'prometheus';
