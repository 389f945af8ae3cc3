/** Draws what goes wrong with commands: they fail, hang, are slow, print half or too much, cannot be started. */
import type { CallFault } from '../emulator/fault.ts';
import type { Random } from '../emulator/random.ts';
import { pick } from './draw-config.ts';
import type { Happening } from './story.ts';

const BUSY =
  'stdin:1: cannot define table pool_inet: Device busy\npfctl: Syntax error in config file: pf rules not loaded\n';
const SYNTAX = 'stdin:3: syntax error\npfctl: Syntax error in config file: pf rules not loaded\n';

const drawPfFault = (random: Random): CallFault =>
  pick<CallFault>(
    random,
    { kind: 'fail', code: 1, stderr: BUSY },
    { kind: 'fail', code: 1, stderr: SYNTAX },
    { kind: 'fail', code: 1, stderr: 'pfctl: /dev/pf: Device busy\n' },
    { kind: 'hang' },
    { kind: 'slow', ms: 100 + random.below(8000) },
    { kind: 'late', ms: 2000 + random.below(8000) },
    { kind: 'partial', bytes: random.below(200) },
    { kind: 'not-started', why: 'Resource temporarily unavailable' },
    { kind: 'extra-line', line: 'what nobody has seen before' },
  );

export const drawFault = (random: Random): Happening => {
  const times = pick(random, 1, 1, 2, 3, 6);
  const common = (command: string, match: string, fault: CallFault): Happening => ({
    kind: 'fault',
    command,
    match,
    times,
    fault,
  });
  const plain = (stderr: string): CallFault =>
    pick<CallFault>(
      random,
      { kind: 'fail', code: 1, stderr },
      { kind: 'hang' },
      { kind: 'slow', ms: 50 + random.below(6000) },
      { kind: 'partial', bytes: random.below(600) },
      { kind: 'extra-line', line: '\tnothing that anybody knows' },
      { kind: 'not-started', why: 'Resource temporarily unavailable' },
    );
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      return common('pfctl', pick(random, '-f -', '-f -', ''), drawPfFault(random));
    case 3:
      return common('pfctl', '-sr', drawPfFault(random));
    case 4:
      return common('pfctl', '-k ', drawPfFault(random));
    case 5:
      return common('pfctl', pick(random, '-T ', '-ss'), drawPfFault(random));
    case 6:
      return common('ifconfig', '', plain('ifconfig: SIOCGIFCONF: Cannot allocate memory\n'));
    case 7:
      return common('route', 'monitor', plain('route: socket: No buffer space available\n'));
    case 8:
      return common(
        'route',
        'show|add|change|delete',
        plain('route: writing to routing socket: No buffer space available\n'),
      );
    default:
      return common(
        pick(random, 'ping', 'ping', 'ping6'),
        '',
        plain('ping: socket: No buffer space available\n'),
      );
  }
};

/** Of what asks targets that are not pinged. */
export const drawAskFault = (random: Random): Happening => ({
  kind: 'fault',
  command: 'nc',
  match: '',
  times: pick(random, 1, 2, 6),
  fault: pick<CallFault>(
    random,
    { kind: 'hang' },
    { kind: 'slow', ms: 50 + random.below(6000) },
    { kind: 'partial', bytes: random.below(60) },
    { kind: 'fail', code: 1, stderr: 'nc: socket: No buffer space available\n' },
    { kind: 'not-started', why: 'Resource temporarily unavailable' },
  ),
});
