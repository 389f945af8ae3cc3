/** The month by the wall clock, in the time zone of this machine, as tariffs count; and how much of it is left. */
import { type Millis, millis } from '../core/time.ts';

/** A router without a battery boots in 1970: before this no clock has been set yet. */
const PLAUSIBLE = Date.UTC(2025, 0, 1);

/** Null: nobody knows. */
export const readCalendar = (wallMs: number): { readonly month: string; readonly left: Millis } | null => {
  if (wallMs < PLAUSIBLE) return null;
  const date = new Date(wallMs);
  const [year, month] = [date.getFullYear(), date.getMonth()];
  const ends = new Date(year, month + 1, 1).getTime();
  return { month: `${year}-${String(month + 1).padStart(2, '0')}`, left: millis(Math.max(0, ends - wallMs)) };
};
