import { type RawFrame, rawFrame } from '../helpers/raw-frame.js';
import { framesIn } from './frame-model.js';
import { joined } from './mutate-bytes.js';
import type { Random } from './random.js';

/** Generates and mutates streams of frames, legal or not. */

/** Lengths around the edges of header forms, of word alignment, and of the ways to copy. */
const LENGTHS = [0, 1, 2, 3, 7, 47, 48, 49, 124, 125, 126, 127, 200, 999, 1000, 1001, 16_384, 65_535, 65_536] as const;
const WORDS = [
  '',
  'a',
  'Hello',
  'é',
  '√2',
  '🦉',
  '\ufeffx',
  '\0',
  '\u{10ffff}',
  '\ud7ff\ue000',
  'x'.repeat(60),
  'ü'.repeat(40),
] as const;
/** Bytes that are not UTF-8: overlong, surrogates, beyond U+10FFFF, incomplete, a lone tail. */
const NOT_UTF8 = [
  'c080',
  'e08080',
  'eda080',
  'f0808080',
  'f4908080',
  'f5',
  'ff',
  'c3',
  'e282',
  'f09fa6',
  '80',
  'bf',
] as const;
const CLOSE_CODES = [
  1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 0, 65_535,
] as const;

export function stream(random: Random, masks: boolean): Uint8Array {
  const frames: RawFrame[] = [];
  const count = random.oneIn(100) ? 2_000 : 1 + random.few(8);
  for (let i = 0; i < count; i++) {
    if (random.oneIn(4)) frames.push(controlFrame(random, random.oneIn(12)));
    else frames.push(...message(random, count > 100));
  }
  return joined(...frames.map(frame => rawFrame({ ...frame, ...(masks ? { key: maskingKey(random) } : {}) })));
}

function message(random: Random, isSmall: boolean): RawFrame[] {
  const isText = random.oneIn(2);
  const payload = isText ? textPayload(random) : random.bytes(isSmall ? random.below(4) : lengthOf(random));
  const cuts = Array.from({ length: isSmall ? random.below(3) : random.few(6) }, () =>
    random.below(payload.length + 1),
  ).sort((a, b) => a - b);
  const bounds = [0, ...cuts, payload.length];
  return bounds.slice(1).flatMap((end, i): RawFrame[] => {
    const isLast = i === cuts.length;
    const fragment = { fin: isLast, opcode: i > 0 ? 0 : isText ? 1 : 2, payload: payload.subarray(bounds[i], end) };
    return random.oneIn(6) && !isLast ? [fragment, controlFrame(random, false)] : [fragment];
  });
}

function textPayload(random: Random): Uint8Array {
  return Buffer.from(Array.from({ length: random.few(8) }, () => random.pick(WORDS)).join(''));
}

/** Long payloads are rare, because they are slow. */
function lengthOf(random: Random): number {
  return random.oneIn(60) ? random.pick(LENGTHS) : Math.min(random.pick(LENGTHS), 130 + random.below(130));
}

function controlFrame(random: Random, isClose: boolean): RawFrame {
  const opcode = isClose ? 8 : random.pick([9, 10]);
  return { opcode, payload: isClose ? closePayload(random) : random.bytes(random.pick([0, 1, 4, 124, 125])) };
}

function closePayload(random: Random): Uint8Array {
  if (random.oneIn(6)) return random.bytes(random.below(2));
  const code = random.pick(CLOSE_CODES);
  return joined(Uint8Array.of(code >> 8, code), Buffer.from(random.pick(WORDS)));
}

function maskingKey(random: Random): [number, number, number, number] {
  return random.oneIn(8) ? [0, 0, 0, 0] : [random.below(256), random.below(256), random.below(256), random.below(256)];
}

/**
 * Returns the complete frames of a stream in a form that can be changed and encoded again, and the bytes after them.
 */
