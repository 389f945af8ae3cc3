/** What a terminal was sent when: asciinema's format, version 2 (docs.asciinema.org), as far as a recording of ours needs it. */

export interface Cast {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** Seconds since the start, and what was written then. */
  readonly events: readonly (readonly [seconds: number, text: string])[];
}

export const renderCast = ({ width, height, title, events }: Cast): string =>
  [
    { version: 2, width, height, title, env: { SHELL: '/bin/ksh', TERM: 'xterm-256color' } },
    ...events.map(([seconds, text]) => [seconds, 'o', text]),
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');

export const parseCast = (text: string): Cast => {
  const [head = '', ...lines] = text.trim().split('\n');
  const { version, width, height, title } = JSON.parse(head);
  if (version !== 2) throw new Error(`not asciicast v2 but ${version}`);
  return {
    width,
    height,
    title,
    events: lines.map((line) => {
      const [seconds, kind, data] = JSON.parse(line);
      if (kind !== 'o') throw new Error(`not output: ${line}`);
      return [seconds, data] as const;
    }),
  };
};
