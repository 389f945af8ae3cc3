/** The shortest text that is still complained of in the same way: leaves out ever smaller pieces, lines first, then characters. */
import type { Subject } from './subject.ts';

/** What stands in front of the first colon. */
export const kindOf = (complaint: string): string => complaint.split(':', 1)[0] ?? '';

/** What is wrong with a text, a throw included; null: nothing. */
export const complaintOf = async (subject: Subject, input: string): Promise<string | null> => {
  try {
    return (await subject.judge(input)).complaint;
  } catch (error) {
    return `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
};

const leaveOut = async (
  pieces: readonly string[],
  isStill: (text: string) => Promise<boolean>,
): Promise<readonly string[]> => {
  let kept = pieces;
  for (
    let length = Math.ceil(kept.length / 2);
    length >= 1;
    length = length === 1 ? 0 : Math.ceil(length / 2)
  ) {
    for (let at = 0; at < kept.length; ) {
      const less = [...kept.slice(0, at), ...kept.slice(at + length)];
      if (await isStill(less.join(''))) kept = less;
      else at += length;
    }
  }
  return kept;
};

/** At most `most` tries. */
export const shrinkInput = async (
  subject: Subject,
  input: string,
  complaint: string,
  most = 3000,
): Promise<string> => {
  let tries = 0;
  const isStill = async (text: string): Promise<boolean> => {
    if (tries >= most) return false;
    tries += 1;
    const found = await complaintOf(subject, text);
    return found !== null && kindOf(found) === kindOf(complaint);
  };
  const lines = await leaveOut(input.split(/(?<=\n)/), isStill);
  const characters = await leaveOut([...lines.join('')], isStill);
  return (await leaveOut(characters, isStill)).join('');
};
