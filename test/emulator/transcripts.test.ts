/**
 * Every recording of INDEX.tsv is accounted for: it is replayed byte for byte by the test named here, or it is said why not. A new recording
 * without either makes this fail.
 */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { readTranscript } from '../text/transcript.ts';

/** By test file beside this one: what it replays. */
const REPLAYED: Readonly<Record<string, string>> = {
  'outputs.test.ts': `
    ifconfig-A ifconfig-all ifconfig-all-em ifconfig-bad-group ifconfig-em1-active ifconfig-em1-down
    ifconfig-em1-just-up ifconfig-em1-no-carrier ifconfig-nosuch ifconfig-vio2-active ifconfig-vio2-down
    ifconfig-vio2-no-carrier ifconfig-vio3-rdomain-dhcp pfctl-K pfctl-T-show-vv pfctl-anchor-bad-addr
    pfctl-anchor-bad-rtable pfctl-anchor-load-empty pfctl-anchor-load-n pfctl-anchor-load-ok
    pfctl-anchor-load-v pfctl-anchor-load-vv pfctl-anchor-name-long pfctl-anchor-name-underscore
    pfctl-anchor-queue pfctl-anchor-rtable pfctl-anchor-set-option pfctl-anchor-slash
    pfctl-anchor-syntax-error pfctl-anchor-undef-macro pfctl-anchor-undef-table pfctl-anchor-unreferenced
    pfctl-d pfctl-d-again pfctl-e pfctl-e-again pfctl-file-missing pfctl-flush-anchor-all
    pfctl-flush-missing-anchor pfctl-k-bad-id pfctl-k-gateway pfctl-k-id-again pfctl-k-key pfctl-k-key2
    pfctl-k-label-none pfctl-k-nosuchhost pfctl-k-wan-addr pfctl-load-disabled pfctl-sA pfctl-sT
    pfctl-sT-anchor pfctl-show-missing-anchor pfctl-si pfctl-si-disabled pfctl-sl-uplinkd-mixed pfctl-sm
    pfctl-sn pfctl-sr pfctl-sr-anchor-dev-missing pfctl-sr-disabled pfctl-sr-uplinkd-mixed
    pfctl-sr-vv-a-star pfctl-st pfctl-table-add-dup pfctl-table-add-new pfctl-table-add-v
    pfctl-table-anchor-add pfctl-table-bad-name pfctl-table-const-replace pfctl-table-delete-missing
    pfctl-table-expire pfctl-table-flush-missing pfctl-table-kill pfctl-table-kill-missing
    pfctl-table-replace pfctl-table-replace-badaddr pfctl-table-replace-empty pfctl-table-replace-q
    pfctl-table-replace-same pfctl-table-replace-stdin pfctl-table-replace-v pfctl-table-show
    pfctl-table-show-missing pfctl-table-show-v pfctl-table-test-hit pfctl-table-test-miss
    pfctl-table-test-missing pfctl-table-zero pfctl-usage pfctl-vsA pfctl-vsT pfctl-vsi pfctl-vvsT-anchor
    pfctl-vvsTables-all pfctl-vvsr-uplinkd-mixed pfctl-vvss-uplinkd-mixed ping-D-bigsize ping-I-addr
    ping-I-badaddr ping-I-ifdown ping-I-ifname ping-V101 ping-V101-ifdown ping-V999-missing ping-arp-fail-12
    ping-badarg ping-gw-ifdown ping-gw-no-carrier ping-gw-no-carrier-noarp ping-hostname-fail ping-i02
    ping-loss ping-loss-long ping-noroute ping-noroute-I ping-ok ping-pf-block-drop ping-pf-block-return
    ping-prio-failover ping-q ping-reject ping6 route-T1-show-missing route-T101-get route-T101-show
    route-T103-add-unreach route-add-exists route-add-label route-add-prio route-add-unreach-gw
    route-add-unreach-gw2 route-change route-delete-missing route-flush-T101 route-get-default
    route-get-default-no-carrier route-get-host route-get-label route-get-mpath
    route-get-prio-primary-nocarrier route-monitor-T101 route-monitor-addr-add-del route-monitor-addr-change
    route-monitor-carrier-flap route-monitor-default-add-del route-monitor-default-change
    route-monitor-ifdown-up route-monitor-rtable-101 route-mpath-add route-mpath-add-again
    route-mpath-delete route-prio-delete route-show route-show-T103 route-show-ifdown route-show-ifup-again
    route-show-inet route-show-label route-show-mpath route-show-no-carrier route-show-prio
    route-show-prio-primary-nocarrier sysctl-forwarding sysctl-multipath sysctl-multipath-n sysctl-unknown
  `,
  'by-hand.test.ts': `
    ifconfig-C ifconfig-group-egress ifconfig-group-wan ifconfig-pair1-active ifconfig-pair1-nocarrier
    ifconfig-vio2-multi ifconfig-vlan10 netstat-rn netstat-rn-T101 netstat-rn-inet netstat-rn-no-carrier
    pfctl-k-dst pfctl-k-id pfctl-k-id-creator pfctl-k-key3 pfctl-k-label pfctl-k-net pfctl-k-src-dst
    pfctl-sI pfctl-sl-anchor pfctl-sl-root pfctl-ss pfctl-vvsI pfctl-vvss ping-V110-dead-gw ping-c0
    ping-endless-int ping-endless-term ping-icmp-unreach-host ping-info ping-ttl-exceeded ping-v-unreach
    route-monitor-carrier-loss-return route-monitor-em-carrier route-monitor-inet6
    route-monitor-unprivileged route-show-relayd
  `,
  'dhcp.test.ts': `
    dhcpleasectl-all dhcpleasectl-l-daemon-down dhcpleasectl-l-nosuch dhcpleasectl-l-vio2-notauto
    dhcpleasectl-l-vio3 dhcpleasectl-l-vio3-after dhcpleasectl-l-vio3-ignore-routes
    dhcpleasectl-l-vio3-nocarrier dhcpleasectl-l-vio3-rdomain dhcpleased-leasefile dhcpleased-leasefile-2
    ifconfig-vio3-dhcp route-get-T203-default route-monitor-dhcp route-monitor-dhcp-renumber
    route-monitor-rdomain-dhcp route-show-T0-rdomain-dhcp route-show-T203-dhcp route-show-dhcp
    route-show-dhcp-ignore-routes
  `,
  'pppoe.test.ts': `
    ifconfig-gif0 ifconfig-pppoe0-created ifconfig-pppoe0-discovery ifconfig-pppoe0-down
    ifconfig-pppoe0-parent-nocarrier ifconfig-pppoe0-up-nowildcard ifconfig-pppoe0-up-wildcard
    ifconfig-tun0-p2p ifconfig-wg0 ping-V104-pppoe ping-V104-preadded ping-pppoe-peer pppoe-route-add
    route-T104-pppoe-add route-T104-show route-T104-show-preadded route-show-pppoe-nowildcard
    route-show-pppoe-preadded route-show-pppoe-up
  `,
  'rdomain.test.ts': `
    netstat-R pfctl-k-label-rdomain-0 pfctl-k-label-rdomain-203 pfctl-noperm-load pfctl-noperm-show
    pfctl-noperm-table
  `,
  'announce.test.ts': `
    route-monitor-create-destroy route-monitor-iface-filter
  `,
  'carp.test.ts': `
    ifconfig-carp1
  `,
  'pool.test.ts': `
    pfctl-S-nodes
  `,
};

