/** Numbers of routing tables in what pf prints. */
import t from 'tap';
import { parseRuleRtables } from '../../src/text/pf-rtable.ts';

t.test('of the link that each rule is for', async (t) => {
  const rules = [
    'pass out quick on em1 inet proto icmp from (em1) to any icmp-type echoreq set (prio 7) keep state (if-bound) label "uplink:a:probe"',
    'pass in quick on em3 inet all flags S/SA label "uplink:c:in" tagged uplink_inbound rtable 0',
    'pass in quick inet all flags S/SA label "uplink:a" tagged uplink_default rtable 105',
    'pass in quick inet6 from 2001:db8:a::/48 to any flags S/SA label "uplink:b:inet6" tagged uplink_default rtable 101',
    'pass in quick inet all flags S/SA label "uplink:a" tagged uplink_voip rtable 106',
    'pass in quick inet all flags S/SA label "uplink:c" tagged uplink_default route-to 10.2.0.1',
    'block return in quick all label "uplink::default" tagged uplink_default',
    'pass in label "x rtable 7" rtable 9999',
    'pass in label "uplink:d" rtable 256',
  ];
  t.same(parseRuleRtables(rules), [
    { link: 'a', rtable: 105 },
    { link: 'b', rtable: 101 },
  ]);
  t.same(parseRuleRtables([]), []);
});
