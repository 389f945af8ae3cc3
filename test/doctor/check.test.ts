/** The doctor on broken machines: each fault is found, and gone after exactly what the words say was done. */
import t from 'tap';
import { isSound } from '../../src/doctor/finding.ts';
import { CONFIG, createPatient, type Patient, PF } from './patient.ts';

interface Fault {
  /** The id that is found; nothing else of more weight than advice. */
  readonly id: string;
  readonly what: RegExp;
  readonly break: (patient: Patient) => unknown;
  /** Other findings that follow from the same fault. */
  readonly beside?: readonly string[];
  /** Advice that the cure leaves room for. */
  readonly leaves?: readonly string[];
}

const loadPf = async (patient: Patient): Promise<void> => {
  const result = await patient.run(`pfctl -f ${PF}`);
  if (result.kind !== 'exited' || result.code !== 0) throw new Error(JSON.stringify(result));
};
const editPf =
  (change: (text: string) => string) =>
  async (patient: Patient): Promise<void> => {
    patient.edit(PF, change);
    await loadPf(patient);
  };
const editConfig =
  (change: (text: string) => string) =>
  (patient: Patient): void =>
    patient.edit(CONFIG, change);
const without = (line: string) => (text: string) => text.replace(`${line}\n`, '');
const withProgram =
  (target: string, mode: number, uid = 0) =>
  (patient: Patient): void => {
    patient.edit(CONFIG, (text) => text.replace('"9.9.9.9"', `"9.9.9.9", "${target}"`));
    patient.rights.set('/etc/uplinkd/portal', { kind: 'file', mode, uid, gid: 0 });
  };
const TAG = 'match in on $lan inet from $lan:network to ! <uplinkd_local> tag uplink_default';
const ANCHOR = 'anchor "uplinkd"';

