/**
 * The page's sentences: what is wrong in one line, where traffic goes, and what a person can do about it. Pure functions of the
 * status document; the words are for somebody who was woken by it.
 */

import type { Reason } from '../core/model.ts';
import { millis, renderDuration } from '../core/time.ts';
import type { LinkStatus, PathStatus, PolicyFamilyStatus, Status } from '../wire/status.ts';
import { renderWait } from '../wire/words.ts';

export type Mood = 'good' | 'unsure' | 'bad';

export interface Verdict {
  readonly mood: Mood;
  readonly title: string;
  /** What follows for connections. */
  readonly detail: string;
  readonly advice: readonly string[];
}

export const renderLength = (ms: number): string => renderDuration(millis(ms));

export const renderMs = (ms: number): string => `${ms.toFixed(ms >= 100 ? 0 : 1)} ms`;

export const moodOf = (health: PathStatus['health']): Mood => {
  if (health === 'up') return 'good';
  return health === 'down' ? 'bad' : 'unsure';
};

const answeringWords = (count: number, of: number): string =>
  count === 0 ? `none of ${of} targets answers` : `${count} of ${of} targets answer`;

const answering = ({ targets }: PathStatus): string =>
  answeringWords(targets.filter(({ verdict }) => verdict === 'answers').length, targets.length);

const gatewayAnswers = ({ targets }: PathStatus): boolean =>
  targets.some(({ target, verdict }) => target === 'gateway' && verdict === 'answers');

/** `uplinkctl -j show links` has 1000 for a fall that has just been; half of it is two minutes old. */
const FLAPPING = 500;

/** What its falls have left behind; null when there is nothing to be told, or the reason tells it. */
export const renderFlapping = ({
  reason,
  damping: { penalty, suppressed, reuseInMs },
}: PathStatus): string | null => {
  if (penalty < FLAPPING || reason === 'damped') return null;
  return suppressed && reuseInMs !== null
    ? `has failed too often, is held back for ${renderWait(reuseInMs)} even if it comes back`
    : 'has failed lately';
};

/** Why a path has its health, as a sentence. */
export const renderWhy = (link: LinkStatus, path: PathStatus): string => {
  const nic = link.interface;
  switch (path.reason) {
    case 'starting':
      return 'just started, nothing is known yet';
    case 'answering':
      return answering(path);
    case 'probing':
      return `is back, waiting for answers: ${answering(path)}`;
    case 'hold':
      return path.holdRemainingMs === null
        ? 'answers again, is held back'
        : `answers again, is used in ${renderWait(path.holdRemainingMs)} if it stays good`;
    case 'damped':
      return path.holdRemainingMs === null
        ? 'answers again, but has failed too often'
        : `has failed too often, is used in ${renderWait(path.holdRemainingMs)} if it stays good`;
    case 'admin':
      return 'disabled by hand';
    case 'interface-absent':
      return `there is no interface ${nic}`;
    case 'interface-down':
      return `${nic} is not UP`;
    case 'carrier-down':
      return `no carrier on ${nic}`;
    case 'no-address':
      return `${nic} has no ${path.family} address`;
    case 'no-gateway':
      return 'the gateway is not known yet';
    case 'gateway-off-link':
      return `the gateway is not on a network of ${nic}`;
    case 'same-gateway':
      return 'another link has the same gateway';
    case 'same-network':
      return 'another link is on the same network';
    case 'same-rdomain':
      return 'another link is in the same routing domain';
    case 'no-route':
      return `routing table ${link.rtable} could not be set`;
    case 'probe-loss':
      if (path.health !== 'down') return 'it loses packets';
      return gatewayAnswers(path) ? 'its gateway answers, nothing behind it does' : answering(path);
    case 'probe-latency':
      return 'it is slow';
  }
};

/** What to do, in the order in which it is likely to help; null where nothing is to be done. */
const adviceFor = (link: LinkStatus, path: PathStatus): string | null => {
  const { name, interface: nic } = link;
  const advice: Readonly<Record<Reason, string | null>> = {
    starting: null,
    answering: null,
    probing: null,
    hold: null,
    damped: `${name}: it fails again and again: check cables and modem, then call the provider`,
    admin: `${name}: to use it again: uplinkctl enable ${name}`,
    'interface-absent': `${name}: look for ${nic} in ifconfig and dmesg; is the name in uplinkd.conf right?`,
    'interface-down': `${name}: ifconfig ${nic} up`,
    'carrier-down': `${name}: check the cable of ${nic}, and whether the modem has power`,
    'no-address': `${name}: ask dhcpleasectl ${nic}, or look at /etc/hostname.${nic}; then call the provider`,
    'no-gateway': `${name}: the provider has told no gateway: dhcpleasectl -l ${nic}, or restart the modem`,
    'gateway-off-link': `${name}: compare gateway in uplinkd.conf with ifconfig ${nic}`,
    'same-gateway': `${name}: put one of the two links into a routing domain of its own (RDOMAINS in uplinkd.conf(5))`,
    'same-network': `${name}: put one of the two links into a routing domain of its own (RDOMAINS in uplinkd.conf(5))`,
    'same-rdomain': `${name}: give each of the two links its own routing domain`,
    'no-route': `${name}: the log has the words of route(8)`,
    'probe-loss':
      path.health === 'down'
        ? gatewayAnswers(path)
          ? `${name}: the gateway answers, the internet behind it does not: call the provider`
          : `${name}: restart the modem; if that does not help, call the provider`
        : `${name}: is the line full? See the plot below, then call the provider`,
    'probe-latency': `${name}: is the line full? See the plot below`,
  };
  return advice[path.reason];
};

