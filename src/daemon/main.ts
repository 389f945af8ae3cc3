#!/usr/bin/env node
/** uplinkd: puts the parts together, and owns signals and the exit status. */
import './frugal.ts';
import { hostname } from 'node:os';
import { createCarpCounter } from '../adapter/carp.ts';
import { createClock } from '../adapter/clock.ts';
import { readConfigFile } from '../adapter/config-file.ts';
import { type Control, serveControl } from '../adapter/control-socket.ts';
import { createHooks } from '../adapter/hook.ts';
import { createWebServer } from '../adapter/http-server.ts';
import { createLastGood } from '../adapter/last-good.ts';
import { type AdjustableLog, createForegroundLog, createSyslogLog } from '../adapter/log.ts';
import { createMemoryFile } from '../adapter/memory-file.ts';
import { createCarrierWatch } from '../adapter/monitor.ts';
import { createPfConnections } from '../adapter/pf-connections.ts';
import { createPfctl, isFailure } from '../adapter/pf-run.ts';
import { createPfStates } from '../adapter/pf-states.ts';
import { createFirewall } from '../adapter/pfctl.ts';
import { createProber } from '../adapter/ping.ts';
import { createPinger } from '../adapter/pinger.ts';
import { runProgram } from '../adapter/program.ts';
import { createRoutes } from '../adapter/route.ts';
import { createCommands, pathOfCommand } from '../adapter/run.ts';
import { createSeriesFile } from '../adapter/series-file.ts';
import { type ParsedConfig, parseConfigFile, renderConfigError } from '../config/parse.ts';
import { renderConfig } from '../config/print.ts';
import type { AdminMode, Settings } from '../core/model.ts';
import { hookNowOf } from '../wire/hook.ts';
import { answerRequest, type ControlActions, renderOutcome } from './control.ts';
import { createControlGroup } from './control-group.ts';
import { dryRun } from './dry-run.ts';
import { createFigures } from './figures.ts';
import { renderFullStatus } from './full-status.ts';
import { followWithHooks } from './hook-gate.ts';
import { createLoop } from './loop.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { createPlots } from './plots.ts';
import { createProbeNow } from './probe-now.ts';
import { type Loaded, reload } from './reload.ts';
import { takeSnapshot } from './snapshot.ts';
import { statePlaces, withStates } from './states.ts';
import { VERSION } from './version.ts';
import { createWeb } from './web.ts';

/** Milliseconds: rc(8) and people do not wait long. */
const LONGEST_FAREWELL = 900;

const loadConfig = (file: string): Loaded => {
  const read = readConfigFile(file);
  if (read.kind === 'unread') return { kind: 'refused', errors: [`${file}: ${read.why}`] };
  const parsed: ParsedConfig = parseConfigFile(read.bytes, file);
  return parsed.kind === 'ok' ? parsed : { kind: 'refused', errors: parsed.errors.map(renderConfigError) };
};

const complain = (lines: readonly string[]): void => {
  process.stderr.write(lines.map((line) => `${line}\n`).join(''));
};

/** The real commands are only there on OpenBSD, and only root may ask pf. */
const hasMachine = (options: Options): boolean =>
  options.commands !== null || (process.platform === 'openbsd' && process.getuid?.() === 0);

const compareWithPf = async (options: Options, settings: Settings): Promise<readonly string[]> => {
  const clock = createClock();
  const commands = createCommands({ directory: options.commands });
  const pfctl = createPfctl(commands);
  const silent = { write: () => {} };
  return dryRun(settings, {
    clock,
    carrier: createCarrierWatch({ commands, clock }),
    firewall: createFirewall({ commands, clock }),
    memory: createMemoryFile(options.stateDirectory, silent),
    readRules: async (anchor) => {
      const read = await pfctl.readRules(anchor);
      return isFailure(read) ? read.text : read;
    },
  });
};

const checkConfig = async (options: Options): Promise<number> => {
  const loaded = loadConfig(options.config);
  if (loaded.kind === 'refused') {
    complain(loaded.errors);
    return 1;
  }
  if (options.verbose) process.stdout.write(renderConfig(loaded.settings));
  if (options.verbose && hasMachine(options)) complain(await compareWithPf(options, loaded.settings));
  // Printed settings must be a file that -n accepts, so the verdict then goes where it is not part of it.
  (options.verbose ? process.stderr : process.stdout).write('configuration OK\n');
  return 0;
};

const openLog = (options: Options, commands: ReturnType<typeof createCommands>): AdjustableLog =>
  options.foreground
    ? createForegroundLog({
        verbose: options.verbose,
        colour: process.stderr.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb',
        write: (line) => process.stderr.write(line),
      })
    : createSyslogLog({ commands, verbose: options.verbose });