const faults: readonly Fault[] = [
  { id: 'pf-disabled', what: /^pf is not enabled$/, break: (patient) => patient.run('pfctl -d') },
  { id: 'anchor-not-called', what: /does not call the anchor uplinkd/, break: editPf(without(ANCHOR)) },
  {
    id: 'anchor-not-called',
    what: /does not call/,
    break: async (patient) => {
      // It is in the file, and nobody has loaded it.
      await editPf(without(ANCHOR))(patient);
      patient.edit(PF, (text) => text.replace('load anchor', `${ANCHOR}\nload anchor`));
    },
  },
  {
    id: 'quick-before-anchor',
    what: /pass in quick on em0 inet from 10\.0\.0\.0\/24 to any/,
    break: editPf((text) => text.replace(TAG, `pass in quick on $lan inet from $lan:network to any\n${TAG}`)),
  },
  {
    id: 'quick-before-anchor',
    what: /pass in quick on em0 inet6 proto ipv6-icmp all icmp6-type echoreq/,
    break: editPf((text) =>
      text.replace(
        TAG,
        `pass in quick on $lan inet6 proto ipv6-icmp icmp6-type { neighbrsol echoreq }\n${TAG}`,
      ),
    ),
  },
  {
    id: 'quick-before-anchor',
    what: /pass out quick/,
    break: editPf((text) => text.replace(ANCHOR, `pass out quick\n${ANCHOR}`)),
  },
  {
    id: 'quick-before-anchor',
    what: /block return in quick on em0 all/,
    break: editPf((text) => text.replace(ANCHOR, `block return in quick on $lan\n${ANCHOR}`)),
  },
  {
    id: 'tag-after-anchor',
    what: /tags behind the anchor: match in on em0/,
    break: editPf((text) => `${without(TAG)(text)}${TAG}\n`),
  },
  { id: 'policy-untagged', what: /for the policy default$/, break: editPf(without(TAG)) },
  {
    id: 'policy-untagged',
    what: /for the policy voip$/,
    break: editConfig((text) => `${text}[policy.default]\n[policy.voip]\n`),
  },
  {
    id: 'tag-without-policy',
    what: /tags uplink_guest, and there is no policy guest/,
    break: editPf((text) =>
      text.replace(
        ANCHOR,
        `match in on $lan inet proto udp to ! <uplinkd_local> tag uplink_guest\n${ANCHOR}`,
      ),
    ),
  },
  {
    id: 'inbound-disabled',
    what: /rules tag uplink_inbound/,
    break: editPf((text) =>
      text.replace(ANCHOR, `match in on em1 inet proto tcp to port ssh tag uplink_inbound\n${ANCHOR}`),
    ),
  },
  {
    id: 'local-not-exempt',
    what: /tags what is for this network, too/,
    break: editPf((text) => text.replace('to ! <uplinkd_local> tag', 'tag')),
  },
  {
    id: 'local-not-exempt',
    what: /too/,
    break: editPf((text) => text.replace('to ! <uplinkd_local> tag', 'to any tag')),
  },
  {
    id: 'local-table-missing',
    what: /does not define the table <uplinkd_local>/,
    break: editPf(without('table <uplinkd_local> persist { self 10.0.0.0/8 }')),
  },
  {
    id: 'foreign-nat',
    what: /translates as well: match out on em1/,
    break: editPf((text) =>
      text.replace(ANCHOR, `match out on em1 inet from $lan:network nat-to (em1)\n${ANCHOR}`),
    ),
  },
  { id: 'lo-not-skipped', what: /set skip on lo/, break: editPf(without('set skip on lo')) },
  {
    id: 'anchor-file-missing',
    what: /loads \/var\/db\/uplinkd\/anchor\.conf, and there is no such file/,
    break: (patient) => {
      patient.router.files.delete('/var/db/uplinkd/anchor.conf');
    },
  },
  {
    id: 'anchor-file-missing',
    what: /no such file/,
    break: (patient) => {
      patient.router.files.delete('/var/db/uplinkd/anchor.conf');
      patient.rights.delete('/var/db/uplinkd');
    },
  },
  {
    id: 'inet-not-forwarded',
    what: /^net\.inet\.ip\.forwarding is 0$/,
    break: async (patient) => {
      patient.write('/etc/sysctl.conf', '');
      await patient.run('sysctl net.inet.ip.forwarding=0');
    },
  },
  {
    id: 'inet-not-forwarded-until-boot',
    what: /sysctl\.conf does not say so/,
    break: (patient) => patient.write('/etc/sysctl.conf', '# nothing\n'),
  },
  {
    id: 'inet6-not-forwarded',
    what: /^net\.inet6\.ip6\.forwarding is 0$/,
    break: async (patient) => {
      await editConfig((text) =>
        text.replace('gateway = "192.0.2.1"', 'gateway = "192.0.2.1"\ngateway6 = "fe80::1"\nnat6 = "nat"'),
      )(patient);
      await patient.run('sysctl net.inet6.ip6.forwarding=0');
    },
  },
  {
    id: 'multipath-off',
    what: /net\.inet\.ip\.multipath is 0/,
    break: editConfig((text) => `default_route = "multipath"\n${text}`),
  },
  {
    id: 'stray-default-route',
    what: /has a default route by em1 \(192\.0\.2\.1\)/,
    break: async (patient) => {
      patient.write('/etc/mygate', '192.0.2.1\n');
      await patient.run('route -n add default 192.0.2.1');
    },
  },
  {
    id: 'interface-absent',
    what: /there is no interface em7$/,
    break: editConfig((text) => text.replace('"em2"', '"em7"')),
  },
  { id: 'interface-down', what: /em2 is not up/, break: (patient) => patient.run('ifconfig em2 down') },
  {
    id: 'gateway-off-link',
    what: /198\.51\.100\.1 is on no network of em0 \(10\.0\.0\.0\/24\)/,
    break: editConfig((text) => text.replace('"em2"', '"em0"')),
    beside: ['policy-untagged'],
  },
  {
    id: 'same-network',
    what: /links fibre and dsl: em1 and em2 are on the same network/,
    // Rightly so: it is asked by the other line.
    beside: ['gateway-silent'],
    break: async (patient) => {
      patient.write('/etc/hostname.em2', 'inet 192.0.2.3/24\n');
      await patient.run('ifconfig em2 inet 192.0.2.3/24');
      patient.router.setGateway('dsl', '192.0.2.254');
      patient.edit(CONFIG, (text) => text.replace('198.51.100.1', '192.0.2.254'));
    },
  },
  {
    id: 'only-gateway-probed',
    what: /link fibre: nothing but its gateway is probed/,
    break: editConfig((text) => text.replace('targets = ["gateway", "9.9.9.9"]', 'targets = ["gateway"]')),
  },
  {
    id: 'no-prefix6',
    what: /neither prefix6 nor nat6/,
    break: (patient) => {
      patient.edit(CONFIG, (text) => text.replace('"192.0.2.1"', '"192.0.2.1"\ngateway6 = "fe80::1"'));
      patient.edit('/etc/sysctl.conf', (text) => `${text}net.inet6.ip6.forwarding=1\n`);
    },
  },
  {
    id: 'probe-blocked',
    what: /pf does not let pings out by em1/,
    break: editPf((text) =>
      text.replace('block return\n', 'block return\nblock out quick on em1 proto icmp\n'),
    ),
  },
  {
    id: 'lease-without-gateway',
    what: /dhcpleased\.conf ignores its routes/,
    break: (patient) => {
      patient.edit(CONFIG, (text) => text.replace('"198.51.100.1"', '"dhcp"'));
      patient.write('/etc/dhcpleased.conf', 'interface em2 {\n\tignore routes\n}\n');
    },
    leaves: ['lease-in-rdomain-0'],
  },
  {
    id: 'lease-in-rdomain-0',
    what: /link dsl: its lease puts a default route into routing table 0/,
    break: (patient) => {
      patient.write('/etc/hostname.em2', 'inet 198.51.100.2/24\n');
      patient.edit(CONFIG, (text) => text.replace('"198.51.100.1"', '"dhcp"'));
    },
  },
  {
    id: 'queue-missing',
    what: /^em1 has queues, and em2 has none$/,
    break: editPf((text) =>
      text.replace(
        'block return\n',
        'queue up on em1 bandwidth 95M max 95M\nqueue rest on em1 parent up bandwidth 90M default\nblock return\n',
      ),
    ),
  },
  {
    id: 'writable-by-others',
    what: /uplinkd\.conf has mode 0666/,
    break: (patient) => patient.rights.set(CONFIG, { kind: 'file', mode: 0o666, uid: 0, gid: 0 }),
  },
  {
    id: 'owned-by-others',
    what: /uplinkd belongs to the user 1000/,
    break: (patient) =>
      patient.rights.set('/var/db/uplinkd', { kind: 'directory', mode: 0o750, uid: 1000, gid: 0 }),
  },
  {
    id: 'program-not-executable',
    what: /^\/etc\/uplinkd\/portal, a probe of link fibre: it has mode 0644$/,
    break: withProgram('exec:/etc/uplinkd/portal -v', 0o644),
  },
  {
    id: 'program-writable',
    what: /^\/etc\/uplinkd\/portal, a probe of link fibre: it has mode 0775$/,
    break: withProgram('exec:/etc/uplinkd/portal', 0o775),
  },
  {
    id: 'program-owned-by-others',
    what: /^\/etc\/uplinkd\/portal, a probe of link fibre: it belongs to the user 1000$/,
    break: withProgram('exec:/etc/uplinkd/portal', 0o755, 1000),
  },
  {
    id: 'program-writable',
    what: /^\/etc\/uplinkd\/notify, the hook: it has mode 0757$/,
    break: (patient) => {
      patient.edit(CONFIG, (text) => `${text}[hook]\ncommand = ["/etc/uplinkd/notify"]\n`);
      patient.rights.set('/etc/uplinkd/notify', { kind: 'file', mode: 0o757, uid: 0, gid: 0 });
    },
  },
  {
    id: 'socket-open',
    what: /uplinkd\.sock has mode 0666/,
    break: (patient) =>
      patient.rights.set('/var/run/uplinkd.sock', { kind: 'socket', mode: 0o666, uid: 0, gid: 0 }),
  },
  {
    id: 'socket-is-none',
    what: /is no socket/,
    break: (patient) =>
      patient.rights.set('/var/run/uplinkd.sock', { kind: 'file', mode: 0o600, uid: 0, gid: 0 }),
  },
  {
    id: 'not-running',
    what: /does not run/,
    break: (patient) => patient.rights.delete('/var/run/uplinkd.sock'),
  },
  {
    id: 'pf-off-at-boot',
    what: /rc\.conf\.local/,
    break: (patient) => patient.edit('/etc/rc.conf.local', (text) => `pf=NO\n${text}`),
  },
  {
    id: 'not-enabled',
    what: /does not enable uplinkd/,
    break: (patient) => patient.write('/etc/rc.conf.local', 'ntpd_flags=\n'),
  },
];

