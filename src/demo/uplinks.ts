/** The three uplinks of the demo's router: one fixed, one dialled, one leased. */
import type { RouterOptions } from '../emulator/router-options.ts';

export const demoUplinks: RouterOptions['uplinks'] = [
  { name: 'fibre', interface: 'em1', address: '203.0.113.2/24', gateway: '203.0.113.1', latencyMs: 6 },
  {
    name: 'dsl',
    interface: 'pppoe0',
    address: '198.51.100.2',
    gateway: '198.51.100.1',
    pppoe: { parent: 'em2' },
    latencyMs: 22,
    jitterMs: 3,
  },
  {
    name: 'lte',
    interface: 'em3',
    address: '192.0.2.2/24',
    gateway: '192.0.2.1',
    dhcp: { nameservers: ['192.0.2.53'] },
    latencyMs: 48,
    jitterMs: 9,
  },
];
