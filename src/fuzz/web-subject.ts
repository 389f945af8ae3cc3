/**
 * The server of figures and page, whole: whatever bytes come, it answers in HTTP or ends the connection, to nobody who calls it by a name that
 * a web page elsewhere could make its own, and goes on serving.
 */
import { connect } from 'node:net';
import { createClock } from '../adapter/clock.ts';
import { createWebServer, isKnownHost } from '../adapter/http-server.ts';
import { createWeb } from '../daemon/web.ts';
import { emptyStore } from '../wire/series.ts';
import { statusSchema } from '../wire/status.ts';
import type { OpenedSubject } from './opened.ts';
import type { Verdict } from './subject.ts';
import { statusSamples } from './wire-subjects.ts';

export const WEB = 'web-server';
const HOSTS: readonly string[] = ['router.lan'];
/** The server says and does nothing for so long. */
const HANG_MS = 10_000;

const get = (path: string, ...headers: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, ...headers, '', ''].join('\r\n');

const SEEDS: readonly string[] = [
  get('/', 'Host: 127.0.0.1:9273'),
  get('/?range=week', 'Host: [2001:db8::1]:9273', 'Accept: text/html'),
  get('/metrics', 'host: router.lan', 'accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5'),
  get('/events?range=hour', 'Host: localhost'),
  get('/page.css', 'Host: Router.LAN:80', 'Connection: close') + get('/icon-good.svg', 'Host: 10.0.0.1'),
  get('/', 'Host: elsewhere.example'),
  'HEAD / HTTP/1.0\r\nHost: 10.0.0.1\r\nContent-Length: 3\r\n\r\nabc',
  'POST / HTTP/1.1\r\nHost: 10.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
];

/** Where a browser would go by this Host header: an address, this machine, or a name that was configured; null: nowhere. */
const isTrusted = (host: string): boolean | null => {
  let name: string;
  try {
    name = new URL(`http://${host}/`).hostname;
  } catch {
    return null;
  }
  return /^\[.*\]$|^\d+\.\d+\.\d+\.\d+$/.test(name) || name === 'localhost' || HOSTS.includes(name);
};

/** Of each answer in what the server said: its status, and whether it has the headers that let nothing else in. */
const answersIn = (said: string) =>
  [...said.matchAll(/^HTTP\/1\.1 (\d{3}) .*\r\n((?:.+\r\n)*)/gm)].map(([, status = '', headers = '']) => ({
    status,
    isFenced: headers.includes("content-security-policy: default-src 'none'"),
  }));

export const createWebSubject = async (): Promise<OpenedSubject> => {
  const clock = createClock();
  const status = statusSchema.parse(statusSamples(1)[0]);
  const complaints: string[] = [];
  let tellListening = (): void => {};
  const listening = new Promise<void>((resolve) => {
    tellListening = resolve;
  });
  const server = createWebServer({
    clock,
    say: (severity, text) => {
      if (severity === 'info') tellListening();
      else complaints.push(text);
    },
    answer: createWeb({
      clock,
      loop: { listen: () => () => {} },
      figures: { reloaded: () => {}, read: async () => 'x 1\n' },
      status: () => status,
      series: () => emptyStore,
      hostname: 'router',
    }),
  });
  server.configure({ address: '127.0.0.1', port: 0, hosts: HOSTS, isPublic: false });
  await listening;
  const port = server.listening()?.port ?? 0;

  /** What it said until it ended the connection; null: it never did, or there is no server any more. */
  const talk = (bytes: Buffer): Promise<string | null> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      let said = '';
      let isWell = true;
      socket.setEncoding('latin1');
      socket.on('data', (text: string) => {
        said += text;
      });
      // it may have had enough before everything was written
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') isWell = false;
      });
      socket.on('close', () => resolve(isWell ? said : null));
      socket.setTimeout(HANG_MS, () => {
        isWell = false;
        socket.destroy();
      });
      socket.end(bytes);
    });

  const judge = async (input: string): Promise<Verdict> => {
    const said = await talk(Buffer.from(input, 'latin1'));
    if (said === null) return { complaint: 'hang: no answer, and no end', shape: '' };
    const [logged] = complaints.splice(0);
    const answers = answersIn(said);
    const hosts = [...input.matchAll(/^host:[ \t]*(.*?)[ \t]*\r?$/gim)].map(([, host = '']) => host);
    const [host = ''] = hosts;
    const isStranger = hosts.length === 1 && isTrusted(host) === false;
    const isAnswered = answers.some((each) => each.status === '200');
    const complaint =
      logged !== undefined
        ? `log: ${logged}`
        : said !== '' && !said.startsWith('HTTP/1.1 ')
          ? `said: ${said.slice(0, 200)}`
          : answers.some((each) => !each.isFenced && each.status !== '400')
            ? `headers: ${said.slice(0, 300)}`
            : isStranger && (isAnswered || isKnownHost(host, HOSTS))
              ? `host: ${host}`
              : null;
    return { complaint, shape: answers.map((each) => each.status).join() };
  };

  return { name: WEB, seeds: SEEDS, judge, close: () => server.close() };
};