const listed = (names: readonly string[]): string => {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
};

const isWorking = ({ paths }: LinkStatus): boolean =>
  paths.some(({ health }) => health === 'up' || health === 'degraded');

const shareWords = ({ shares }: PolicyFamilyStatus): string =>
  shares.length === 1
    ? (shares[0]?.link ?? '')
    : shares.map(({ link, percent }) => `${link} ${Math.round(percent)}%`).join(', ');

/** Of this machine itself, where uplinkd decides it. */
const renderOwnTraffic = ({ ownTraffic: { mode, families } }: Status): string => {
  if (mode === 'none' || mode === 'leave') return '';
  const carriers = families.filter(({ links }) => links.length > 0);
  const [first] = carriers;
  if (first === undefined) return 'This router itself is cut off.';
  const ways = new Set(carriers.map(({ links }) => links.join(' ')));
  return ways.size === 1
    ? `This router itself goes by ${listed(first.links)}.`
    : `This router itself goes by ${carriers.map(({ family, links }) => `${listed(links)} (${family})`).join(', ')}.`;
};

/** Where connections go; one clause for all policies where they agree. */
const renderTraffic = (status: Status): string => {
  const { policies } = status;
  const decisions = policies.flatMap(({ name, families }) =>
    families.filter(({ source }) => source === null).map((decision) => ({ name, decision })),
  );
  const refused = decisions.filter(({ decision }) => decision.shares.length === 0);
  const served = decisions.filter(({ decision }) => decision.shares.length > 0);
  const isLastResort = served.every(({ decision }) => decision.rung === 'last-resort');
  const same = new Set(served.map(({ decision }) => shareWords(decision)));
  const goes =
    served.length === 0
      ? ''
      : same.size === 1
        ? `New connections ${isLastResort ? 'are still tried by' : 'go by'} ${[...same][0] ?? ''}.`
        : `New connections: ${served.map(({ name, decision }) => `${name} by ${shareWords(decision)}`).join('; ')}.`;
  const not =
    refused.length === 0
      ? ''
      : `Connections of ${listed([...new Set(refused.map(({ name }) => name))])} are refused.`;
  return [goes, not, renderOwnTraffic(status)].filter((each) => each !== '').join(' ');
};

/** pf comes first: without it nothing of the rest is in force. */
const pfAdvice = ({ pf }: Status): readonly string[] => [
  ...(pf.called
    ? []
    : [`add this line to /etc/pf.conf and load it with pfctl -f /etc/pf.conf: anchor "${pf.anchor}"`]),
  ...(pf.failure === null ? [] : [`pf refuses the rules: ${pf.failure.text}`]),
];

/** The one line that matters, and what comes under it. */
export const renderVerdict = (status: Status): Verdict => {
  const { links, pf } = status;
  const all = links.flatMap((link) => link.paths.map((path) => ({ link, path })));
  const advice = [
    ...pfAdvice(status),
    ...new Set(all.flatMap(({ link, path }) => (path.health === 'up' ? [] : (adviceFor(link, path) ?? [])))),
    ...links
      .filter(({ admin }) => admin === 'drained')
      .map(({ name }) => `${name}: is drained by hand: uplinkctl enable ${name}`),
  ];
  const detail = renderTraffic(status);
  const verdict = (mood: Mood, title: string): Verdict => ({ mood, title, detail, advice });
  const down = links.filter(
    ({ paths }) => paths.length > 0 && paths.every(({ health }) => health === 'down'),
  );
  const working = links.filter(isWorking);
  const isStarting = all.some(({ path }) => path.reason === 'starting');
  if (!pf.called || pf.failure !== null) return verdict('bad', 'pf does not do what it should');
  if (working.length === 0) {
    return isStarting || links.length === 0
      ? verdict('unsure', 'Starting: nothing is known yet')
      : verdict('bad', 'No link works');
  }
  const refused = status.policies.some(({ families }) =>
    families.some(({ source, rung }) => source === null && rung === 'none'),
  );
  const isAre = (names: readonly LinkStatus[]): string =>
    `${listed(names.map(({ name }) => name))} ${names.length === 1 ? 'is' : 'are'} down`;
  if (down.length > 0) return verdict(refused ? 'bad' : 'unsure', isAre(down));
  const troubled = all.filter(({ path }) => path.health !== 'up');
  const [first] = troubled;
  if (first !== undefined) {
    const names = listed([...new Set(troubled.map(({ link, path }) => `${link.name} ${path.family}`))]);
    const healths = new Set(troubled.map(({ path }) => path.health));
    const [health] = healths;
    const word =
      healths.size > 1 || health === undefined ? 'not well' : health === 'unknown' ? 'coming back' : health;
    return verdict(refused ? 'bad' : 'unsure', `${names} ${troubled.length === 1 ? 'is' : 'are'} ${word}`);
  }
  if (refused) return verdict('bad', 'Some connections are refused');
  const drained = links.filter(({ admin }) => admin !== 'enabled');
  return drained.length > 0
    ? verdict('unsure', `${listed(drained.map(({ name }) => name))} not used, by hand`)
    : verdict('good', links.length === 1 ? 'The link is up' : `All ${links.length} links are up`);
};
