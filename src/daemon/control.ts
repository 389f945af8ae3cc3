/** What the control socket's requests mean: wire values in, replies out. Framing is the adapter's business. */
import type { ControlClient } from '../adapter/control-socket.ts';
import { type Decision, sharePercents } from '../core/decide.ts';
import type { AdminMode } from '../core/model.ts';
import { type PingReply, parseRequest, type Reply } from '../wire/control.ts';
import type { Status } from '../wire/status.ts';
import type { Event } from './loop.ts';

export interface ControlActions {
  readonly status: () => Status;
  /** The same with pf's states counted. Never rejects, and takes no longer than a moment. */
  readonly statusWithStates: () => Promise<Status>;
  /** Reads the configuration again; the errors of a bad one, none if it is in force now. */
  readonly reload: () => readonly string[];
  /** Null if there is no such link, else what new connections do now, a line each. */
  readonly admin: (link: string, mode: AdminMode) => readonly string[] | null;
  /** Tells each outcome and then calls `end`. The returned function stops it; a text says why it cannot be done. */
  readonly probe: (
    link: string,
    count: number,
    tell: (reply: PingReply) => void,
    end: () => void,
  ) => (() => void) | string;
  readonly metrics: () => Promise<string>;
  readonly setVerbose: (verbose: boolean) => void;
  readonly listen: (listener: (event: Event) => void) => () => void;
}

/** Where new connections go now, in each decision that has this link as a member: `policy default inet: dsl 100%`. */
export const renderOutcome = (decisions: readonly Decision[], link: string): readonly string[] =>
  decisions
    .filter(({ members }) => members.some((member) => member.link === link))
    .map(({ policy, family, source, rung, shares }) => {
      const all = sharePercents(shares).map((share) => `${share.link} ${share.percent}%`);
      const remark = rung === 'up' || rung === 'none' ? '' : ` (${rung})`;
      const scope = source === null ? family : `${family} from ${source}`;
      return `policy ${policy} ${scope}: ${all.length === 0 ? 'refused, no member can take it' : all.join(' ')}${remark}`;
    });

const unknownLink = (link: string, links: readonly string[]): Reply => ({
  kind: 'error',
  text: `unknown link: ${link}: not ${links.join(', ')}`,
});

const namesOf = ({ status }: ControlActions): readonly string[] => status().links.map(({ name }) => name);

/** An operator's word on a link. */
export const answerAdmin = (
  { link, mode }: { readonly link: string; readonly mode: AdminMode },
  actions: { readonly links: () => readonly string[]; readonly admin: ControlActions['admin'] },
): Reply => {
  const outcome = actions.admin(link, mode);
  if (outcome === null) return unknownLink(link, actions.links());
  return { kind: 'done', text: [`link ${link} is ${mode}`, ...outcome].join('\n') };
};

/** Answers one request. Every command but `monitor` and `probe` is answered once. */
export const answerRequest = (value: unknown, client: ControlClient, actions: ControlActions): void => {
  const finish = (reply: Reply): void => {
    client.reply(reply);
    client.close();
  };
  const parsed = parseRequest(value);
  if (parsed.kind !== 'request') {
    finish({ kind: 'error', text: parsed.text });
    return;
  }
  const { request } = parsed;
  switch (request.command) {
    case 'show':
      if (request.states === true)
        // As below.
        void actions.statusWithStates().then(
          (status) => finish({ kind: 'status', status }),
          () => finish({ kind: 'error', text: 'the states could not be counted' }),
        );
      else finish({ kind: 'status', status: actions.status() });
      return;
    case 'metrics':
      // It never rejects but by a mistake of ours, and then the client is not to wait.
      void actions.metrics().then(
        (text) => finish({ kind: 'metrics', text }),
        () => finish({ kind: 'error', text: 'the figures could not be read' }),
      );
      return;
    case 'monitor': {
      const end = actions.listen(({ atMs, severity, text }) =>
        client.reply({ kind: 'event', atMs, severity, text }),
      );
      client.onClose(end);
      return;
    }
    case 'reload': {
      const errors = actions.reload();
      finish(errors.length === 0 ? { kind: 'done' } : { kind: 'refused', errors });
      return;
    }
    case 'admin':
      finish(answerAdmin(request, { links: () => namesOf(actions), admin: actions.admin }));
      return;
    case 'probe': {
      const { link, count } = request;
      if (!namesOf(actions).includes(link)) {
        finish(unknownLink(link, namesOf(actions)));
        return;
      }
      const begun = actions.probe(link, count, client.reply, () => finish({ kind: 'done' }));
      if (typeof begun === 'string') finish({ kind: 'error', text: begun });
      else client.onClose(begun);
      return;
    }
    case 'log':
      actions.setVerbose(request.level === 'verbose');
      finish({ kind: 'done' });
      return;
  }
};
