/** SIGHUP and `uplinkctl reload`: the file is read again, and taken as a whole or refused as a whole. Knows not how it is read. */
import type { Settings } from '../core/model.ts';
import type { Loop } from './loop.ts';

export type Loaded =
  | { readonly kind: 'ok'; readonly settings: Settings }
  | { readonly kind: 'refused'; readonly errors: readonly string[] };

export interface Reloading {
  /** What it is called in the log. */
  readonly file: string;
  readonly load: () => Loaded;
  readonly loop: Pick<Loop, 'say' | 'reload' | 'engine'>;
  /** Follows new settings wherever the loop does not, before it does. */
  readonly adopt: (settings: Settings) => void;
  readonly onRefused: () => void;
}

/** pf.conf names the anchor, so that nobody but its author can change it. */
const refusal = (loaded: Loaded, { file, loop }: Reloading): readonly string[] => {
  if (loaded.kind === 'refused') return loaded.errors;
  const anchor = loop.engine().settings?.anchor ?? loaded.settings.anchor;
  return loaded.settings.anchor === anchor
    ? []
    : [`${file}: anchor: cannot change from "${anchor}" while running; restart uplinkd`];
};

/** Why it is refused, line by line; empty if it is taken. */
export const reload = (reloading: Reloading): readonly string[] => {
  const { loop, file } = reloading;
  const loaded = reloading.load();
  const errors = refusal(loaded, reloading);
  if (loaded.kind === 'refused' || errors.length > 0) {
    for (const error of errors) loop.say('err', error);
    loop.say('warning', 'configuration not reloaded, the running one stays');
    reloading.onRefused();
    return errors;
  }
  reloading.adopt(loaded.settings);
  loop.say('info', `configuration ${file} loaded`);
  loop.reload(loaded.settings);
  return [];
};
