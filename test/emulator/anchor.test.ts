// Anchors inside anchors, anchors in braces, tables in them, `load anchor`, and what a flush leaves (sbin/pfctl, OPENBSD.md 3e, 3h).
import t from 'tap';
import type { Machine } from './machine.ts';
import { createMachine } from './machine.ts';

const A = '192.0.2.1';
const B = '198.51.100.1';
const MAIN = `set skip on lo
table <uplinkd_local> persist { 10.0.0.0/8 }
match in on vio1 inet from vio1:network to !<uplinkd_local> tag uplink_default
pass
anchor "uplinkd"
`;
const PARENT = `anchor "default" in inet all tagged uplink_default
block return in quick all tagged uplink_default
pass out quick on vio2 inet tagged uplink_default nat-to (vio2:0) keep state (if-bound)
pass out quick on vio3 inet tagged uplink_default nat-to (vio3:0) keep state (if-bound)
`;
const CHILD = 'pass in quick inet route-to <gw> least-states\n';
const tail = 'pfctl: Syntax error in config file: pf rules not loaded\n';

const machine = (): Machine => {
  const made = createMachine();
  made.load('', MAIN);
  made.load('uplinkd', PARENT);
  made.load('uplinkd/default', `table <gw> persist\n${CHILD}`);
  return made;
};
const connect = (made: Machine, protocol: 'udp' | 'tcp' = 'udp'): string => {
  const outcome = made.router.lan.open({ client: '10.0.0.2', protocol, to: '203.0.113.53' }).send();
  return outcome.kind === 'delivered' ? (outcome.uplink ?? '?') : outcome.kind;
};

t.test('an anchor that is called in an anchor is its child', async (test) => {
  const made = machine();
  test.equal(connect(made), 'silence', 'an empty table: packets vanish');
  made.run('pfctl -a uplinkd/default -t gw -T replace -f -', `${B} weight 3\n`);
  test.equal(connect(made), 'b');
  test.match(
    made.run('pfctl -a uplinkd -sr').stdout,
    /^anchor "default" in inet all tagged uplink_default\nblock return in quick all tagged uplink_default\n/,
  );
  test.equal(
    made.run('pfctl -a uplinkd/default -sr').stdout,
    'pass in quick inet all flags S/SA route-to <gw> least-states\n',
  );
  test.equal(made.run('pfctl -sA').stdout, '  uplinkd\n  uplinkd/default\n');
  test.match(
    made.run("pfctl -a 'uplinkd*' -sr").stdout,
    /^anchor "default" in inet all tagged uplink_default \{\n {2}pass in quick .* least-states\n\}\nblock/,
  );
  test.match(
    made.run('pfctl -vvss').stdout,
    /1:1 pkts, 76:76 bytes, anchor 0, rule 0\n/,
    'the inner call’s number',
  );
  made.load('uplinkd/default', '');
  test.equal(connect(made, 'tcp'), 'refused', 'an empty child: on to the next rule of the parent');
  made.load('uplinkd', PARENT.replace('"default"', '"/elsewhere"'));
  made.load('elsewhere', `pass in quick inet route-to ${A}\n`);
  test.equal(connect(made), 'a', 'with a slash in front: from the top');
});

t.test('a child sees its own tables and those of the main rule set, not its parent’s', async (test) => {
  const made = machine();
  made.run('pfctl -a uplinkd/default -t gw -T kill');
  made.run('pfctl -a uplinkd -t gw -T add 192.0.2.1');
  test.equal(connect(made), 'silence');
  made.run('pfctl -t gw -T add 192.0.2.1');
  test.equal(connect(made), 'a');
});