function decoded(bytes: Uint8Array): { frames: RawFrame[]; tail: Uint8Array } {
  const frames: RawFrame[] = [];
  let end = 0;
  for (const { fin, rsv, opcode, key, length, lengthBytes, payload, payloadOffset, isWhole } of framesIn(bytes)) {
    if (!isWhole) break;
    const mask = key && { key: [key[0]!, key[1]!, key[2]!, key[3]!] as const };
    frames.push({ fin, rsv, opcode, length, lengthBytes, payload, ...mask });
    end = payloadOffset + payload.length;
  }
  return { frames, tail: bytes.subarray(end) };
}

/** Mutates a stream at the level of frames. */
export function mutateStream(bytes: Uint8Array, masks: boolean, random: Random): Uint8Array {
  const { frames, tail } = decoded(bytes);
  const at = random.below(frames.length + 1);
  const frame = frames[at];
  if (frame === undefined) return joined(bytes, stream(random, masks));
  const others = frames.filter((_, i) => i !== at);
  const replacedBy = (changed: RawFrame[]) =>
    joined(...frames.slice(0, at).map(rawFrame), ...changed.map(rawFrame), ...frames.slice(at + 1).map(rawFrame), tail);
  switch (random.below(8)) {
    case 0:
      return joined(...others.map(rawFrame), tail);
    case 1:
      return replacedBy(Array.from({ length: random.oneIn(8) ? 300 : 2 }, () => frame));
    case 2:
      return joined(...random.shuffled(frames).map(rawFrame), tail);
    case 3:
      return replacedBy([changedHeader(frame, random)]);
    case 4:
      return replacedBy([withPayload(frame, changedPayload(frame.payload as Uint8Array, random))]);
    case 5:
      return replacedBy(split(frame, random));
    case 6:
      return replacedBy([
        frame,
        { ...controlFrame(random, random.oneIn(4)), ...(frame.key ? { key: frame.key } : {}) },
      ]);
    default:
      return bytes.subarray(0, random.below(bytes.length + 1));
  }
}

function changedHeader(frame: RawFrame, random: Random): RawFrame {
  switch (random.below(6)) {
    case 0:
      return { ...frame, fin: !frame.fin };
    case 1:
      return { ...frame, rsv: 0x10 << random.below(3) };
    case 2:
      return { ...frame, opcode: random.below(16) };
    case 3: {
      const { key, ...unmasked } = frame;
      return key === undefined ? { ...frame, key: maskingKey(random) } : unmasked;
    }
    case 4:
      return { ...frame, lengthBytes: random.pick([2, 8]) };
    default: {
      const { lengthBytes, ...minimal } = frame;
      const power = BigInt(random.pick([7, 15, 16, 20, 24, 31, 32, 52, 53, 62, 63, 64]));
      return { ...minimal, length: 2n ** power - BigInt(random.below(2)) - (power === 64n ? 1n : 0n) };
    }
  }
}

function changedPayload(payload: Uint8Array, random: Random): Uint8Array {
  const at = random.below(payload.length + 1);
  const wrong = Buffer.from(random.pick(NOT_UTF8), 'hex');
  return joined(payload.subarray(0, at), wrong, payload.subarray(at + (random.oneIn(2) ? wrong.length : 0)));
}

function withPayload(frame: RawFrame, payload: Uint8Array): RawFrame {
  const { length, lengthBytes, ...rest } = frame;
  return { ...rest, payload };
}

/** Splits the frame into fragments, sometimes of one byte each. */
function split(frame: RawFrame, random: Random): RawFrame[] {
  const payload = frame.payload as Uint8Array;
  const size = random.oneIn(4) ? 1 : 1 + random.below(payload.length + 1);
  const count = Math.max(1, Math.min(500, Math.ceil(payload.length / size)));
  return Array.from({ length: count }, (_, i) => {
    const part = payload.subarray(i * size, i === count - 1 ? payload.length : (i + 1) * size);
    return {
      ...withPayload(frame, part),
      fin: frame.fin === true && i === count - 1,
      opcode: i > 0 ? 0 : (frame.opcode ?? 2),
    };
  });
}
