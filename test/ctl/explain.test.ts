import t from 'tap';
import { renderExplanation, selectPolicy } from '../../src/ctl/explain.ts';
import { inColour, plain } from '../../src/ctl/terminal.ts';
import type { PolicyFamilyStatus, PolicyStatus, Status } from '../../src/wire/status.ts';
import fc from '../chance.ts';
import { check, must } from '../text/random.ts';
import { exampleStatus } from '../wire/example.ts';

const policyOf = (name: string): PolicyStatus => {
  const found = exampleStatus.policies.find((policy) => policy.name === name);
  if (found === undefined) throw new Error(`no policy ${name}`);
  return found;
};
const explained = (policy: PolicyStatus, status: Status = exampleStatus): string =>
  renderExplanation(status, policy, plain);
/** Every decision of a policy, changed. */
const decided = (policy: PolicyStatus, over: Partial<PolicyFamilyStatus>): PolicyStatus => ({
  ...policy,
  families: policy.families.map((decision) => ({ ...decision, ...over })),
});

const wanted: Readonly<Record<string, string>> = {
  default: `\
policy default, packets tagged uplink_default

inet: rung up, these shares for 3.1s
  good members, of the lowest tier that has any
  balance "weight": by chance, in the ratio of the weights
  100%  fibre  em0 to 203.0.113.1, tier 1, up (answering)
     -  dsl    unknown (hold), up in 7s
     -  lte    down (carrier-down)
     -  radio  down (probe-loss)
  if fibre is lost: dsl 100% (tier 1, recovering)

inet6 from 2001:db8:a::/48 (fibre): rung degraded, these shares for 4m12s
  no member is up, these answer, but badly
  balance "weight": by chance, in the ratio of the weights
  100%  fibre  em0 to fe80::1, degraded: degraded (probe-latency)
     -  dsl    no gateway6
     -  lte    no gateway6
     -  radio  no gateway6
  if fibre is lost: refused

inet6 from elsewhere: refused, members take only what is in their prefix6

balance = "weight"
degraded = "avoid": a degraded member is used only if none is up
failback is not set: "move" on lte (metered), else "stay"
empty = "last-resort": with no trusted member, all that could work are tried
`,
  voip: `\
policy voip, packets tagged uplink_voip

inet: rung recovering, these shares for 1.0s
  no better member, these answer again, but not for long yet
  balance "weight": by chance, in the ratio of the weights
   67%  fibre  em0 to 203.0.113.1, recovering: unknown (hold)
   33%  dsl    em1 to 198.51.100.1, recovering: unknown (hold), up in 7s
  if fibre is lost: dsl 100% (tier 1, recovering)
  if fibre and dsl are lost: refused

inet6: refused, no member has a gateway6

balance = "weight"
degraded = "use": a degraded member is as good as any
failback = "move": connections on a worse tier end once a better one has held
empty = "drop": with no trusted member, new connections are refused
`,
  guest: `\
policy guest, packets tagged uplink_guest

inet: rung none, these shares for 4m12s
  refused, no member can take it
     -  lte  down (carrier-down)

inet6: refused, no member has a gateway6

balance = "least-states", sticky = true
degraded = "never": a degraded member is a last resort
failback = "stay": connections on a worse tier stay when a better one is back
empty = "last-resort": with no trusted member, all that could work are tried
`,
};