/** What cannot be replayed, and why. */
const NOT_REPLAYED: Readonly<Record<string, string>> = {
  'arp-an':
    'arp(8) is none of the emulated commands: nothing here runs it; neighbours are seen in route-show',
  'arp-dead': 'as arp-an',
  'ifstated-dvv': 'ifstated(8) is what this replaces; it is run by nothing here',
  'ifstated-n': 'as ifstated-dvv',
  'ifstated-n-v': 'as ifstated-dvv',
  'ifstated-n-error': 'as ifstated-dvv',
  'relayctl-show-hosts': 'relayd(8) is another program for this; it is run by nothing here',
  'relayctl-show-summary': 'as relayctl-show-hosts',
  'relayd-n': 'as relayctl-show-hosts',
  'netstat-i':
    'packets of interfaces are not counted here, only by pf; netstat refuses -i, which by-hand.test.ts checks',
  'netstat-in-I-vio2': 'as netstat-i',
  'ping-icmp-prohibit':
    'no router of the far side refuses by ICMP: what it would refuse is lost, and without -v ping prints the same',
};

const index = readFileSync(new URL('../fixtures/7.8/INDEX.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const [file = '', exit = '', command = ''] = line.split('\t');
    return { file, stem: file.replace(/\.txt$/, ''), exit, command: command.trimEnd() };
  });
const replayed = new Map<string, string>();
for (const [file, stems] of Object.entries(REPLAYED))
  for (const stem of stems.split(/\s+/).filter((one) => one !== '')) replayed.set(stem, file);

/** Whether a test names a recording: whole, or as `'vio2-down'` beside `ifconfig-${name}.txt`. */
const doesName = (source: string, stem: string): boolean => {
  if (source.includes(`${stem}.txt`)) return true;
  return [...source.matchAll(/([a-z0-9-]+-)\$\{name\}\.txt/g)].some(
    ([, prefix = '']) => stem.startsWith(prefix) && source.includes(`'${stem.slice(prefix.length)}'`),
  );
};

t.test('every recording is replayed, or it is said why not', async (test) => {
  for (const { stem } of index) {
    const where = replayed.get(stem);
    const why = NOT_REPLAYED[stem];
    test.ok((where === undefined) !== (why === undefined), `${stem}: ${where ?? why ?? 'nobody replays it'}`);
  }
  const known = new Set(index.map(({ stem }) => stem));
  for (const stem of [...replayed.keys(), ...Object.keys(NOT_REPLAYED)])
    test.ok(known.has(stem), `${stem} is in the index`);
});

t.test('the tests named do name them', async (test) => {
  for (const [file, stems] of Object.entries(REPLAYED)) {
    const source = readFileSync(new URL(file, import.meta.url), 'utf8');
    const missing = stems.split(/\s+/).filter((stem) => stem !== '' && !doesName(source, stem));
    test.same(missing, [], file);
  }
});

t.test('the recordings are those of the index', async (test) => {
  const there = readdirSync(new URL('../fixtures/7.8/', import.meta.url)).filter((file) =>
    file.endsWith('.txt'),
  );
  test.same(there.sort(), index.map(({ file }) => file).sort());
  for (const { file, exit, command } of index) {
    const transcript = readTranscript(file);
    test.equal(transcript.exit === null ? '' : String(transcript.exit), exit, `${file} exit`);
    test.equal(transcript.command, command, `${file} command`);
  }
});
