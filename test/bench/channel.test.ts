/** The links of the simulation lose and delay as their models say, and worse futures are weighed for what they are. */
import t from 'tap';
import {
  beginClosure,
  type Channel,
  createChannel,
  drawRtt,
  type LinkModel,
  nextClosure,
} from '../../src/bench/channel.ts';
import { createRandom } from '../../src/emulator/random.ts';

const plain: LinkModel = {
  gatewayMs: 2,
  targetMs: 20,
  jitterMs: 4,
  jitterSigma: 0.7,
  spikes: null,
  loss: 0,
  bursts: null,
  stalls: null,
};
const bursty: LinkModel = { ...plain, bursts: { goodMs: 900, deadMs: 100 } };
const stalling: LinkModel = { ...plain, stalls: { everyMs: 10_000, medianMs: 200, sigma: 0.8 } };

const isNear = (value: number, wanted: number, share: number): boolean =>
  Math.abs(value - wanted) <= share * wanted;

const begin = (channel: Channel, typicalMs: number | null = null): { weight: number; length: number } => {
  const at = nextClosure(channel);
  const weight = beginClosure(channel, at, typicalMs);
  return { weight, length: (channel.isDead ? channel.turnsAt : channel.stalledUntil) - at };
};

t.test('round trips: the line and half of the jitter above its median', async (t) => {
  const channel = createChannel(plain, createRandom(1));
  const rtts = Array.from({ length: 20_000 }, (_, at) => drawRtt(channel, at, false).rttMs).sort(
    (a, b) => a - b,
  );
  t.ok(isNear(rtts[10_000] ?? 0, 24, 0.01), String(rtts[10_000]));
  t.ok((rtts[0] ?? 0) > 20);
  // 4 ms * exp(0.7 * 1.645)
  t.ok(isNear((rtts[19_000] ?? 0) - 20, 12.65, 0.04), String(rtts[19_000]));
  t.ok(drawRtt(channel, 0, true).rttMs < 20);
});

t.test('spikes: as many as there should be, and told', async (t) => {
  const spikes = { share: 0.05, medianMs: 500, sigma: 0.5 };
  const channel = createChannel({ ...plain, jitterMs: 0, spikes }, createRandom(5));
  const drawn = Array.from({ length: 20_000 }, (_, at) => drawRtt(channel, at, false));
  const late = drawn.filter(({ isSpike }) => isSpike).map(({ rttMs }) => rttMs - 20);
  t.ok(isNear(late.length, 1000, 0.1), String(late.length));
  t.ok(isNear(late.sort((a, b) => a - b)[late.length >> 1] ?? 0, 500, 0.06));
  t.ok(drawn.every(({ isSpike, rttMs }) => isSpike || rttMs === 20));
});

t.test('bursts of which nothing comes out, for a tenth of the time', async (t) => {
  const channel = createChannel(bursty, createRandom(2));
  const lengths = Array.from({ length: 20_000 }, () => {
    // Over a burst first: the next closure is only known then.
    channel.isDead = false;
    return begin(channel).length;
  });
  const mean = lengths.reduce((sum, each) => sum + each, 0) / lengths.length;
  t.ok(isNear(mean, 100, 0.03), String(mean));
});

t.test('a stall holds back what is sent in it until its end', async (t) => {
  const channel = createChannel(stalling, createRandom(3));
  const at = nextClosure(channel);
  beginClosure(channel, at, null);
  const until = channel.stalledUntil;
  t.ok(until > at);
  t.ok(drawRtt(channel, at + 1, false).rttMs >= until - at - 1 + 20);
});

t.test('worse futures, weighed: the chance of a long closure is the same by either way', async (t) => {
  for (const [name, model, longMs] of [
    ['burst', bursty, 500],
    ['stall', stalling, 900],
  ] as const) {
    const share = (typicalMs: number | null, count: number): number => {
      let sum = 0;
      const random = createRandom(4);
      for (let each = 0; each < count; each += 1) {
        const { weight, length } = begin(createChannel(model, random), typicalMs);
        if (length > longMs) sum += weight;
      }
      return sum / count;
    };
    const counted = share(null, 200_000);
    const sampled = share(700, 20_000);
    t.ok(isNear(sampled, counted, 0.1), `${name}: ${sampled} by sampling, ${counted} by counting`);
  }
});
