/** Draws what the other end of an uplink does that gives out address and gateway: other ones, the same again, or nothing more. */
import type { CallFault } from '../emulator/fault.ts';
import type { Random } from '../emulator/random.ts';
import { pick } from './draw-config.ts';
import type { Happening, StoryUplink } from './story.ts';

/** What happens, and what puts it right, by name; null: nothing has to. */
export type Change = readonly [string, Happening, Happening | null];

/** `100.64.3.2/24` -> 3, which tells uplinks apart. */
const numberOf = (uplink: StoryUplink): string => uplink.address.split('.')[2] ?? '0';

const drawOffer = (
  random: Random,
  uplink: StoryUplink,
): Pick<Happening & { kind: 'offer' }, 'address' | 'gateway'> => {
  const number = numberOf(uplink);
  const length = uplink.address.includes('/') ? '/24' : '';
  const host = 10 + random.below(40);
  const own = `100.64.${number}`;
  const other = `100.${pick(random, 65, 66)}.${number}`;
  return pick(
    random,
    { address: `${own}.${host}${length}`, gateway: uplink.gateway },
    { address: uplink.address, gateway: uplink.gateway },
    { address: `${own}.2${length}`, gateway: `${own}.254` },
    { address: `${other}.${host}${length}`, gateway: `${other}.1` },
    { address: `${other}.2${length}`, gateway: `${other}.1` },
  );
};

export const drawLearntChange = (random: Random, uplink: StoryUplink): Change => {
  const { name } = uplink;
  const ask: Happening = { kind: 'ask', uplink: name };
  const silent = (isSo: boolean): Happening => ({ kind: 'far-silent', uplink: name, isSo });
  const isLease = uplink.learnt?.kind === 'dhcp';
  switch (random.below(isLease ? 9 : 6)) {
    case 0:
    case 1:
    case 2: {
      const isAskedFor = !isLease || random.chance(0.7);
      return [
        'offer',
        { kind: 'offer', uplink: name, ...drawOffer(random, uplink), isAskedFor },
        isAskedFor ? null : ask,
      ];
    }
    case 3:
      return ['ask', ask, null];
    case 4:
    case 5:
      return ['far-silent', silent(true), silent(false)];
    case 6:
    case 7:
      return ['far-silent', { kind: 'expire', uplink: name }, silent(false)];
    default:
      return [
        'dhcpleased',
        { kind: 'dhcpleased', isRunning: false },
        { kind: 'dhcpleased', isRunning: true },
      ];
  }
};

export const drawLeaseFault = (random: Random): Happening => ({
  kind: 'fault',
  command: 'dhcpleasectl',
  match: '',
  times: pick(random, 1, 1, 2, 6),
  fault: pick<CallFault>(
    random,
    { kind: 'fail', code: 1, stderr: 'dhcpleasectl: connect: /dev/dhcpleased.sock: Connection refused\n' },
    { kind: 'hang' },
    { kind: 'slow', ms: 50 + random.below(6000) },
    { kind: 'partial', bytes: random.below(120) },
    { kind: 'not-started', why: 'Resource temporarily unavailable' },
  ),
});
