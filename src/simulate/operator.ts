/**
 * The operator with uplinkctl: what he has said of links by hand, and since when. He is answered as over the control socket. What he
 * says must hold until he says otherwise, over restarts and reloads; it is forgotten with the link, and with the state directory.
 */
import type { AdminMode, Settings } from '../core/model.ts';
import { answerAdmin, renderOutcome } from '../daemon/control.ts';
import { parseRequest } from '../wire/control.ts';
import { WIRE_VERSION } from '../wire/status.ts';
import type { Life } from './life.ts';
import type { Scene } from './scene.ts';

/** Rules that follow from a word are loaded within this time, where nothing is in the way. */
export const OBEYED_MS = 2000;

interface Span {
  readonly from: number;
  readonly until: number;
}

export interface Operator {
  readonly modeOf: (link: string) => AdminMode;
  /** When a link was disabled last; null: it never was, or is. */
  readonly lastDisabled: (link: string) => Span | null;
  /** For how long a link has been in that mode; 0 if it is in another. */
  readonly lasting: (link: string, mode: AdminMode) => number;
  /** The last word on a link was so long ago. */
  readonly silence: (link: string) => number;
  /** Some link is not left to itself. */
  readonly hasSpoken: () => boolean;
  /** Says it to a daemon that runs. */
  say(life: Life, link: string, mode: AdminMode): void;
  /** Links that are not in the settings are forgotten. */
  keep(settings: Settings): void;
  forget(): void;
}

export const createOperator = (scene: Scene): Operator => {
  const words = new Map<
    string,
    { readonly mode: AdminMode; readonly at: number; readonly lastDisabled: Span | null }
  >();
  const modeOf = (link: string): AdminMode => words.get(link)?.mode ?? 'enabled';
  /** Since when nothing has been said at all. */
  let forgottenAt = 0;
  const silence = (link: string): number => scene.clock.now() - (words.get(link)?.at ?? forgottenAt);

  const say: Operator['say'] = ({ loop }, link, mode) => {
    const { links } = scene.settings();
    const isKnown = links.some(({ name }) => name === link);
    const parsed = parseRequest({ version: WIRE_VERSION, command: 'admin', link, mode });
    if (parsed.kind !== 'request' || parsed.request.command !== 'admin') {
      scene.report('what an operator says holds', `${mode} ${link} is no request`);
      return;
    }
    const reply = answerAdmin(parsed.request, {
      links: () => links.map(({ name }) => name),
      admin: (name, wanted) => {
        if (!links.some((each) => each.name === name)) return null;
        loop.admin(name, wanted);
        return renderOutcome(loop.engine().decisions, name);
      },
    });
    if ((reply.kind === 'done') !== isKnown)
      scene.report('what an operator says holds', `${mode} ${link}: ${JSON.stringify(reply)}`);
    const shares = reply.kind === 'done' ? (reply.text ?? '') : '';
    // Where new connections go: not to a link that is to get none.
    if (mode !== 'enabled' && new RegExp(` ${link} \\d+%`).test(shares))
      scene.report('what an operator says holds', `${mode} ${link}, and is told: ${shares}`);
    const at = scene.clock.now();
    const was = words.get(link);
    const lastDisabled = was?.mode === 'disabled' ? { from: was.at, until: at } : (was?.lastDisabled ?? null);
    if (isKnown && modeOf(link) !== mode) words.set(link, { mode, at, lastDisabled });
  };

  return {
    modeOf,
    silence,
    lastDisabled: (link) => (modeOf(link) === 'disabled' ? null : (words.get(link)?.lastDisabled ?? null)),
    lasting: (link, mode) => (modeOf(link) === mode ? silence(link) : 0),
    hasSpoken: () => [...words.values()].some(({ mode }) => mode !== 'enabled'),
    say,
    keep: ({ links }) => {
      for (const link of words.keys()) if (!links.some(({ name }) => name === link)) words.delete(link);
    },
    forget: () => {
      words.clear();
      forgottenAt = scene.clock.now();
    },
  };
};
