/**
 * How a process ended, in words for people, in the shape that OpenBSD's own messages have: `route: exit 1: text`. It
 * does not know what the commands are for.
 */
import type { RunResult, StreamEnd } from '../port/commands.ts';

/** The first line of what a command printed that says anything. */
export const firstLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '') ?? '';

const withWords = (text: string, words: string): string => (words === '' ? text : `${text}: ${words}`);

/** `what` is the command as people would call it. A result that is not a failure (exit 0) is put into words as well. */
export const renderRunFailure = (what: string, result: RunResult): string => {
  switch (result.kind) {
    case 'exited':
      return withWords(`${what}: exit ${result.code}`, firstLine(result.stderr) || firstLine(result.stdout));
    case 'killed':
      return withWords(`${what}: killed by ${result.signal}`, firstLine(result.stderr));
    case 'timed-out':
      return withWords(`${what}: timed out`, firstLine(result.stderr));
    case 'cancelled':
      return `${what}: cancelled`;
    case 'too-much-output':
      return `${what}: printed too much`;
    case 'not-started':
      return `${what}: not started: ${result.why}`;
  }
};

/** `lastWords`: the last that it said on stderr, or nothing. */
export const renderStreamEnd = (what: string, end: StreamEnd, lastWords: string): string => {
  switch (end.kind) {
    case 'exited':
      return withWords(`${what}: exit ${end.code}`, lastWords.trim());
    case 'killed':
      return withWords(`${what}: killed by ${end.signal}`, lastWords.trim());
    case 'not-started':
      return `${what}: not started: ${end.why}`;
  }
};
