import t from 'tap';
import { parseConfigFile, renderConfigError } from '../../src/config/parse.ts';

const LINK = '[link.a]\ninterface = "em0"\ngateway = "203.0.113.1"\n';
const refusals = (bytes: Uint8Array): readonly string[] => {
  const parsed = parseConfigFile(bytes, 'f');
  return parsed.kind === 'ok' ? [] : parsed.errors.map(renderConfigError);
};
const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));

t.test('UTF-8, with and without a byte order mark, is read', async (t) => {
  t.strictSame(refusals(bytes(LINK, '# fibré\n')), []);
  t.strictSame(refusals(bytes(0xef, 0xbb, 0xbf, LINK)), []);
});

t.test('anything else is refused with its line, also in a comment', async (t) => {
  const message = 'not TOML 1.0: expected UTF-8';
  t.strictSame(refusals(bytes(LINK, '# fibr', 0xe9, '\n')), [`f:4:1: ${message}`]);
  t.strictSame(refusals(bytes('# ', 0xc3, '\n', LINK)), [`f:1:1: ${message}`]);
  t.strictSame(refusals(bytes(LINK, '# ', 0xff)), [`f:4:1: ${message}`]);
  t.strictSame(refusals(Buffer.from(`\uFEFF${LINK}`, 'utf16le')), [`f:1:1: ${message}`]);
});
