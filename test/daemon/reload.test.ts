/** A file is taken as a whole or refused as a whole, and the log says which. */
import t from 'tap';
import { parseConfig } from '../../src/config/parse.ts';
import { newEngine } from '../../src/core/engine.ts';
import type { Settings } from '../../src/core/model.ts';
import { type Loaded, reload } from '../../src/daemon/reload.ts';

const settingsOf = (text: string): Settings => {
  const parsed = parseConfig(text, 'uplinkd.conf');
  if (parsed.kind !== 'ok') throw new Error('not a configuration');
  return parsed.settings;
};

const LINK = '[link.a]\ninterface = "em1"\ngateway = "192.0.2.1"\n';
const running = settingsOf(LINK);

const reloadWith = (loaded: Loaded) => {
  const done: string[] = [];
  const errors = reload({
    file: 'uplinkd.conf',
    load: () => loaded,
    loop: {
      engine: () => ({ ...newEngine, settings: running }),
      say: (severity, text) => {
        done.push(`${severity} ${text}`);
      },
      reload: () => {
        done.push('followed by the loop');
      },
    },
    adopt: () => {
      done.push('adopted');
    },
    onRefused: () => {
      done.push('refused');
    },
  });
  return { errors, done };
};

t.test('a good file is taken', async (t) => {
  const { errors, done } = reloadWith({ kind: 'ok', settings: settingsOf(`${LINK}weight = 2\n`) });
  t.same(errors, []);
  t.same(done, ['adopted', 'info configuration uplinkd.conf loaded', 'followed by the loop']);
});

t.test('a bad file is refused, with everything that is wrong with it', async (t) => {
  const { errors, done } = reloadWith({ kind: 'refused', errors: ['this', 'and that'] });
  t.same(errors, ['this', 'and that']);
  t.same(done, [
    'err this',
    'err and that',
    'warning configuration not reloaded, the running one stays',
    'refused',
  ]);
});

t.test('the anchor stays, since pf.conf names it', async (t) => {
  const { errors, done } = reloadWith({ kind: 'ok', settings: settingsOf(`anchor = "other"\n${LINK}`) });
  t.same(errors, ['uplinkd.conf: anchor: cannot change from "uplinkd" while running; restart uplinkd']);
  t.equal(done.at(-1), 'refused');
});
