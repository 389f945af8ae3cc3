// What pfctl prints of rules and options that it takes, each line as the real pfctl 7.8 printed it (`pfctl -o none -nvf -`).
import t from 'tap';
import { createMachine } from './machine.ts';

/** The rules, and what is printed of them; nothing: the same. */
type Row = readonly [rules: string, wanted?: string];

const group = (name: string, rows: readonly Row[]): void => {
  t.test(name, async (test) => {
    for (const [rules, wanted = rules] of rows) {
      const { code, stdout, stderr } = createMachine().run('pfctl -nvf -', `${rules}\n`);
      const printed = code === 0 && stderr === '' ? stdout : `refused: ${stderr}`;
      test.equal(printed, wanted === '' ? '' : `${wanted}\n`, rules);
    }
  });
};

// sbin/pfctl/parse.y pfrule, pfctl_parser.c print_rule
group('state options', [
  ['pass keep state (max 0)', 'pass all flags S/SA'],
  [
    'pass keep state (max 100)',
    'pass all flags S/SA keep state (max 100, adaptive.start 60, adaptive.end 120)',
  ],
  ['pass keep state (max 9)', 'pass all flags S/SA keep state (max 9)'],
  [
    'pass keep state (max 0, max 0, max 25)',
    'pass all flags S/SA keep state (max 25, adaptive.start 12, adaptive.end 24)',
  ],
  [
    'pass keep state (pflow, if-bound, no-sync, sloppy)',
    'pass all flags S/SA keep state (no-sync, if-bound, sloppy, pflow)',
  ],
]);

// parse.y filter_opt, print_rule
group('type of service', [
  ['pass tos 0', 'pass all flags S/SA'],
  ['pass tos cs0', 'pass all flags S/SA'],
  ['match set tos 0', 'match all set (tos 0x00)'],
  ['pass tos 0x1F', 'pass all flags S/SA tos 0x1f'],
]);
