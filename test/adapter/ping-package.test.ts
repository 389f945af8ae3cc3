/** The `ping` package behind our port: what it says becomes one outcome a request. */
import t from 'tap';
import { createPackagePinger } from '../../src/adapter/ping-package.ts';
import { millis } from '../../src/core/time.ts';
import { createVirtualClock } from './virtual-clock.ts';

type Said = { readonly alive: boolean; readonly time: number | 'unknown'; readonly output: string };

const begin = (answer: () => Said | Error, platform = 'linux', address = '9.9.9.9') => {
  const clock = createVirtualClock();
  const asked: object[] = [];
  const told: string[] = [];
  const probe = async (host: string, options: object): Promise<Said> => {
    asked.push({ host, ...options });
    const said = answer();
    if (said instanceof Error) throw said;
    return said;
  };
  const pinger = createPackagePinger({ clock, platform, package_: { promise: { probe } } });
  const family = address.includes(':') ? 'inet6' : 'inet';
  const pings = pinger.ping(
    { family, address, rtable: null, count: 2, interval: millis(1000), timeout: millis(1500) },
    (outcome) => told.push(JSON.stringify(outcome)),
    () => told.push('end'),
  );
  return { clock, asked, told, pings };
};

t.test('answers, losses, what could not be sent', async (t) => {
  const silent =
    'PING 9.9.9.9 (9.9.9.9) 56(84) bytes of data.\n\n--- 9.9.9.9 ping statistics ---\n1 packets transmitted, 0 received, 100% packet loss, time 0ms\n';
  const lost = (output: string): Said => ({ alive: false, time: 'unknown', output });
  const executing = 'ping.probe: there was an error while executing the ping program. Check the path';
  const rows: readonly (readonly [() => Said | Error, string])[] = [
    [() => ({ alive: true, time: 8.1, output: '' }), '{"kind":"answered","seq":0,"rttMs":8.1}'],
    [() => ({ alive: true, time: 'unknown', output: '' }), '{"kind":"answered","seq":0,"rttMs":null}'],
    [() => lost(silent), '{"kind":"lost","seq":0}'],
    [
      () => lost('ping: connect: Network is unreachable\n'),
      '{"kind":"not-sent","seq":0,"why":"ping: connect: Network is unreachable"}',
    ],
    [() => new Error('no'), '{"kind":"not-sent","seq":0,"why":"no"}'],
    [
      () => new Error(executing),
      '{"kind":"not-sent","seq":0,"why":"there is no ping(8) here, or it may not be run"}',
    ],
  ];
  for (const [answer, wanted] of rows) {
    const { clock, told } = begin(answer);
    await clock.advance(0);
    t.strictSame(told, [wanted]);
    await clock.advance(1000);
    t.equal(told.length, 3);
    t.equal(told.at(-1), 'end');
  }
});

t.test('what it is asked', async (t) => {
  const ok = () => ({ alive: true, time: 1, output: '' });
  const { clock, asked } = begin(ok);
  await clock.advance(5000);
  t.strictSame(asked[0], { host: '9.9.9.9', timeout: 2, min_reply: 1, v6: false });
  t.equal(asked.length, 2);
  const linux = begin(ok, 'linux', '2620:fe::fe');
  const mac = begin(ok, 'darwin', '2620:fe::fe');
  await Promise.all([linux.clock.advance(0), mac.clock.advance(0)]);
  t.match([linux.asked[0], mac.asked[0]], [{ v6: false }, { v6: true }]);
});

t.test('stopped', async (t) => {
  const { clock, asked, told, pings } = begin(() => ({ alive: true, time: 1, output: '' }));
  pings.stop();
  await clock.advance(5000);
  t.strictSame([asked, told], [[], []]);
});

t.test('the package itself can be loaded', async (t) => {
  t.type(createPackagePinger({ clock: createVirtualClock(), platform: 'linux' }).ping, 'function');
});
