/**
 * What is wrong with a machine, why that hurts, and exactly what cures it: one shape for all checks. A cure is a command to
 * run or a line to write, so that it can be done without thinking; tests do just that (test/doctor).
 */

/** `error`: something does not work now. `warning`: it will not, one day. `advice`: it works, and could be better. */
export type Severity = 'error' | 'warning' | 'advice';

export type Place =
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  /** A whole line as it stands in the file. */
  | { readonly kind: 'before'; readonly line: string }
  | { readonly kind: 'after'; readonly line: string };

export type Cure =
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'add'; readonly file: string; readonly line: string; readonly place: Place }
  | { readonly kind: 'remove'; readonly file: string; readonly line: string }
  | { readonly kind: 'replace'; readonly file: string; readonly line: string; readonly by: string };

export interface Finding {
  /** One word for scripts: `pf-disabled`. */
  readonly id: string;
  readonly severity: Severity;
  readonly what: string;
  readonly why: string;
  /** In this order. Empty where only the owner can know what was meant. */
  readonly cures: readonly Cure[];
}

const placeWords = (place: Place): string => {
  switch (place.kind) {
    case 'start':
      return 'at its start, add';
    case 'end':
      return 'at its end, add';
    case 'before':
    case 'after':
      return `${place.kind} the line\n      ${place.line.trim()}\n    add`;
  }
};

/** What is to be done, as it is printed: a command behind its prompt, or a file and its lines. */
export const renderCure = (cure: Cure): string => {
  switch (cure.kind) {
    case 'run':
      return `  # ${cure.command}`;
    case 'add':
      return `  in ${cure.file}, ${placeWords(cure.place)}\n      ${cure.line}`;
    case 'remove':
      return `  in ${cure.file} take out the line\n      ${cure.line.trim()}`;
    case 'replace':
      return `  in ${cure.file} replace the line\n      ${cure.line.trim()}\n    by\n      ${cure.by.trim()}`;
  }
};

const order: Readonly<Record<Severity, number>> = { error: 0, warning: 1, advice: 2 };

/** The worst first; as found within. */
export const sortFindings = (findings: readonly Finding[]): readonly Finding[] =>
  [...findings].sort((a, b) => order[a.severity] - order[b.severity]);

/** Advice alone is no finding that a script should stop for. */
export const isSound = (findings: readonly Finding[]): boolean =>
  findings.every(({ severity }) => severity === 'advice');
