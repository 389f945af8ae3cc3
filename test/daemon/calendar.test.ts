/** The month, as this machine's time zone has it, and what is left of it. */
import t from 'tap';
import { readCalendar } from '../../src/daemon/calendar.ts';

// As far from UTC as a zone can be.
process.env['TZ'] = 'Pacific/Auckland';

t.test('the month and what is left of it', async (t) => {
  const at = (year: number, month: number, day: number): number => new Date(year, month, day).getTime();
  t.same(readCalendar(at(2026, 10, 30)), { month: '2026-11', left: at(2026, 11, 1) - at(2026, 10, 30) });
  t.same(readCalendar(at(2026, 11, 31)), { month: '2026-12', left: at(2027, 0, 1) - at(2026, 11, 31) });
  t.same(readCalendar(at(2027, 0, 1)), { month: '2027-01', left: at(2027, 1, 1) - at(2027, 0, 1) });
});

t.test('a clock that has not been set', async (t) => {
  t.equal(readCalendar(0), null);
  t.equal(readCalendar(Date.UTC(2024, 5, 1)), null);
});
