/**
 * The rings on disk, version 1: binary, of a size that follows from the number of series alone (5.8 KB each), with a checksum.
 * Whatever else a file holds, reading it gives nothing, and never throws. Little-endian.
 */
import { type Bin, binsOf, MOST_SERIES, type SeriesStore, scales } from './series.ts';

/** `uplinkd` and the version. */
const MAGIC = [0x75, 0x70, 0x6c, 0x69, 0x6e, 0x6b, 0x64, 1];
const HEADER_BYTES = MAGIC.length + 4;
const KEY_BYTES = 64;
const BIN_BYTES = 8;
const SERIES_BYTES = KEY_BYTES + scales.reduce((sum, { bins }) => sum + 4 + bins * BIN_BYTES, 0);
const CHECKSUM_BYTES = 4;

export type KeptSeries = readonly {
  readonly key: string;
  readonly rings: readonly [readonly Bin[], readonly Bin[], readonly Bin[]];
}[];

/** FNV-1a, 32 bits. */
const checksum = (bytes: Uint8Array): number => {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};

/** 10 microseconds up to 327 ms, then 2 ms up to a minute: as fine as a plot can show. */
const FINE_MS = 327.68;
const encodeMs = (ms: number): number =>
  ms < FINE_MS
    ? Math.min(32_767, Math.round(ms * 100))
    : Math.min(65_535, 32_768 + Math.round((ms - FINE_MS) / 2));
const decodeMs = (code: number): number => (code < 32_768 ? code / 100 : FINE_MS + (code - 32_768) * 2);

/** A bin of three hours may hold more requests than two bytes can tell; the share that was lost is what matters. */
const encodeCounts = ({ sent, lost }: Bin): readonly [number, number] => {
  if (sent <= 65_535) return [sent, lost];
  const kept = Math.round((lost * 65_535) / sent);
  return [65_535, lost === 0 ? 0 : Math.max(1, kept)];
};

export const renderSeriesFile = ({ series }: SeriesStore): Uint8Array => {
  const kept = series
    .filter(({ key }) => new TextEncoder().encode(key).length <= KEY_BYTES)
    .slice(-MOST_SERIES);
  const bytes = new Uint8Array(HEADER_BYTES + kept.length * SERIES_BYTES + CHECKSUM_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(MAGIC.length, kept.length, true);
  let at = HEADER_BYTES;
  for (const { key, rings } of kept) {
    bytes.set(new TextEncoder().encode(key), at);
    at += KEY_BYTES;
    for (const [number, scale] of scales.entries()) {
      const ring = rings[number];
      const bins = ring === undefined ? [] : binsOf(ring);
      const first = Math.max(0, (bins.at(-1)?.index ?? 0) - scale.bins + 1);
      view.setUint32(at, first, true);
      for (const bin of bins) {
        if (bin.index < first) continue;
        const place = at + 4 + (bin.index - first) * BIN_BYTES;
        const [sent, lost] = encodeCounts(bin);
        view.setUint16(place, sent, true);
        view.setUint16(place + 2, lost, true);
        view.setUint16(place + 4, encodeMs(bin.p50Ms), true);
        view.setUint16(place + 6, encodeMs(bin.p95Ms), true);
      }
      at += 4 + scale.bins * BIN_BYTES;
    }
  }
  view.setUint32(at, checksum(bytes.subarray(0, at)), true);
  return bytes;
};

const readRing = (view: DataView, at: number, bins: number): readonly Bin[] => {
  const first = view.getUint32(at, true);
  return Array.from({ length: bins }, (_, number): Bin => {
    const place = at + 4 + number * BIN_BYTES;
    const sent = view.getUint16(place, true);
    return {
      index: first + number,
      sent,
      lost: Math.min(sent, view.getUint16(place + 2, true)),
      p50Ms: decodeMs(view.getUint16(place + 4, true)),
      p95Ms: decodeMs(view.getUint16(place + 6, true)),
    };
  }).filter(({ sent }) => sent > 0);
};

/** Null for what is not a whole file of this version. */
export const parseSeriesFile = (bytes: Uint8Array): KeptSeries | null => {
  if (bytes.length < HEADER_BYTES + CHECKSUM_BYTES) return null;
  if (MAGIC.some((byte, number) => bytes[number] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(MAGIC.length, true);
  const end = HEADER_BYTES + count * SERIES_BYTES;
  if (count > MOST_SERIES || bytes.length !== end + CHECKSUM_BYTES) return null;
  if (view.getUint32(end, true) !== checksum(bytes.subarray(0, end))) return null;
  return Array.from({ length: count }, (_, number) => {
    let at = HEADER_BYTES + number * SERIES_BYTES;
    const key = new TextDecoder().decode(bytes.subarray(at, at + KEY_BYTES)).replace(/\0+$/, '');
    at += KEY_BYTES;
    const [hour, day, month] = scales;
    const rings = [hour, day, month].map(({ bins }) => {
      const ring = readRing(view, at, bins);
      at += 4 + bins * BIN_BYTES;
      return ring;
    });
    return { key, rings: [rings[0] ?? [], rings[1] ?? [], rings[2] ?? []] as const };
  });
};

/** The largest file that there can be. */
export const MOST_BYTES = HEADER_BYTES + MOST_SERIES * SERIES_BYTES + CHECKSUM_BYTES;
