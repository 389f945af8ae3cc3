/** `antispoof`: the block rules that it stands for, of each interface one for its networks and one for its addresses (sbin/pfctl/parse.y, antispoof). */

import { nodeOf } from './pf-address-parse.ts';
import type { HostNode, InterfaceNode, RuleSpec } from './pf-expand.ts';
import { addressesNamed, NO_MODIFIERS } from './pf-host.ts';
import { interfaceItem, list, rtable } from './pf-item-parse.ts';
import { blank, checkLabel, parseLogQuick } from './pf-rule-parse.ts';
import type { Source } from './pf-source.ts';

interface Guarded {
  readonly nic: InterfaceNode;
  /** `(em0)` */
  readonly isDynamic: boolean;
}

const NETWORK = { ...NO_MODIFIERS, network: true };

const guarded = (source: Source): Guarded => {
  const isDynamic = source.skip('(');
  if (source.is('!')) source.syntaxError();
  const nic = interfaceItem(source);
  if (isDynamic) source.expect(')');
  if (nic.rdomain !== null) source.unknown('antispoof for rdomain');
  return { nic, isDynamic };
};

const hostsOf = (
  source: Source,
  name: string,
  isDynamic: boolean,
  isNetwork: boolean,
): readonly HostNode[] => {
  const modifiers = isNetwork ? NETWORK : NO_MODIFIERS;
  if (!isDynamic) return addressesNamed(source.world, name, modifiers).map(nodeOf);
  return [
    { family: null, host: { kind: 'interface', name, modifiers }, isNegated: false, weight: 0, scope: null },
  ];
};

const options = (source: Source): Pick<RuleSpec, 'label' | 'rtable'> => {
  let found: Pick<RuleSpec, 'label' | 'rtable'> = { label: '', rtable: null };
  for (;;)
    if (source.skip('label')) {
      const label = source.word();
      if (found.label !== '') source.refuse('label cannot be redefined');
      found = { ...found, label };
    } else if (source.skip('rtable')) found = { ...found, rtable: rtable(source) };
    else return found;
};

/** The word itself has not been taken yet. An interface that has no addresses gives no rule. */
export const parseAntispoof = (source: Source): readonly RuleSpec[] => {
  source.take();
  const said = parseLogQuick(source);
  source.expect('for');
  const all = list(source, () => guarded(source));
  const family = source.skip('inet') ? 'inet' : source.skip('inet6') ? 'inet6' : null;
  const given = options(source);
  if (source.peek().kind !== 'newline') source.syntaxError();
  checkLabel(source, given.label);
  const rule: RuleSpec = { ...blank('block'), ...said, ...given, direction: 'in', family };
  const rules = all.flatMap(({ nic, isDynamic }): readonly RuleSpec[] => {
    const name = nic.name ?? '';
    const outside: RuleSpec = {
      ...rule,
      interfaces: [{ ...nic, isNegated: true }],
      sources: hostsOf(source, name, isDynamic, true),
    };
    const isLoopback = /^lo[0-9]+$/.test(name);
    return isLoopback ? [outside] : [outside, { ...rule, sources: hostsOf(source, name, isDynamic, false) }];
  });
  return rules.filter(({ sources }) => sources !== null && sources.length > 0);
};