t.test('a machine that is well', async (t) => {
  t.strictSame(await (await createPatient()).examine(), []);
});

t.test('programs that are well', async (t) => {
  const path = '/etc/uplinkd/portal';
  // Any x bit is enough for root.
  for (const mode of [0o755, 0o500, 0o610, 0o601]) {
    const patient = await createPatient();
    withProgram(`exec:${path}`, mode)(patient);
    t.strictSame(await patient.examine(), [], mode.toString(8));
  }
  const patient = await createPatient();
  withProgram(`exec:${path}`, 0o755)(patient);
  patient.rights.set(path, { kind: 'other', mode: 0o644, uid: 1000, gid: 0 });
  t.strictSame(await patient.examine(), [], 'where a symbolic link leads is not looked at');
  patient.rights.set(path, { kind: 'directory', mode: 0o755, uid: 0, gid: 0 });
  t.match(await patient.examine(), [{ id: 'program-not-executable', what: /it is a directory$/, cures: [] }]);
});

t.ok(new Set(faults.map(({ id }) => id)).size >= 20, 'different faults');

for (const { id, what, break: breakIt, beside = [], leaves = [] } of faults) {
  t.test(`${id}: ${what.source}`, async (t) => {
    const patient = await createPatient();
    await breakIt(patient);
    const found = await patient.examine();
    const fault = found.find((each) => each.id === id);
    if (fault === undefined) throw new Error(`not found among ${JSON.stringify(found)}`);
    t.match(fault.what, what);
    t.strictSame(
      found.filter((each) => each.id !== id && !beside.includes(each.id)).map((each) => each.id),
      [],
      'nothing else is said to be wrong',
    );
    t.ok(fault.why.length > 20);
    // Twice: one fault may be found in two places.
    for (const again of found.filter((each) => each.id === id).slice(0, 2)) {
      t.ok(again.cures.length > 0, 'it has a cure');
      for (const cure of again.cures) await patient.obey(cure);
      const after = await patient.examine();
      if (after.every((each) => each.id !== id)) break;
    }
    const rest = await patient.examine();
    t.strictSame(
      rest.map((each) => each.id),
      leaves,
      'cured',
    );
    t.ok(isSound(rest));
  });
}

