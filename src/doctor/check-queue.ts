/** Queues of pf: a connection finds its queue by name, on whichever link it is sent to. So every link has to have them. */
import type { Cure, Finding } from './finding.ts';
import { type Machine, PF_CONF, uplinksOf } from './machine.ts';

/** Lines of pf.conf that define queues for this interface and no other. */
const linesFor = (
  machine: Machine,
  name: string,
): readonly { readonly line: string; readonly text: string }[] =>
  (machine.pf.source ?? []).flatMap(({ line, rule: { text } }) =>
    /^queue \S+/.test(text) && new RegExp(String.raw`\bon ${name}\b`).test(text) ? [{ line, text }] : [],
  );

export const checkQueues = (machine: Machine): readonly Finding[] => {
  const { queues } = machine.pf;
  if (queues === null) return [];
  const uplinks = [...new Set(uplinksOf(machine))];
  const has = (name: string): boolean => queues.some((queue) => queue.interface === name);
  const example = uplinks.find(has);
  if (example === undefined) return [];
  const lines = linesFor(machine, example);
  const last = lines.at(-1);
  return uplinks
    .filter((name) => !has(name))
    .map((name): Finding => {
      const copies = lines.map(({ text }) =>
        text.replace(new RegExp(String.raw`\bon ${example}\b`), `on ${name}`),
      );
      const cures: readonly Cure[] =
        last === undefined
          ? []
          : [
              // Each goes right behind the same line, so the last is written first.
              ...[...copies].reverse().map(
                (line): Cure => ({
                  kind: 'add',
                  file: PF_CONF,
                  line,
                  place: { kind: 'after', line: last.line },
                }),
              ),
              { kind: 'run', command: `pfctl -f ${PF_CONF}` },
            ];
      return {
        id: 'queue-missing',
        severity: 'warning',
        what: `${example} has queues, and ${name} has none`,
        why: `Connections that are sent to ${name} are not shaped. Give it queues of the same names, as wide as that line is.`,
        cures,
      };
    });
};
