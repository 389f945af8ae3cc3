/** A text that was complained of, as a file: JSON, since half a character or a zero byte does not survive an editor. */
import { z } from 'zod';

const keptSchema = z.object({ parser: z.string(), input: z.string(), complaint: z.string() });

export type KeptInput = z.infer<typeof keptSchema>;

export const renderKept = (kept: KeptInput): string => `${JSON.stringify(kept, null, 2)}\n`;

/** Throws for a file that is none: it was written by hand. */
export const parseKept = (text: string): KeptInput => keptSchema.parse(JSON.parse(text));
