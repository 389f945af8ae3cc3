/** Lines that are none are refused, with what was expected: a story that means something else than it says proves nothing. */
import t from 'tap';
import { parseStory } from '../../src/simulate/story-read.ts';

const rows: readonly (readonly [line: string, expected: string])[] = [
  ['after 1ms loss a abc', 'loss UPLINK PERCENT#'],
  ['after 1ms loss a', 'loss UPLINK PERCENT#'],
  ['after 1ms latency a 5ms', 'latency UPLINK MS#'],
  ['after 1ms carrier em1 away', 'carrier INTERFACE up|down'],
  ['after 1ms offer a 192.0.2.2/24 192.0.2.1 please', 'offer UPLINK ADDRESS GATEWAY [asked-for]'],
  ['after 1ms kill it', 'kill'],
  ['after 1ms fault pfctl "" 1 slow soon', 'slow MS#'],
  ['after 1ms fault pfctl "" often hang', 'fault COMMAND MATCH TIMES# FAULT ...'],
  ['after 1ms admin rm -rf', 'admin pfctl|route ...'],
  ['after soon rest', 'after MSms HAPPENING ...'],
  ['seed one', 'seed SEED#'],
  ['client 10.0.0.1 default fresh icmp 198.18.0.1', 'client ADDRESS POLICY fresh|lasting tcp|udp TO [MS#]'],
  ['after 1ms rest "', 'words, those with blanks in "double quotes"'],
];

for (const [line, expected] of rows)
  t.same(parseStory(`# a story\n${line}\n`), {
    kind: 'refused',
    text: `line 2: ${line}: expected ${expected}`,
  });

t.match(parseStory('after 1ms explode a\n'), { text: /expected one of carrier, ifconfig, / });
t.match(parseStory('after 1ms fault pfctl "" 1 explode\n'), { text: /expected one of fail, hang, / });
t.match(parseStory('explode\n'), { text: /expected one of seed, lan, / });