t.test('tables of one name: a warning for each other anchor, and it is done all the same', async (test) => {
  const made = machine();
  const first = made.run('pfctl -t gw -T replace -f -', `${A}\n`);
  test.same(first, {
    code: 0,
    signal: null,
    stdout: '',
    stderr:
      'pfctl: warning: table <gw> already defined in anchor "uplinkd/default"\n1 table created.\n1 addresses added.\n',
  });
  test.equal(
    made.run('pfctl -a uplinkd/voip -f -', 'table <gw> persist\npass\n').stderr,
    'pfctl: warning: table <gw> already defined in anchor "uplinkd/default"\npfctl: warning: table <gw> already defined in anchor "/"\n',
  );
  test.equal(made.run('pfctl -a uplinkd/voip -t gw -T delete 192.0.2.1').stderr, '0/1 addresses deleted.\n');
  test.equal(made.run('pfctl -a uplinkd/voip -t gw -T show').stdout, '');
});

t.test('an anchor in braces: loaded with its parent, printed as pfctl prints it', async (test) => {
  const made = createMachine();
  const rules = `pass out
anchor "uplinkd" in on vio1 {
  table <gw> persist { ${A} }
  pass in quick inet route-to <gw>
  anchor {
    block return
  }
}
anchor out on vio2 {
  pass out quick label "named $nr"
}
`;
  test.equal(
    made.run('pfctl -vf -', rules).stdout,
    `table <gw> persist { ${A} }
pass out all flags S/SA
anchor "uplinkd" in on vio1 all {
  pass in quick inet all flags S/SA route-to <gw> round-robin
  anchor all {
    block return all
  }
}
anchor out on vio2 all {
  pass out quick all flags S/SA label "named 0"
}
`,
  );
  test.equal(
    made.run('pfctl -sr').stdout,
    `pass out all flags S/SA
anchor "uplinkd" in on vio1 all
anchor out on vio2 all {
  pass out quick all flags S/SA label "named 0"
}
`,
    'what has no name is shown where it is called',
  );
  test.equal(
    made.run('pfctl -a uplinkd -sr').stdout,
    'pass in quick inet all flags S/SA route-to <gw> round-robin\nanchor all {\n  block return all\n}\n',
  );
  test.equal(made.run('pfctl -a uplinkd -t gw -T show').stdout, `   ${A}\n`);
  test.equal(connect(made), 'silence', 'routed to A, not translated: the provider drops it');
  test.equal(connect(made, 'tcp'), 'silence');
  test.equal(
    made.run('pfctl -f -', rules).stderr,
    'pfctl: warning: table <gw> already defined in anchor "uplinkd"\n',
    'pfctl reads it under another name and warns of itself',
  );
  made.load('', 'pass\nanchor "uplinkd" {\n}\n');
  test.equal(
    made.run('pfctl -a uplinkd -sr').stdout.split('\n').length,
    5,
    'without a rule it is called, not loaded',
  );
  made.load('outer', 'anchor "inner" {\npass in label "deep"\n}\n');
  test.match(made.run('pfctl -a outer/inner -sl').stdout, /^deep /);
});

t.test('load anchor: in one step with the main rule set, or not at all', async (test) => {
  const file = '/var/db/uplinkd/anchor.conf';
  const made = machine();
  const main = `${MAIN}load anchor "uplinkd" from "${file}"\n`;
  const before = made.run('pfctl -sr').stdout;
  test.same(made.run('pfctl -f -', `block\n${main}`), {
    code: 1,
    signal: null,
    stdout: '',
    stderr: `pfctl: pushfile: ${file}: No such file or directory\npfctl: cannot open the main config file!: No such file or directory\n${tail}pfctl: load anchors\n`,
  });
  test.equal(made.run('pfctl -sr').stdout, before);
  made.router.files.set(file, 'pass in frob\n');
  test.equal(made.run('pfctl -f -', main).stderr, `${file}:1: syntax error\n${tail}pfctl: load anchors\n`);
  test.match(made.run('pfctl -a uplinkd -sr').stdout, /^anchor "default"/);
  made.router.files.set(file, PARENT.replaceAll('vio3', 'vio2'));
  test.equal(made.run('pfctl -vf -', main).stderr, `\nLoading anchor uplinkd from ${file}\n`);
  test.notMatch(made.run('pfctl -a uplinkd -sr').stdout, /vio3/);
  test.equal(
    made.run('pfctl -a uplinkd/default -sr').stdout.split('\n').length,
    2,
    'children are left alone',
  );
  made.router.files.set(file, '');
  made.load('', main);
  test.equal(made.run('pfctl -a uplinkd -sr').stdout, '');
});

