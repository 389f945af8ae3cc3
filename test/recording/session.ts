/**
 * A session at the demo's router, recorded: the daemon's loop over the emulated machine in virtual time, the control socket, and
 * uplinkctl's own code at its other end, which writes what it always writes. So it is the same each time, and nobody has typed it.
 */
import { join } from 'node:path';
import { serveControl } from '../../src/adapter/control-socket.ts';
import { createPfConnections } from '../../src/adapter/pf-connections.ts';
import { mono } from '../../src/core/time.ts';
import { parseCommandLine } from '../../src/ctl/command.ts';
import { execute } from '../../src/ctl/execute.ts';
import { answerRequest, type ControlActions, renderOutcome } from '../../src/daemon/control.ts';
import { takeSnapshot } from '../../src/daemon/snapshot.ts';
import { statePlaces, withStates } from '../../src/daemon/states.ts';
import { demoUplinks } from '../../src/demo/uplinks.ts';
import { createInProcessCommands } from '../../src/emulator/commands.ts';
import { createVirtualWorld } from '../system/virtual.ts';
import type { Cast } from './cast.ts';

const WIDTH = 88;
const HEIGHT = 30;
const PROMPT = '\u001b[1mgate#\u001b[0m ';
/** Seconds. */
const KEY = 0.06;
const READING = 3.5;
/** Nobody wants to wait in a recording for as long as one does at a router. */
const LONGEST_GAP = 1.2;

const config = `
[link.fibre]
interface = "em1"
gateway = "203.0.113.1"
weight = 3
[link.dsl]
interface = "pppoe0"
gateway = "peer"
[link.lte]
interface = "em3"
gateway = "dhcp"
tier = 2
metered = true
[policy.default]
`;

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `directory`: for the control socket. */
export const recordSession = async (directory: string): Promise<Cast> => {
  const world = await createVirtualWorld(config, { uplinks: demoUplinks, seed: 20261120 });
  const { loop, clock, router } = world;
  const commands = createInProcessCommands(router);
  const connections = createPfConnections({ commands, clock });
  const events: (readonly [number, string])[] = [];
  let at = 0.5;
  const put = (text: string): void => {
    events.push([Math.round(at * 1000) / 1000, text.replaceAll('\n', '\r\n')]);
  };

  const status = () =>
    takeSnapshot(
      loop.engine(),
      {
        version: '0.1.0',
        pid: 4711,
        config: '/etc/uplinkd.conf',
        startedAt: mono(0),
        settingsLoadedAt: mono(0),
      },
      loop.history(),
      loop.reactions(),
      clock.now(),
    );
  /** Lines that a monitor was sent, and whether there is one. */
  let told = 0;
  let isFollowed = false;
  const actions: ControlActions = {
    status,
    statusWithStates: async () => {
      const counting = connections.count(statePlaces(loop.engine()));
      await world.run(50);
      return withStates(status(), await counting);
    },
    reload: () => [],
    admin: (link, mode) => {
      loop.admin(link, mode);
      return renderOutcome(loop.engine().decisions, link);
    },
    probe: () => 'not here',
    metrics: async () => '',
    setVerbose: () => {},
    listen: (listener) => {
      isFollowed = true;
      return loop.listen((event) => {
        told += 1;
        listener(event);
      });
    },
  };
  const path = join(directory, 's');
  const serve = () =>
    serveControl({
      path,
      group: null,
      log: { write: () => {} },
      onRequest: (request, client) => answerRequest(request, client, actions),
    });

  const type = (line: string): void => {
    put(PROMPT);
    at += 0.8;
    for (const key of line) {
      put(key);
      at += KEY;
    }
    at += 0.3;
    put('\n');
    at += 0.1;
  };
  const uplinkctl = (args: readonly string[], out: (text: string) => void, err = out) =>
    execute(parseCommandLine(['-s', path, ...args]), {
      out,
      err,
      isColoured: true,
      columns: WIDTH,
      timeoutMs: 60_000,
      run: async () => 1,
    });
  const ask = async (...args: readonly string[]): Promise<void> => {
    type(`uplinkctl ${args.join(' ')}`);
    await uplinkctl(args, put);
    at += READING;
  };
  const remark = (text: string): void => {
    type(`# ${text}`);
    at += 0.5;
  };

  const traffic = router.lan.startTraffic({
    clients: Array.from({ length: 12 }, (_, index) => `10.0.0.${10 + index}`),
    newConnectionsPerSecond: 4,
    udpFlows: [],
  });
  let control = await serve();
  await world.run(1_500_000);

  await ask('show');
  await ask('show', 'links');
  remark('somebody pulls the cable of fibre, and puts it back');
  type('uplinkctl monitor');
  let seen = 0;
  let last = clock.now();
  const follow = (text: string): void => {
    seen += 1;
    put(text);
  };
  // Ended by a signal, it says nothing more.
  const monitor = uplinkctl(['monitor'], follow, () => {});
  while (!isFollowed) await immediate();
  const live = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      const before = told;
      await world.run(100);
      if (told === before) continue;
      at += Math.min(LONGEST_GAP, (clock.now() - last) / 1000);
      last = clock.now();
      while (seen < told) await immediate();
    }
  };
  await live(1000);
  router.setCarrier('em1', false);
  await live(5000);
  router.setCarrier('em1', true);
  await live(25_000);
  at += 2;
  put('^C\n');
  await control.close();
  await monitor;
  control = await serve();
  await ask('show', 'history', 'fibre');
  remark('the line of fibre is to be worked on');
  await ask('drain', 'fibre');
  await world.run(20_000);
  await ask('show', 'links');
  await ask('explain', 'default');
  put(PROMPT);
  at += READING;
  put('\n');
  traffic.stop();
  router.setDhcpleasedRunning(false);
  world.stop();
  await control.close();
  return { width: WIDTH, height: HEIGHT, title: 'uplinkctl', events };
};
