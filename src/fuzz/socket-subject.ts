/**
 * The control socket, whole: a real server and its answers, to whatever bytes in whatever pieces. It answers in lines that its own client can
 * read, ends the connection, and goes on serving.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveControl } from '../adapter/control-socket.ts';
import { answerRequest, type ControlActions } from '../daemon/control.ts';
import { parseReply } from '../wire/control.ts';
import { statusSchema } from '../wire/status.ts';
import type { OpenedSubject } from './opened.ts';
import type { Verdict } from './subject.ts';
import { REQUESTS, statusSamples } from './wire-subjects.ts';

const status = statusSchema.parse(statusSamples(1)[0]);

const actions: ControlActions = {
  status: () => status,
  statusWithStates: async () => status,
  reload: () => ['uplinkd.conf:1:1: what'],
  admin: (link) => (link === 'fibre' ? ['policy default inet: dsl 100%'] : null),
  probe: (_link, _count, _tell, end) => {
    end();
    return () => {};
  },
  metrics: async () => 'x 1\n',
  setVerbose: () => {},
  listen: () => () => {},
};

export const SOCKET = 'control-socket';
/** The server says and does nothing for so long. */
const HANG_MS = 10_000;
const HANGS = 'hang: no answer, and no end';

/** What a client that is turned away is told; as in daemon/main.ts. */
const sayRefused = (why: string) => ({ kind: 'error', text: why });

export const createSocketSubject = async (): Promise<OpenedSubject> => {
  const folder = mkdtempSync(join(tmpdir(), 'uplinkd-fuzz-'));
  const path = join(folder, 'sock');
  const complaints: string[] = [];
  const onWarning = (warning: Error): void => {
    complaints.push(warning.message);
  };
  process.on('warning', onWarning);
  const control = await serveControl({
    path,
    group: null,
    onRequest: (request, client) => answerRequest(request, client, actions),
    sayRefused,
    log: {
      write: (severity, text) => {
        if (severity === 'err') complaints.push(text);
      },
    },
  });

  const talk = (bytes: Buffer): Promise<string> =>
    new Promise((resolve) => {
      const socket = createConnection(path);
      let said = '';
      socket.setEncoding('utf8');
      socket.on('data', (text: string) => {
        said += text;
      });
      // it may have had enough before everything was written
      socket.on('error', (error) => {
        if (error.message === 'hang') said = HANGS;
      });
      socket.on('close', () => resolve(said));
      socket.setTimeout(HANG_MS, () => socket.destroy(new Error('hang')));
      // pieces that depend on the bytes alone, so that they are the same again
      const size = 1 + ((bytes[0] ?? 0) % 5) * 37;
      const first = bytes.length > 2000 ? bytes.length : size;
      for (let at = 0; at < bytes.length; at += first) socket.write(bytes.subarray(at, at + first));
      socket.end();
    });

  const judge = async (input: string): Promise<Verdict> => {
    const said = await talk(Buffer.from(input, 'utf8'));
    if (said === HANGS) return { complaint: HANGS, shape: '' };
    const lines = said.split('\n');
    const last = lines.pop();
    const kinds = lines.map((line) => {
      const parsed = parseReply(JSON.parse(line));
      return parsed.kind === 'reply' ? parsed.reply.kind : `unreadable: ${line.slice(0, 200)}`;
    });
    const [logged] = complaints.splice(0);
    const bad = kinds.find((kind) => kind.startsWith('unreadable'));
    const complaint =
      logged !== undefined
        ? `log: ${logged}`
        : last !== ''
          ? `cut: ${last?.slice(0, 200)}`
          : lines.length > 1 + input.split('\n').length
            ? `unbounded: ${lines.length} replies`
            : (bad ?? null);
    return { complaint, shape: kinds.slice(0, 6).join() };
  };

  return {
    name: SOCKET,
    seeds: [
      ...REQUESTS.map((one) => `${JSON.stringify(one)}\n`),
      REQUESTS.map((one) => JSON.stringify(one)).join('\n'),
    ],
    judge,
    close: async () => {
      process.off('warning', onWarning);
      await control.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
