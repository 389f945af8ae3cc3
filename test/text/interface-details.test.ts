import t from 'tap';
import { parseInterfaceDetails } from '../../src/text/interface-details.ts';
import { readTranscript } from './transcript.ts';

t.test('carp, groups, flags', async (t) => {
  t.strictSame(parseInterfaceDetails(readTranscript('ifconfig-carp1.txt').stdout), [
    {
      name: 'carp1',
      flags: ['UP', 'BROADCAST', 'RUNNING', 'SIMPLEX', 'MULTICAST'],
      groups: ['carp'],
      carp: 'MASTER',
    },
  ]);
  t.match(parseInterfaceDetails(readTranscript('ifconfig-vio3-dhcp.txt').stdout), [
    { name: 'vio3', groups: ['wan'], carp: null },
  ]);
  t.ok(
    parseInterfaceDetails(readTranscript('ifconfig-vio3-dhcp.txt').stdout)[0]?.flags.includes('AUTOCONF4'),
  );
});

t.test('what is none', async (t) => {
  t.strictSame(parseInterfaceDetails('\tgroups: x\nnonsense\n'), []);
});