t.test('flushing: what stays', async (test) => {
  const made = machine();
  made.run('pfctl -a uplinkd/default -t gw -T replace -f -', `${A}\n`);
  connect(made);
  const kept = made.run('pfctl -a uplinkd -sr').stdout;
  test.same(made.run('pfctl -Fa'), {
    code: 0,
    signal: null,
    stdout: '',
    stderr:
      '1 tables deleted.\nrules cleared\n2 states cleared\nsource tracking entries cleared\npf: statistics cleared\npf: interface flags reset\n',
  });
  test.equal(made.run('pfctl -sr').stdout, '', 'nobody calls the anchor any more');
  test.equal(made.run('pfctl -sT').stdout, '');
  test.equal(made.run('pfctl -a uplinkd -sr').stdout, kept, 'but it is there');
  test.equal(made.run('pfctl -a uplinkd/default -t gw -T show').stdout, `   ${A}\n`);
  test.equal(connect(made), 'refused', 'no rule, no route');
  made.load('', MAIN);
  test.equal(connect(made), 'a', 'and goes on when it is called again');
  test.equal(made.run('pfctl -a uplinkd -F rules').stderr, 'rules cleared\n');
  test.equal(made.run('pfctl -a uplinkd -sr').stdout, '');
  test.equal(made.run('pfctl -a uplinkd/default -sr').stdout.split('\n').length, 2);
  made.load('uplinkd', PARENT);
  test.equal(made.run('pfctl -a uplinkd -F all').stderr, '0 tables deleted.\nrules cleared\n');
  test.equal(made.run('pfctl -a uplinkd/default -sr').stdout.split('\n').length, 2, 'not recursive');
  made.run("pfctl -a 'uplinkd*' -F all");
  test.equal(made.run('pfctl -sA').stdout, '  uplinkd\n');
});

t.test('anchors that pfctl has named show with -v (sbin/pfctl/pfctl.c, pfctl_walk_show)', async (test) => {
  const made = createMachine();
  made.load('', 'anchor {\npass\nanchor "in" {\nblock\n}\n}\nanchor "a" {\nanchor {\npass\n}\n}\n');
  test.equal(made.run('pfctl -sA').stdout, '  a\n  a/_4\n', 'only the first name counts');
  test.equal(made.run('pfctl -vsA').stdout, '  _1\n  _1/in\n  a\n  a/_4\n');
});

t.test('-vvsr: a table that is not there has no number (sys/net/pf.c, pf_tbladdr_copyout)', async (test) => {
  const made = createMachine();
  made.load('', 'table <t> persist { 10.0.0.1 }\npass from <t> to <u>\nanchor a\n');
  made.load('a', 'pass to <t>\npass to <u>\n');
  const shown = (line: string): readonly string[] => made.run(line).stdout.match(/<.*?>/g) ?? [];
  test.same(shown('pfctl -vvsr'), ['<t:1>', '<u:*>']);
  test.same(shown('pfctl -a a -vvsr'), ['<t:1>', '<u:*>']);
  made.run('pfctl -t t -T kill');
  test.same(shown('pfctl -a a -vvsr'), ['<t:*>', '<u:*>']);
  made.run('pfctl -t t -T add 10.0.0.1 10.0.0.2');
  test.same(shown('pfctl -vvsr'), ['<t:2>', '<u:*>']);
});

t.test(
  'a table that a load does not define goes when nobody names it (sys/net/pf_table.c, pfr_setflags_ktable)',
  async (test) => {
    const made = createMachine();
    const tables = (): string => made.run('pfctl -vsT').stdout;
    made.load('', 'table <t> { 10.0.0.2 }\npass from <t>\n');
    made.load('', 'block from <t>\n');
    test.equal(tables(), '--a-r--\tt\n', 'the new rules have taken hold of it before the old ones let go');
    test.equal(made.run('pfctl -t t -T show').stdout, '   10.0.0.2\n');
    made.load('', 'pass\n');
    test.equal(tables(), '');
  },
);
