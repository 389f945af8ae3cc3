/**
 * Rules of somebody else's main rule set, as pf.conf has them or as pfctl(8) prints them: only what tells whether they get in
 * the way of ours. Not a parser of pf.conf(5): it looks for words, and what it does not know it leaves alone.
 */

export interface MainRule {
  /** Without comment and with macros replaced. */
  readonly text: string;
  readonly action: 'pass' | 'block' | 'match' | 'anchor' | 'other';
  /** Null: both. */
  readonly direction: 'in' | 'out' | null;
  readonly quick: boolean;
  /** What stands behind `on`; empty: any interface. */
  readonly interfaces: readonly string[];
  readonly family: 'inet' | 'inet6' | null;
  readonly hasProtocol: boolean;
  readonly hasPort: boolean;
  /** `any` where nothing is said. */
  readonly from: string;
  readonly to: string;
  readonly tag: string | null;
  readonly tagged: string | null;
  /** Of an `anchor` line: its name. */
  readonly anchor: string | null;
  readonly hasNat: boolean;
  /** `set queue x` or `set queue (x, y)`. */
  readonly queues: readonly string[];
}

const actions = ['pass', 'block', 'match', 'anchor'] as const;

/** An address, a table, `! <t>`, `{ a b }`, `(em0)`: up to the next word of the grammar. */
const endpoint = (text: string, word: string): string => {
  const found = new RegExp(String.raw`\b${word} (!? ?(?:\{[^}]*\}|\([^)]*\)(?::\w+)?|<[^>]*>|\S+))`).exec(
    text,
  );
  return found?.[1]?.replace(/\s+/g, ' ') ?? 'any';
};

const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .replace(/[{},]/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '');

export const parseMainRule = (line: string): MainRule => {
  const text = line.trim().replace(/\s+/g, ' ');
  const action = actions.find((word) => new RegExp(`^${word}\\b`).test(text)) ?? 'other';
  const head = text.replace(/"[^"]*"/g, '""');
  const opening = (head.split(/ (?:on|inet6?|proto|from|to|tag|tagged|label|flags) /)[0] ?? '').split(' ');
  return {
    text,
    action,
    direction: opening.includes('in') ? 'in' : opening.includes('out') ? 'out' : null,
    quick: /\bquick\b/.test(head),
    interfaces: listOf(/\bon (\{[^}]*\}|\S+)/.exec(head)?.[1]),
    family: / inet6\b/.test(head) ? 'inet6' : / inet\b/.test(head) ? 'inet' : null,
    hasProtocol: / proto\b/.test(head),
    hasPort: / port\b/.test(head),
    from: endpoint(head, 'from'),
    to: endpoint(head, 'to'),
    tag: /\btag "?([\w-]+)"?/.exec(text)?.[1] ?? null,
    tagged: /\btagged "?([\w-]+)"?/.exec(text)?.[1] ?? null,
    anchor: action === 'anchor' ? (/^anchor "?\/?([^"\s]+)"?/.exec(text)?.[1] ?? null) : null,
    hasNat: /\bnat-to\b/.test(head),
    queues: listOf(/\bset queue (\([^)]*\)|\S+)/.exec(text)?.[1]?.replace(/[()]/g, ' ')),
  };
};

export interface SourceLine {
  /** As it stands in the file; the first of several that are joined by `\`. */
  readonly line: string;
  readonly rule: MainRule;
}

/** The lines of a pf.conf(5) that say something, with their macros replaced. Included files are not looked into. */
export const parsePfConf = (text: string): readonly SourceLine[] => {
  const macros = new Map<string, string>();
  const found: SourceLine[] = [];
  const physical = text.split('\n');
  for (let at = 0; at < physical.length; at += 1) {
    const line = physical[at] ?? '';
    let whole = line;
    while (whole.endsWith('\\') && at + 1 < physical.length) {
      at += 1;
      whole = `${whole.slice(0, -1)} ${physical[at] ?? ''}`;
    }
    const bare = whole.replace(/(^|\s)#.*$/, '').trim();
    if (bare === '') continue;
    const expanded = bare.replace(/\$(\w+)/g, (word, name: string) => macros.get(name) ?? word);
    const macro = /^(\w+)\s*=\s*(.*)$/.exec(expanded);
    if (macro !== null) macros.set(macro[1] ?? '', (macro[2] ?? '').replace(/"/g, '').trim());
    else found.push({ line, rule: parseMainRule(expanded) });
  }
  return found;
};

export interface Queue {
  readonly name: string;
  readonly interface: string | null;
  readonly text: string;
}

/** `pfctl -s queue`: `queue std on em1 bandwidth 20M`, `queue voip parent std bandwidth 1M`. A child is where its parent is. */
export const parseQueues = (text: string): readonly Queue[] => {
  const queues: Queue[] = [];
  for (const line of text.split('\n')) {
    const [, name, device] = /^queue (\S+)(?: parent \S+)?(?: on (\S+))?/.exec(line.trim()) ?? [];
    if (name !== undefined) queues.push({ name, interface: device ?? null, text: line.trim() });
  }
  return queues;
};
