import type { Random } from './random.js';

/** Bytes that have a meaning to parsers: line ends, separators, quotes, the ends of UTF-8 and length ranges. */
const SIGNIFICANT = [
  0x00, 0x01, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x3a, 0x3b, 0x3d, 0x5c, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x88, 0x89,
  0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xfe, 0xff,
] as const;

/** Longer than all small limits, and short enough to be fast. */
const MAX_COPY = 4_096;

/** Changes a few bytes anywhere from `start` on, whatever they mean. */
export function mutateBytes(input: Uint8Array, start: number, random: Random): Uint8Array {
  const at = start + random.below(input.length - start + 1);
  const end = at + random.below(Math.min(input.length - at, 16) + 1);
  const [before, range, after] = [input.subarray(0, at), input.subarray(at, end), input.subarray(end)];
  switch (random.below(6)) {
    case 0:
      return joined(before, after);
    case 1:
      return joined(before, Uint8Array.of(random.pick(SIGNIFICANT)), after);
    case 2:
      return joined(before, random.bytes(1 + random.few(8)), range, after);
    case 3:
      return joined(before, repeated(range, random.oneIn(8) ? MAX_COPY : 1 + random.few(64)), after);
    case 4: {
      const from = start + random.below(input.length - start + 1);
      return joined(before, input.subarray(from, from + random.below(64)), after);
    }
    default: {
      const changed = new Uint8Array(input);
      const place = start + random.below(Math.max(1, input.length - start));
      if (place < changed.length) {
        changed[place] = random.oneIn(2) ? changed[place]! ^ (1 << random.below(8)) : random.pick(SIGNIFICANT);
      }
      return changed;
    }
  }
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

function repeated(range: Uint8Array, times: number): Uint8Array {
  return joined(...Array.from({ length: Math.min(times, Math.ceil(MAX_COPY / (range.length || 1))) }, () => range));
}
