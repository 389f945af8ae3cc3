/**
 * The tokens of pf.conf(5): words, keywords, numbers, quoted strings, macros, line continuation and comments, as pfctl's lexer
 * cuts them (sbin/pfctl/parse.y, yylex). Knows no grammar.
 */

export type TokenKind = 'word' | 'keyword' | 'number' | 'mark' | 'newline' | 'end' | 'error';

export interface Token {
  readonly kind: TokenKind;
  /** The word, the keyword, the digits or the punctuation mark. */
  readonly text: string;
}

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'af-to all allow-opts anchor antispoof any bandwidth binat-to bitmask block block-policy burst code debug default delay ' +
    'divert-packet divert-reply divert-to drop dup-to file fingerprints flags floating flows flush for fragment from global ' +
    'group hostid icmp-type icmp6-type if-bound in include inet inet6 keep label least-states limit load log loginterface match ' +
    'matches max max-mss max-pkt-rate max-src-conn max-src-conn-rate max-src-nodes max-src-states min min-ttl modulate nat-to no ' +
    'no-df no-route no-sync on once optimization os out overload parent pass pflow port prio probability proto qlimit quantum ' +
    'queue quick random random-id rdomain rdr-to reassemble received-on reply-to return return-icmp return-icmp6 return-rst ' +
    'round-robin route route-to rtable rule ruleset-optimization scrub set skip sloppy source-hash source-track state ' +
    'state-defaults state-policy static-port sticky-address syncookies synproxy table tag tagged timeout to tos ttl urpf-failed ' +
    'user weight'
  ).split(' '),
);

export interface Lexer {
  next(): Token;
  /** Where the token that was read last stands: `stdin:1`, lines from 1. */
  place(): string;
  /** Goes on in another file, and comes back at its end; false when too many are open. */
  include(text: string, file: string): boolean;
}

/** A file that is being read. */
interface Open {
  readonly text: string;
  readonly file: string;
  at: number;
  line: number;
  hasFakedNewline: boolean;
  /** Read before the rest: macros, which are not themselves searched for macros, and what was put back. */
  pending: string;
}

const openFile = (text: string, file: string, line: number, pending: string): Open => ({
  text,
  file,
  at: 0,
  line,
  hasFakedNewline: false,
  pending,
});

/** As many files as a process may have open. */
const MOST_OPEN = 120;

const isDigit = (c: string): boolean => c >= '0' && c <= '9';
const isAlnum = (c: string): boolean => /^[A-Za-z0-9]$/.test(c);
const isInWord = (c: string): boolean => /^[A-Za-z0-9"$%&'*+\-.:;?@[\\\]^_`|~]$/.test(c);
const doesEndNumber = (c: string): boolean => c === '' || /^[\s),/}=]$/.test(c);

const isInt64 = (digits: string): boolean => BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);

/** Reads `text`; `macro` gives a macro's value, `complain` takes the lexer's own errors (they count as errors). */
export const createLexer = (
  text: string,
  file: string,
  macro: (name: string) => string | null,
  complain: (message: string) => void,
): Lexer => {
  let here = openFile(text, file, 1, '');
  const outer: Open[] = [];
  let tokenLine = 1;

  const raw = (): string => {
    if (here.pending !== '') {
      const c = here.pending.charAt(0);
      here.pending = here.pending.slice(1);
      return c;
    }
    return here.at < here.text.length ? here.text.charAt(here.at++) : '';
  };
  const unread = (c: string): void => {
    if (c === '') return;
    if (here.pending === '' && here.at > 0 && here.text.charAt(here.at - 1) === c) here.at--;
    else here.pending = c + here.pending;
  };
  /** Back to the file that included this one; false when there is none. */
  const leave = (): boolean => {
    const back = outer.pop();
    here = back ?? here;
    return back !== undefined;
  };
  const get = (): string => {
    let c = raw();
    while (c === '\\') {
      const next = raw();
      if (next !== '\n') return next;
      tokenLine = here.line;
      here.line++;
      c = raw();
    }
    if (c === '' && !here.hasFakedNewline) {
      // a last line without a newline still ends
      here.hasFakedNewline = true;
      return '\n';
    }
    while (c === '' && leave()) c = raw();
    return c;
  };
  const skipLine = (): Token => {
    for (let c = get(); c !== ''; c = get())
      if (c === '\n') {
        here.line++;
        break;
      }
    return { kind: 'error', text: '' };
  };

  const quoted = (quote: string): Token => {
    let word = '';
    for (;;) {
      const c = raw();
      if (c === '') {
        complain('reached end of file while parsing quoted string');
        return leave() ? { kind: 'word', text: word } : { kind: 'end', text: '' };
      }
      if (c === '\n') here.line++;
      else if (c === '\\') {
        const next = raw();
        if (next === quote || next === ' ' || next === '\t') word += next;
        else if (next === '\n') here.line++;
        else {
          word += c;
          unread(next);
        }
      } else if (c === quote) return { kind: 'word', text: word };
      else word += c;
    }
  };

  const next = (): Token => {
    for (;;) {
      let c = get();
      while (c === ' ' || c === '\t') c = get();
      tokenLine = here.line;
      if (c === '#') while (c !== '\n' && c !== '') c = get();
      if (c === '$' && here.pending === '') {
        let name = '';
        for (c = get(); c !== '' && (isAlnum(c) || c === '_'); c = get()) name += c;
        const value = macro(name);
        if (value === null) {
          unread(c);
          complain(`macro '${name}' not defined`);
          return skipLine();
        }
        unread(c);
        here.pending = value + here.pending;
        continue;
      }
      if (c === '"' || c === "'") return quoted(c);
      if (c === '!' || c === '<' || c === '>') {
        const after = get();
        if (after === '=' || (c === '<' && after === '>') || (c === '>' && after === '<'))
          return { kind: 'mark', text: c + after };
        unread(after);
        return { kind: 'mark', text: c };
      }
      if (c === '-' || isDigit(c)) {
        let digits = c;
        let after = get();
        while (isDigit(after)) {
          digits += after;
          after = get();
        }
        unread(after);
        if (digits !== '-' && doesEndNumber(after)) {
          if (isInt64(digits)) return { kind: 'number', text: digits };
          complain(`"${digits}" invalid number: too ${digits.startsWith('-') ? 'small' : 'large'}`);
          return skipLine();
        }
        for (const digit of [...digits.slice(1)].reverse()) unread(digit);
        if (c === '-') return { kind: 'mark', text: c };
      }
      if (isAlnum(c) || c === ':' || c === '_') {
        let word = '';
        while (c !== '' && isInWord(c)) {
          word += c;
          c = get();
        }
        unread(c);
        return { kind: KEYWORDS.has(word) ? 'keyword' : 'word', text: word };
      }
      if (c === '\n') {
        here.line++;
        return { kind: 'newline', text: c };
      }
      if (c === '') return { kind: 'end', text: '' };
      return { kind: 'mark', text: c };
    }
  };
  return {
    next,
    place: () => `${here.file}:${tokenLine}`,
    include: (inner, name) => {
      if (outer.length >= MOST_OPEN) return false;
      outer.push(here);
      // the newline ends the line that asked for it
      here = openFile(inner, name, 0, '\n');
      return true;
    },
  };
};
