/** What the control socket's requests mean: wire values in, replies out. Framing is the adapter's business. */
import type { ControlClient } from '../adapter/control-socket.ts';
import { parseRequest, type Reply } from '../wire/control.ts';
import type { Status } from '../wire/status.ts';
import type { Event } from './loop.ts';

export interface ControlActions {
  readonly status: () => Status;
  /** Reads the configuration again; the errors of a bad one, none if it is in force now. */
  readonly reload: () => readonly string[];
  readonly setVerbose: (verbose: boolean) => void;
  readonly listen: (listener: (event: Event) => void) => () => void;
}

/** Answers one request. Every command but `monitor` is answered once and closed. */
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
      finish({ kind: 'status', status: actions.status() });
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
    case 'log':
      actions.setVerbose(request.level === 'verbose');
      finish({ kind: 'done' });
      return;
  }
};
