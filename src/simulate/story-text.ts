/**
 * Stories as text, for test/scenario/ and for people: one fact a line, blocks of other files behind `| `. What is written
 * is read back to the same story (story-read.ts).
 */
import type { CallFault } from '../emulator/fault.ts';
import type { Happening, Story, StoryEvent } from './story.ts';

const quote = (word: string): string => (/^[^\s"#|]+$/.test(word) ? word : JSON.stringify(word));
const line = (...words: readonly (string | number)[]): string =>
  words.map((word) => quote(String(word))).join(' ');

const faultWords = (fault: CallFault): readonly (string | number)[] => {
  switch (fault.kind) {
    case 'fail':
      return ['fail', fault.code, fault.stderr ?? ''];
    case 'hang':
      return ['hang'];
    case 'slow':
    case 'late':
      return [fault.kind, fault.ms];
    case 'partial':
      return ['partial', fault.bytes];
    case 'extra-line':
      return ['extra-line', fault.line];
    case 'not-started':
      return ['not-started', fault.why];
  }
};

const happeningWords = (happening: Happening): readonly (string | number)[] => {
  switch (happening.kind) {
    case 'carrier':
      return ['carrier', happening.interface, happening.isThere ? 'up' : 'down'];
    case 'ifconfig':
      return ['ifconfig', happening.interface, happening.isUp ? 'up' : 'down'];
    case 'detach':
    case 'attach':
      return [happening.kind, happening.interface];
    case 'dark':
    case 'gateway-dead':
      return [happening.kind, happening.uplink, happening.isSo ? 'yes' : 'no'];
    case 'dark-family':
      return ['dark-family', happening.uplink, happening.family ?? 'none'];
    case 'loss':
      return ['loss', happening.uplink, happening.percent];
    case 'latency':
      return ['latency', happening.uplink, happening.ms];
    case 'blackhole':
      return ['blackhole', happening.uplink, happening.target, happening.isSilent ? 'yes' : 'no'];
    case 'renumber':
      return ['renumber', happening.interface, happening.address];
    case 'offer': {
      const { uplink, address, gateway, isAskedFor } = happening;
      return ['offer', uplink, address, gateway, ...(isAskedFor ? ['asked-for'] : [])];
    }
    case 'ask':
    case 'expire':
      return [happening.kind, happening.uplink];
    case 'far-silent':
      return ['far-silent', happening.uplink, happening.isSo ? 'yes' : 'no'];
    case 'dhcpleased':
      return ['dhcpleased', happening.isRunning ? 'runs' : 'gone'];
    case 'fault':
      return ['fault', happening.command, happening.match, happening.times, ...faultWords(happening.fault)];
    case 'child':
      return ['child', happening.command, happening.match, happening.what];
    case 'admin':
      return ['admin', happening.command, ...happening.args];
    case 'by-hand':
      return ['by-hand', happening.link, happening.mode];
    case 'reload':
      return ['reload', happening.config];
    case 'start':
    case 'restart':
      return [happening.kind, happening.remembers ? 'remembering' : 'afresh'];
    case 'wall':
      return ['wall', happening.ms];
    case 'terminate':
    case 'kill':
    case 'pause':
    case 'resume':
    case 'stall':
    case 'go-on':
    case 'rest':
      return [happening.kind];
    case 'overflow':
      return ['overflow', happening.isFull ? 'begins' : 'ends'];
  }
};

const renderEvent = ({ afterMs, happening }: StoryEvent): string =>
  line('after', `${afterMs}ms`, ...happeningWords(happening));

const block = (head: string, text: string): string =>
  `${head}\n${text
    .replace(/\n$/, '')
    .split('\n')
    .map((each) => `| ${each}`.trimEnd())
    .join('\n')}\n`;

export const renderStory = ({ world, events }: Story): string =>
  [
    `seed ${world.seed}\n`,
    ...world.lanAddresses6.map((address) => `${line('lan', address)}\n`),
    ...world.uplinks.map(
      (uplink) =>
        `${line(
          'uplink',
          uplink.name,
          uplink.interface,
          uplink.address,
          uplink.gateway,
          uplink.address6 ?? '-',
          uplink.gateway6 ?? '-',
          uplink.latencyMs,
          ...uplink.routed,
        )}\n`,
    ),
    ...world.uplinks.flatMap(({ name, learnt }) =>
      learnt === null
        ? []
        : [`${line(learnt.kind, name, learnt.kind === 'dhcp' ? learnt.leaseSeconds : learnt.parent)}\n`],
    ),
    ...world.clients.map(
      (client) =>
        `${line('client', client.address, client.policy, client.kind, client.protocol, client.to, client.everyMs)}\n`,
    ),
    block('pf.conf', world.pfConf),
    ...[...world.configs].map(([name, text]) => block(line('config', name), text)),
    ...events.map((event) => `${renderEvent(event)}\n`),
  ].join('');