t.test('what only the owner can put right', async (t) => {
  const rows: readonly (readonly [string, RegExp, (patient: Patient) => unknown])[] = [
    ['config-invalid', /^\/etc\/uplinkd\.conf:1:1: /, editConfig((text) => `x = 1\n${text}`)],
    [
      'config-invalid',
      /^\/etc\/uplinkd\.conf:1:1: not TOML 1\.0: expected UTF-8/,
      (patient) => {
        patient.encodings.set(CONFIG, 'latin1');
        patient.edit(CONFIG, (text) => `# d\u00e9bit\n${text}`);
      },
    ],
    ['config-invalid', /there is no such file/, (patient) => patient.router.files.delete(CONFIG)],
    [
      'gateway-is-own',
      /192\.0\.2\.2 is an address of this machine/,
      editConfig((text) => text.replace('192.0.2.1', '192.0.2.2')),
    ],
    [
      'program-missing',
      /portal, a probe of link fibre: there is no such file$/,
      editConfig((text) => text.replace('"9.9.9.9"', '"9.9.9.9", "exec:/etc/uplinkd/portal"')),
    ],
    [
      'gateway-silent',
      /192\.0\.2\.1 does not answer/,
      (patient) => patient.router.setGatewayDead('fibre', true),
    ],
    [
      'pf-unreadable',
      /Permission denied/,
      (patient) =>
        patient.router.faults.add({
          command: 'pfctl',
          times: 100,
          fault: { kind: 'fail', code: 1, stderr: 'pfctl: /dev/pf: Permission denied\n' },
        }),
    ],
  ];
  for (const [id, what, breakIt] of rows) {
    const patient = await createPatient();
    await breakIt(patient);
    const found = await patient.examine();
    t.match(found, [{ id, what, cures: [] }], id);
    t.equal(isSound(found), id === 'gateway-silent', `${id}: advice alone is sound`);
  }
});

t.test('no command answers, no file is there: nothing is thrown', async (t) => {
  const patient = await createPatient();
  for (const command of ['pfctl', 'ifconfig', 'route', 'sysctl', 'ping'])
    patient.router.faults.add({
      command,
      times: 100,
      fault: { kind: 'not-started', why: `/sbin/${command}: no` },
    });
  patient.router.files.clear();
  patient.rights.clear();
  const found = await patient.examine();
  t.match(
    found.map(({ id }) => id),
    ['config-invalid', 'not-running', 'pf-unreadable'],
  );
});
