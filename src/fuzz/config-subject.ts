/** uplinkd.conf: what is read is written so that it reads to the same settings; what is refused is refused in words. */
import { isDeepStrictEqual } from 'node:util';
import { parseConfig, renderConfigError } from '../config/parse.ts';
import { renderConfig } from '../config/print.ts';
import { parseTime, renderTime } from '../config/time.ts';
import type { Corpus } from './corpus.ts';
import { type Subject, shapeOf } from './subject.ts';

/** What parseConfig says of a file at most, and how long a message may be. */
const MOST_ERRORS = 201;
const MOST_MESSAGE = 1000;

const SMALL = `[link.a]
interface = "em0"
gateway = "192.0.2.1"
`;

const config = (seeds: readonly string[]): Subject => ({
  name: 'config',
  seeds,
  judge: (input) => {
    const parsed = parseConfig(input, 'uplinkd.conf');
    if (parsed.kind === 'refused') {
      const { errors } = parsed;
      const messages = errors.map(renderConfigError);
      const bad = messages.find((each) => each.length > MOST_MESSAGE || /\p{Cc}/u.test(each));
      const complaint =
        errors.length === 0 || errors.length > MOST_ERRORS
          ? `errors: ${errors.length}`
          : errors.some(({ line, column }) => !(line >= 1 && column >= 1))
            ? 'place: before the beginning'
            : bad === undefined
              ? null
              : `message: ${JSON.stringify(bad.slice(0, 200))}`;
      return {
        complaint,
        shape: [...new Set(messages.map((each) => each.replace(/[\d"'][^ ]*|found .*/g, '')))]
          .slice(0, 4)
          .join(),
      };
    }
    const text = renderConfig(parsed.settings);
    const again = parseConfig(text, 'uplinkd.conf');
    const isSame = again.kind === 'ok' && isDeepStrictEqual(again.settings, parsed.settings);
    const why =
      again.kind === 'ok' ? 'reads to other settings' : again.errors.map(renderConfigError).join('; ');
    return {
      complaint: isSame ? null : `print: ${why}`,
      shape: shapeOf(parsed.settings),
    };
  },
});

const time: Subject = {
  name: 'time',
  seeds: ['250ms', '2s', '5m', '1h', '0s', '999999999h'],
  judge: (input) => {
    const parsed = parseTime(input);
    const isSame = parsed === null || parseTime(renderTime(parsed)) === parsed;
    return { complaint: isSame ? null : `print: ${renderTime(parsed)}`, shape: String(parsed === null) };
  },
};

export const configSubjects = (corpus: Corpus): readonly Subject[] => [
  config([...corpus.configs, ...corpus.configs.map((text) => text.replace(/^#(?=[\w[])/gm, '')), SMALL]),
  time,
];