const runDaemon = async (options: Options, first: Settings): Promise<void> => {
  const clock = createClock();
  const commands = createCommands({ directory: options.commands });
  const route = pathOfCommand(options.commands, 'route');
  const log = openLog(options, commands);
  const lastGood = createLastGood(options.stateDirectory, log);
  lastGood.ensure();
  const loop = createLoop({
    clock,
    log,
    carrier: createCarrierWatch({ commands, clock }),
    prober: createProber({ commands, clock, route }),
    firewall: createFirewall({ commands, clock, lastGood }),
    routes: createRoutes({ commands }),
    carp: createCarpCounter({ commands }),
    memory: createMemoryFile(options.stateDirectory, log),
  });
  let settings = first;
  const facts = { version: VERSION, pid: process.pid, config: options.config, startedAt: clock.now() };
  let settingsLoadedAt = clock.now();

  let control: Control | null = null;
  const groups = createControlGroup({ say: loop.say, isRoot: process.getuid?.() === 0 });

  const reloadConfig = (): readonly string[] =>
    reload({
      file: options.config,
      load: () => loadConfig(options.config),
      loop,
      adopt: (next) => {
        groups.move(control, next.controlGroup);
        hooks.configure(next.hook);
        serveWeb(next.metrics);
        figures.reloaded(true);
        settings = next;
        settingsLoadedAt = clock.now();
      },
      onRefused: () => figures.reloaded(false),
    });
  const status = () =>
    takeSnapshot(
      loop.engine(),
      { ...facts, settingsLoadedAt },
      loop.history(),
      loop.reactions(),
      clock.now(),
    );

  const connections = createPfConnections({ commands, clock });
  const statusWithStates = async () => {
    const counts = await connections.count(statePlaces(loop.engine()));
    return withStates(status(), counts);
  };

  const admin = (link: string, mode: AdminMode): readonly string[] | null => {
    if (!settings.links.some((each) => each.name === link)) return null;
    loop.admin(link, mode);
    return renderOutcome(loop.engine().decisions, link);
  };

  const hooks = createHooks({ clock, log, run: runProgram, look: () => hookNowOf(status()) });
  hooks.configure(settings.hook);
  followWithHooks(loop, hooks);

  const figures = createFigures({
    clock,
    loop,
    hooks,
    states: createPfStates({ commands, clock }),
    status,
  });
  const plots = createPlots({
    clock,
    engine: loop.engine,
    file: createSeriesFile(options.stateDirectory, log),
  });
  const web = createWebServer({
    clock,
    say: loop.say,
    answer: createWeb({ clock, loop, figures, status, series: plots.store, hostname: hostname() }),
  });
  const serveWeb = (wanted: Settings['metrics']): void => {
    web.configure(wanted);
    plots.configure(wanted !== null);
  };

  const actions: ControlActions = {
    status,
    statusWithStates,
    reload: reloadConfig,
    admin,
    probe: createProbeNow({ engine: loop.engine, pinger: createPinger({ commands, clock, route }) }),
    metrics: () => figures.read('prometheus'),
    setVerbose: log.setVerbose,
    listen: loop.listen,
  };

  try {
    control = await serveControl({
      path: options.socket,
      group: groups.find(settings.controlGroup),
      log,
      sayRefused: (why) => ({ kind: 'error', text: why }),
      onRequest: (request, client) => answerRequest(request, client, actions),
    });
  } catch (error) {
    complain([`uplinkd: ${error instanceof Error ? error.message : String(error)}`]);
    process.exit(1);
  }

  let isStopping = false;
  const stop = (signal: string): void => {
    if (isStopping) return;
    isStopping = true;
    const rest = settings.onExit === 'keep' ? 'pf stays as it is' : 'pf is flushed';
    loop.say('notice', `${signal}, terminating; ${rest}`);
    hooks.stop();
    plots.stop();
    // What is still under way (a pfctl, a child that does not want to end) is not waited for longer than this.
    setTimeout(() => process.exit(0), LONGEST_FAREWELL).unref();
    void Promise.all([loop.leave(), control?.close(), web.close(), lastGood.settled()]).finally(() => {
      log.close();
      setTimeout(() => process.exit(0), 100).unref();
    });
  };
  // One that is about to end does not serve what a new file asks for.
  process.on('SIGHUP', () => {
    if (!isStopping) reloadConfig();
  });
  process.on('SIGUSR1', () => {
    for (const line of renderFullStatus(status())) loop.say('info', line);
  });
  // Not `once`: execa's own handler kills this process by the same signal when it finds itself the last one listening.
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));

  loop.say(
    'notice',
    `uplinkd ${VERSION} started, links: ${settings.links.map((link) => link.name).join(' ')}`,
  );
  loop.start(settings);
  serveWeb(settings.metrics);
};

const main = async (argv: readonly string[]): Promise<void> => {
  const options = parseOptions(argv);
  if ('kind' in options) {
    complain([`uplinkd: ${options.text}`, USAGE]);
    process.exitCode = 2;
    return;
  }
  if (options.checkOnly) {
    process.exitCode = await checkConfig(options);
    return;
  }
  const loaded = loadConfig(options.config);
  if (loaded.kind === 'refused') {
    complain(loaded.errors);
    process.exitCode = 1;
    return;
  }
  if (options.commands === null && process.getuid?.() !== 0) {
    complain(['uplinkd: need root privileges']);
    process.exitCode = 1;
    return;
  }
  await runDaemon(options, loaded.settings);
};

await main(process.argv.slice(2));
