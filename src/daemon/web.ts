/** What there is to be read over HTTP: figures, the page, its style and script, its news. Bounds and headers are the server's. */
import type { NewsStream, WebAnswer, WebRequest } from '../adapter/http-server.ts';
import { millis } from '../core/time.ts';
import { renderIcon, renderNews, renderPage } from '../page/page.ts';
import type { PageInput } from '../page/parts.ts';
import { script } from '../page/script.ts';
import { style } from '../page/style.ts';
import type { Clock } from '../port/clock.ts';
import { contentTypes, formatFor } from '../wire/exposition.ts';
import { type Scale, type SeriesStore, scales } from '../wire/series.ts';
import type { Status } from '../wire/status.ts';
import type { Figures } from './figures.ts';
import type { Loop } from './loop.ts';

/** An open page is told so often while nothing happens. */
const TICK = millis(5000);
/** And this long after something has: what follows from it belongs to the same news. */
const SETTLING = millis(200);

export interface WebParts {
  readonly clock: Clock;
  readonly loop: Pick<Loop, 'listen'>;
  readonly figures: Figures;
  readonly status: () => Status;
  readonly series: () => SeriesStore;
  readonly hostname: string;
}

const scaleOf = (query: URLSearchParams): Scale =>
  scales.find(({ name }) => name === query.get('range')) ?? scales[0];

/** Tells every open page, each in its range; renders each range once for all, and nothing while there is no page. */
const createNews = ({ clock, loop }: WebParts, inputOf: (scale: Scale) => PageInput) => {
  const readers = new Map<NewsStream, Scale>();
  let cancel = (): void => {};
  let endListening = (): void => {};
  let isSettling = false;
  const tell = (): void => {
    isSettling = false;
    const rendered = new Map<Scale, string>();
    for (const [stream, scale] of readers) {
      const news = rendered.get(scale) ?? renderNews(inputOf(scale));
      rendered.set(scale, news);
      stream.send('parts', news);
    }
    wait(TICK);
  };
  const wait = (delay: typeof TICK): void => {
    cancel();
    if (readers.size > 0) cancel = clock.after(delay, tell);
  };
  const hear = (): void => {
    if (isSettling) return;
    isSettling = true;
    wait(SETTLING);
  };
  return (scale: Scale) =>
    (stream: NewsStream): (() => void) => {
      if (readers.size === 0) {
        endListening = loop.listen(({ severity }) => {
          if (severity !== 'debug') hear();
        });
        wait(TICK);
      }
      readers.set(stream, scale);
      stream.send('parts', renderNews(inputOf(scale)));
      return () => {
        readers.delete(stream);
        if (readers.size > 0) return;
        cancel();
        endListening();
        isSettling = false;
      };
    };
};

export const createWeb = (parts: WebParts): ((request: WebRequest) => Promise<WebAnswer>) => {
  const { clock, figures, status, series, hostname } = parts;
  const inputOf = (scale: Scale): PageInput => ({
    status: status(),
    series: series(),
    scale,
    nowMs: clock.wall(),
    hostname,
  });
  const follow = createNews(parts, inputOf);
  const text = (type: string, body: string): WebAnswer => ({ kind: 'text', type, body });
  return async ({ path, query, accept }) => {
    switch (path) {
      case '/':
        return text('text/html; charset=utf-8', renderPage(inputOf(scaleOf(query))));
      case '/events':
        return { kind: 'stream', open: follow(scaleOf(query)) };
      case '/metrics': {
        const format = formatFor(accept);
        return text(contentTypes[format], await figures.read(format));
      }
      case '/page.css':
        return text('text/css; charset=utf-8', style);
      case '/page.js':
        return text('text/javascript; charset=utf-8', script);
      case '/icon-good.svg':
        return text('image/svg+xml', renderIcon('good'));
      case '/icon-unsure.svg':
        return text('image/svg+xml', renderIcon('unsure'));
      case '/icon-bad.svg':
        return text('image/svg+xml', renderIcon('bad'));
      default:
        return { kind: 'not-found' };
    }
  };
};
