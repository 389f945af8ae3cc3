/** The log tells every change once: no line twice in a row, and each begins where the one before it has ended. */
import type { Scene } from './scene.ts';

export interface LogJudge {
  hear(severity: string, text: string): void;
  /** New settings or a new life: what was said before may not be gone on from. */
  forget(): void;
  /** Somebody else was at work, who may do the same again. */
  interrupt(): void;
}

const HEALTH = /^link (\S+ inet6?): (\w+) -> (\w+) \(/;
const POLICY = /^policy (\S+ inet6?(?: from \S+)?): (.+?) -> (.+?)(?: \([^)]*\))?$/;

export const createLogJudge = (scene: Scene): LogJudge => {
  const ended = new Map<string, string>();
  let last = '';
  return {
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
    forget: () => {
      ended.clear();
      last = '';
    },
  };
};
