// pfctl's ruleset optimizer: what of a rule set is left, in which order (sbin/pfctl/pfctl_optimize.c). The answers wanted are what pfctl of 7.8 prints.
import t from 'tap';
import { createMachine } from './machine.ts';

const SIX = '1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6';

const printed = (rules: string): string => {
  const { stdout, stderr } = createMachine().run('pfctl -nvf -', rules);
  return stdout + stderr;
};

const story = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

t.test('rules that another one includes go', async (test) => {
  for (const [rules, wanted] of [
    [['pass', 'pass in', 'pass all'], ['pass all flags S/SA']],
    [
      ['block in from { 10.0.0.0/8 10.1.0.0/16 ! 10.2.0.0/16 }', 'block in from 10.1.2.3'],
      ['block drop in inet from 10.0.0.0/8 to any', 'block drop in inet from ! 10.2.0.0/16 to any'],
    ],
    // of max-mss and set tos it takes no notice: the first one wins
    [
      [
        'match in on em0 scrub (max-mss 1440)',
        'match in on em0 scrub (max-mss 1400)',
        'match in on em1 set tos 4',
        'match in on em1 set tos 8',
      ],
      ['match in on em0 all scrub (max-mss 1440)', 'match in on em1 all set (tos 0x04)'],
    ],
    // a group may hold any interface: nothing moves past it
    [
      ['pass in on egress to 1.1.1.1', 'pass in on em0 to 1.1.1.1', 'pass in to 1.1.1.1'],
      [
        'pass in on egress inet from any to 1.1.1.1 flags S/SA',
        'pass in inet from any to 1.1.1.1 flags S/SA',
      ],
    ],
    // `flags any` counts as wider, and ports do, but neither is
    [
      [
        'pass in proto tcp from any to any port 80 flags any',
        'pass in proto tcp to port 80',
        'pass in proto tcp',
      ],
      ['pass in proto tcp from any to any port = 80 flags any', 'pass in proto tcp all flags S/SA'],
    ],
    [
      ['set ruleset-optimization none', 'pass', 'pass'],
      ['pass all flags S/SA', 'pass all flags S/SA'],
    ],
    // what is said first counts
    [
      ['set ruleset-optimization none', 'set ruleset-optimization basic', 'pass', 'pass'],
      ['pass all flags S/SA', 'pass all flags S/SA'],
    ],
  ] as const)
    test.equal(printed(story(rules)), story(wanted), rules.join('; '));
});

t.test('-o counts more than the rule set', async (test) => {
  const run = (line: string, rules: string) => createMachine().run(line, rules);
  test.equal(run('pfctl -o n -nvf -', 'pass\npass\n').stdout, 'pass all flags S/SA\npass all flags S/SA\n');
  test.equal(
    run('pfctl -o basic -nvf -', 'set ruleset-optimization none\npass\npass\n').stdout,
    'pass all flags S/SA\n',
  );
  const { code, stderr } = run('pfctl -o much -nf -', 'pass\n');
  test.equal(code, 1);
  test.match(stderr, "pfctl: Unknown optimization 'much'\nusage: ");
});

t.test('six addresses are a table', async (test) => {
  test.equal(
    printed(`pass in proto tcp from { ${SIX} }\n`),
    story([
      `table <__automatic_0> const { ${SIX} }`,
      'pass in inet proto tcp from <__automatic_0> to any flags S/SA',
    ]),
  );
  test.equal(
    printed('pass in from { 1.1.1.1 2.2.2.2 3.3.3.3 }\n'),
    story(
      ['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((address) => `pass in inet from ${address} to any flags S/SA`),
    ),
    'less are not',
  );
  const { router, run, load } = createMachine();
  load('', `anchor "x" {\n block in quick to { ${SIX} }\n}\npass\n`);
  const name = [...router.firewall.tables.keys()][0]?.trim() ?? '';
  test.match(name, /^__automatic_[0-9a-f]{8}_0$/, 'kept in the anchor that is loaded, for those inside it');
  test.equal(run('pfctl -a x -sr').stdout, `block drop in quick inet from any to <${name}>\n`);
  test.equal(run(`pfctl -t ${name} -T show`).stdout, `   ${SIX.replaceAll(' ', '\n   ')}\n`);
  load('', 'pass\n');
  test.equal(router.firewall.tables.size, 1, 'the anchor is called no more, and its rules are there');
  run('pfctl -a x -F rules');
  load('', 'pass\n');
  test.equal(router.firewall.tables.size, 0, 'gone with them');
});

t.test('what is left is in order for the skip steps, except where there is a label', async (test) => {
  const rules = [
    'pass in on em0 proto tcp to port 22',
    'pass in on em1 proto udp to port 53',
    'pass in on em0 proto tcp to port 80',
    'pass in on em1 proto udp to port 123',
    'pass in on em0 proto tcp to port 443',
  ];
  const line = (rule: string): string =>
    `${rule.replace('to port', 'from any to any port =')}${rule.includes('tcp') ? ' flags S/SA' : ''}`;
  test.equal(printed(story(rules)), story([0, 2, 4, 1, 3].map((i) => line(rules[i] ?? ''))));
  test.equal(
    printed(story(rules.map((rule) => `${rule} label x`))),
    story(rules.map((rule) => `${line(rule)} label "x"`)),
  );
});

t.test('$nr is the place after that', async (test) => {
  test.equal(
    printed(story(['pass label "$nr"', 'pass in on em0', 'pass in', 'pass label "a$nr" tag x$nr'])),
    story([
      'pass all flags S/SA label "0"',
      'pass in all flags S/SA',
      'pass all flags S/SA label "a2" tag x2',
    ]),
  );
});

t.test('anchors in braces are optimized where they are called', async (test) => {
  test.equal(
    printed(
      story(['anchor "x" in {', 'pass', 'pass in', 'anchor {', `block to { ${SIX} }`, '}', '}', 'pass out']),
    ),
    story([
      'anchor "x" in all {',
      '  pass all flags S/SA',
      '  anchor all {',
      `table <__automatic_0> const { ${SIX} }`,
      '    block drop inet from any to <__automatic_0>',
      '  }',
      '}',
      'pass out all flags S/SA',
    ]),
  );
});
