// `include` in a rule set (sbin/pfctl/parse.y: include, pushfile, popfile, lgetc).
import t from 'tap';
import { createMachine } from './machine.ts';

const FILES: ReadonlyMap<string, string> = new Map([
  ['/etc/one', 'pass proto tcp\nblock\n'],
  ['/etc/wrong', 'pass on $a\nb = "vio2"\npass frob\nblock frob'],
  ['/etc/outer', 'include "/etc/one"\nblock from nosuch\nmatch'],
  ['/etc/quote', 'pass "abc'],
  ['/etc/endless', 'include "/etc/endless"\n'],
]);

for (const [rules, stdout, stderr] of [
  ['include "/etc/one"\nmatch', 'pass proto tcp all flags S/SA\nblock drop all\nmatch all\n', ''],
  [
    'anchor x {\ninclude "/etc/one"\n}',
    'anchor "x" all {\n  pass proto tcp all flags S/SA\n  block drop all\n}\n',
    '',
  ],
  [
    'a = "vio1"\ninclude "/etc/wrong"\npass on $b\npass frob',
    'a = "vio1"\nb = "vio2"\n',
    '/etc/wrong:3: syntax error\nstdin:4: syntax error\n',
  ],
  [
    'include "/etc/outer"\npass frob',
    '',
    'no IP address found for nosuch\n/etc/outer:2: could not parse host specification\nstdin:2: syntax error\n',
  ],
  [
    'include "/etc/nosuch"\npass',
    '',
    'pfctl: pushfile: /etc/nosuch: No such file or directory\nstdin:1: failed to include file /etc/nosuch\n',
  ],
  [
    'include "/etc/quote"\npass',
    '',
    '/etc/quote:1: reached end of file while parsing quoted string\nstdin:1: syntax error\n',
  ],
  [
    'include "/etc/endless"',
    '',
    'pfctl: pushfile: /etc/endless: Too many open files\n/etc/endless:1: failed to include file /etc/endless\n',
  ],
  ['include', '', 'stdin:1: syntax error\n'],
] as const)
  t.test(rules, async (test) =>
    test.same(createMachine({ files: FILES }).run('pfctl -nvf -', rules), {
      code: stderr === '' ? 0 : 1,
      signal: null,
      stdout,
      stderr,
    }),
  );