t.test('text', async (t) => {
  for (const [name, text] of Object.entries(wanted)) {
    t.equal(explained(policyOf(name)), text);
    t.ok(
      text.split('\n').every((line) => line.length <= 80),
      'fits into 80 columns',
    );
    const coloured = renderExplanation(exampleStatus, policyOf(name), inColour);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of
    t.equal(coloured.replace(/\u001b\[[0-9]+m/g, ''), text, 'colours change nothing but colours');
  }
});

t.test('what balance is in force', async (t) => {
  const voip: PolicyStatus = { ...policyOf('voip'), balance: 'source-hash', sticky: true };
  t.match(
    explained(decided(voip, { balance: 'source-hash' })),
    '  balance "source-hash": by the address of the client, which so keeps its link\n' +
      '  sticky: a client keeps its link while it has connections\n   67%',
  );
  t.match(
    explained(decided(voip, { balance: 'weight' })),
    '  not by "source-hash": pf has no pool of link-local gateways, rtables or prefixes\n' +
      '  balance "weight": by chance, in the ratio of the weights\n   67%',
    'and a chain is not sticky',
  );
});

t.test('what is refused since nothing is about it', async (t) => {
  const policy = policyOf('default');
  const [inet, inet6] = policy.families;
  if (inet === undefined || inet6 === undefined) throw new Error('the example has two families');
  const refusals = (families: readonly PolicyFamilyStatus[]): readonly string[] =>
    explained({ ...policy, families })
      .split('\n')
      .filter((line) => /^inet6?( from elsewhere)?: refused/.test(line));
  t.strictSame(refusals([inet, { ...inet, family: 'inet6' }]), []);
  t.strictSame(refusals([inet, inet6, { ...inet, family: 'inet6' }]), []);
  t.strictSame(refusals([inet6]), [
    'inet: refused, no member has a gateway',
    'inet6 from elsewhere: refused, members take only what is in their prefix6',
  ]);
  t.match(
    explained({ ...policy, families: [inet6, { ...inet, family: 'inet6' }] }),
    '\ninet6 from elsewhere: rung up',
  );
});

t.test('odds below half a per cent are not none', async (t) => {
  const shares = [
    { link: 'fibre', percent: 99.7 },
    { link: 'dsl', percent: 0.3 },
  ];
  t.match(explained(decided(policyOf('voip'), { shares })), /\n +100% +fibre .*\n +<1% +dsl /);
});

t.test('failback that is not set', async (t) => {
  const links = exampleStatus.links.map((link) => ({ ...link, metered: false }));
  t.match(
    explained(policyOf('default'), { ...exampleStatus, links }),
    'failback is not set: connections stay, as no member is metered\n',
  );
  const all = exampleStatus.links.map((link) => ({ ...link, metered: true }));
  t.match(
    explained({ ...policyOf('voip'), failback: null }, { ...exampleStatus, links: all }),
    'failback is not set: "move" on fibre and dsl (metered), else "stay"\n',
    'of its own members only',
  );
});

t.test('rules that pf does not have are told first', async (t) => {
  const pf = { ...exampleStatus.pf, called: false, applied: 'unknown' } as const;
  t.match(
    explained(policyOf('guest'), { ...exampleStatus, pf }),
    /^policy guest.*\npf: the main rule set lacks this line.*: anchor "uplinkd"\npf: the rules are not known to be in place\n\n/,
  );
});

t.test('JSON: the policy alone', async (t) => {
  const policy = policyOf('voip');
  t.strictSame(selectPolicy(exampleStatus, policy), { version: 1, policy });
});

t.test('whatever names and reasons there are: whole lines that no terminal obeys', async (t) => {
  const [first] = policyOf('default').families;
  if (first === undefined) throw new Error('the example has a decision');
  check(
    t,
    fc.property(fc.string({ unit: 'binary' }), fc.double({ noNaN: true }), (any, number) => {
      const policy: PolicyStatus = {
        ...policyOf('default'),
        name: any,
        tag: any,
        families: [
          {
            ...first,
            source: any,
            sinceMs: number,
            shares: [{ link: any, percent: number }],
            members: [{ link: any, tier: 1, weight: 1, used: true, why: any }],
            failovers: [{ lost: [any], rung: 'up', shares: [{ link: any, percent: number }] }],
          },
        ],
      };
      const links = exampleStatus.links.map((link) => ({
        ...link,
        name: any,
        interface: any,
        prefix6: [any],
      }));
      const lines = explained(policy, { ...exampleStatus, links }).split('\n');
      must(lines.pop() === '', 'the last line ends');
      must(!lines.some((line) => /\p{Cc}/u.test(line)), 'no control characters');
      must(lines.length === 15, `${lines.length} lines`);
    }),
  );
});
