/**
 * The log tells every change once: no line twice in a row, each begins where the one before it has ended, and the last that was said of
 * a path or a policy is what it is.
 */
import { sharePercents } from '../core/decide.ts';
import type { Scene } from './scene.ts';

export interface LogJudge {
  hear(severity: string, text: string): void;
  /** Whether each path's health has been said, to be called every now and then. */
  look(): void;
  /** The same of each policy's shares, when nothing holds a decision back any more. */
  rest(): void;
  /** New settings or a new life: what was said before may not be gone on from. */
  forget(because: 'start' | 'reload'): void;
  /** Somebody else was at work, who may do the same again. */
  interrupt(): void;
}

const HEALTH = /^link (\S+ inet6?): (\w+) -> (\w+) \(/;
const POLICY = /^policy (\S+ inet6?(?: from \S+)?): (.+?) -> (.+?)(?: \([^)]*\))?$/;

export const createLogJudge = (scene: Scene): LogJudge => {
  const ended = new Map<string, string>();
  let last = '';
  /** All that was decided in this life was said since `ended` was empty. */
  let isWhole = true;
  const fail = (subject: string, is: string): void =>
    scene.report(
      'the log tells every change',
      `${subject} is ${is}, and was said to be ${ended.get(subject) ?? 'nothing yet'}`,
    );
  return {
    look: () => {
      for (const { link, family, health, evidence } of scene.engine()?.paths.values() ?? []) {
        // Before the first reading it has not begun: what is remembered of it comes with that.
        if (evidence === null) continue;
        const subject = `${link} ${family}`;
        const said = ended.get(subject);
        // What a path begins with is no change.
        if (said === undefined) ended.set(subject, health);
        else if (said !== health) fail(subject, health);
      }
    },
    rest: () => {
      for (const decision of scene.engine()?.decisions ?? []) {
        const { policy, family, source, shares } = decision;
        const subject = `${policy} ${family}${source === null ? '' : ` from ${source}`}`;
        const percents = sharePercents(shares).map(({ link, percent }) => `${link} ${percent}%`);
        const is = percents.length === 0 ? 'nothing' : percents.join(' ');
        const said = ended.get(subject) ?? (isWhole ? 'nothing' : is);
        if (said !== (is === '' ? 'nothing' : is)) fail(subject, is);
      }
    },
    hear: (severity, text) => {
      if (severity === 'debug') return;
      // Two kills may well end as many, of both families of a link, by label and by id; so may two loads, or two stops, be as long;
      // and the kernel may take a route away twice.
      if (
        text === last &&
        !/^(?:pf: killed|pf: anchor \S+ loaded|late by|default route of rtable 0)\b/.test(text)
      )
        scene.report('nothing is said twice', text);
      last = text;
      const match = HEALTH.exec(text) ?? POLICY.exec(text);
      if (match === null) return;
      const [, subject = '', from = '', to = ''] = match;
      const before = ended.get(subject);
      if (before !== undefined && before !== from)
        scene.report('the log tells every change', `"${text}" after it was said to be ${before}`);
      ended.set(subject, to);
    },
    interrupt: () => {
      last = '';
    },
    forget: (because) => {
      ended.clear();
      isWhole = because === 'start';
      last = '';
    },
  };
};
