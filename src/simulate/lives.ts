/**
 * The daemon over its lives: what starts, stops and kills it and sends it signals, and what outlives it on disk. Each life has the
 * settings of the file that it found, or was told of by SIGHUP. Knows the process, not the machine's other happenings.
 */
import { parseConfig, renderConfigError } from '../config/parse.ts';
import { families, type Settings } from '../core/model.ts';
import { type Loaded, reload } from '../daemon/reload.ts';
import type { Commands } from '../port/commands.ts';
import { READ_MS } from './forgotten.ts';
import { ownRoutes } from './judge-own.ts';
import { judgeReload } from './judge-reload.ts';
import { beginLife, type Disk, type Life } from './life.ts';
import type { Scene } from './scene.ts';
import { LAST_GOOD, type World } from './story.ts';

/** What it is called in the log. */
const CONFIG = 'uplinkd.conf';

export interface Lives {
  /** The life of now, or the last one. */
  readonly now: () => Life | null;
  /** Of the running daemon, or of its last life. */
  readonly settings: () => Settings;
  /** When the last life began that remembered nothing. */
  readonly forgottenAt: () => number;
  /** It is alive, and neither stopped nor about to end. */
  readonly isRunning: () => boolean;
  /** It has been told to end, and takes its time. */
  readonly isLeaving: () => boolean;
  begin(remembers: boolean): void;
  kill(): void;
  /** As main.ts does at SIGTERM. */
  terminate(): void;
  /** The file is this one now, of which a running daemon is told. */
  hangUp(text: string): void;
}

export interface LivesPorts {
  readonly scene: Scene;
  readonly commands: Commands;
  /** Something reaches the daemon. */
  readonly onInput: () => void;
  readonly hear: (severity: string, text: string) => void;
  /** A life is about to begin. */
  readonly onBegin: (remembers: boolean) => void;
  /** Other settings are about to be in force in a life that goes on. */
  readonly onReload: (settings: Settings) => void;
}

const load = (text: string): Loaded => {
  const parsed = parseConfig(text, CONFIG);
  return parsed.kind === 'ok'
    ? { kind: 'ok', settings: parsed.settings }
    : { kind: 'refused', errors: parsed.errors.map(renderConfigError) };
};

const firstSettings = (text: string): Settings => {
  const loaded = load(text);
  if (loaded.kind === 'ok') return loaded.settings;
  throw new Error(loaded.errors.join('\n'));
};

export const createLives = (world: World, ports: LivesPorts): Lives => {
  const { scene, hear } = ports;
  const { clock, router } = scene;
  const disk: Disk = { memory: null, lastGood: '' };
  let file = world.configs.get('first') ?? '';
  let settings = firstSettings(file);
  let life: Life | null = null;
  let leaving: Life | null = null;
  let forgottenAt = 0;

  const isRunning = (): boolean =>
    life?.process.isAlive === true && !life.process.isPaused && life !== leaving;

  const isGood = (loaded: Loaded): loaded is Loaded & { readonly kind: 'ok' } =>
    loaded.kind === 'ok' && loaded.settings.anchor === settings.anchor;

  /** A bad file is not started with (rc_configtest): whoever starts it leaves the settings as they were. */
  const readFile = (): void => {
    const loaded = load(file);
    if (isGood(loaded)) settings = loaded.settings;
  };

  const begin = (remembers: boolean): void => {
    if (!remembers) disk.memory = null;
    // Gone for good: a life that is killed before it has written anything leaves nothing.
    if (disk.memory === null) forgottenAt = clock.now();
    readFile();
    // What it finds: the truth is looked at seldom otherwise.
    scene.truth.look(settings, clock.now());
    clock.after(READ_MS, () => scene.truth.look(settings, clock.now()));
    ports.onBegin(remembers);
    life = beginLife(
      {
        clock,
        commands: ports.commands,
        onInput: ports.onInput,
        disk,
        hear,
        onUnreadable: (text) => scene.report('the memory of a life is understood by the next', text),
        onLastGood: (text) => {
          router.files.set(LAST_GOOD, text);
        },
      },
      settings,
      remembers,
    );
  };

  const terminate = (): void => {
    if (life === null || !isRunning()) return;
    const ending = life;
    const isCalm = clock.now() >= scene.calmAt();
    const used = router.faults.used;
    const { onExit, anchor } = settings;
    leaving = ending;
    void ending.loop.leave().then(() => {
      ending.process.kill();
      if (!isCalm || onExit === 'keep' || router.faults.used !== used) return;
      // Or is done already: whoever loads pf.conf loads the rules of the last boot file.
      if (scene.isAdminBusy() || clock.now() < scene.foreignUntil()) return;
      const rules = router.firewall.rulesets.get(anchor)?.rules.length ?? 0;
      const routes = families.flatMap((family) => ownRoutes(scene, family));
      if (rules + routes.length > 0)
        scene.report('a clean exit leaves what it is to leave', `${rules} rules, ${routes.length} routes`);
    });
  };

  const hearSighup = ({ loop }: Life): void => {
    const loaded = load(file);
    const said: string[] = [];
    const stopListening = loop.listen(({ text }) => said.push(text));
    const before = loop.engine();
    reload({
      file: CONFIG,
      load: () => loaded,
      loop,
      adopt: (next) => {
        settings = next;
        ports.onReload(next);
      },
      onRefused: () => {},
    });
    stopListening();
    const wanted = isGood(loaded) ? loaded.settings : null;
    judgeReload(scene, { wanted, before, after: loop.engine(), said });
  };

  return {
    now: () => life,
    settings: () => settings,
    forgottenAt: () => forgottenAt,
    isRunning,
    isLeaving: () => leaving?.process.isAlive === true,
    begin,
    kill: () => life?.process.kill(),
    terminate,
    hangUp: (text) => {
      file = text;
      const told = life;
      told?.process.signal('SIGHUP', () => {
        if (told !== leaving) hearSighup(told);
      });
    },
  };
};
