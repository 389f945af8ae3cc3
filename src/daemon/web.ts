/** What there is to be read over HTTP: figures. Bounds and headers are the server's. */
import type { WebAnswer, WebRequest } from '../adapter/http-server.ts';
import { contentTypes, formatFor } from '../wire/exposition.ts';
import type { Figures } from './figures.ts';

export interface WebParts {
  readonly figures: Figures;
}

export const answerWeb = async (request: WebRequest, { figures }: WebParts): Promise<WebAnswer> => {
  if (request.path !== '/metrics') return { kind: 'not-found' };
  const format = formatFor(request.accept);
  return { kind: 'text', type: contentTypes[format], body: await figures.read(format) };
};
