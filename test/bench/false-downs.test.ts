/** False downs by importance sampling against those that come by themselves, on links, and with settings, so bad that both can be seen. */
import t from 'tap';
import type { LinkModel } from '../../src/bench/channel.ts';
import { simulateFalseDowns } from '../../src/bench/false-downs.ts';
import { settingsWith } from '../../src/bench/watched-path.ts';

const settings = settingsWith(
  'targets = ["gateway"]\ninterval = "200ms"\ntimeout = "200ms"\nfall = 3\nrise = 2\nhold = "1s"\ndamping = false\nconfirm = false',
);
const good: LinkModel = {
  gatewayMs: 2,
  targetMs: 8,
  jitterMs: 0.3,
  jitterSigma: 0.8,
  spikes: null,
  loss: 0,
  bursts: null,
  stalls: null,
};

const rows: readonly (readonly [string, LinkModel])[] = [
  ['losses one by one', { ...good, loss: 0.1 }],
  ['spikes too', { ...good, loss: 0.07, spikes: { share: 0.07, medianMs: 1000, sigma: 0.3 } }],
  ['bursts', { ...good, bursts: { goodMs: 20_000, deadMs: 400 } }],
  ['both', { ...good, loss: 0.05, bursts: { goodMs: 20_000, deadMs: 400 } }],
];

for (const [name, model] of rows) {
  t.test(`${name}: the sampled rate is the counted one`, async (t) => {
    const { years, counted, outside, inside } = simulateFalseDowns(settings, model, {
      days: 0.1,
      forks: 4,
      seed: 7,
    });
    const byCount = counted / years;
    const bySampling = inside.mean + outside / years;
    t.ok(counted > 30, `${counted} counted`);
    // Three standard deviations of the difference.
    const deviation = Math.hypot(
      Math.sqrt(counted) / years,
      inside.halfWidth / 1.96,
      Math.sqrt(outside) / years,
    );
    t.ok(
      Math.abs(byCount - bySampling) < 3 * deviation,
      `${bySampling.toFixed(0)} a year by sampling, ${byCount.toFixed(0)} by counting, deviation ${deviation.toFixed(0)}`,
    );
  });
}

t.test('a link that works is never called down', async (t) => {
  const { counted, inside, outages } = simulateFalseDowns(settings, good, { days: 0.05, forks: 1, seed: 1 });
  t.same([counted, inside.mean, outages], [0, 0, 0]);
});
