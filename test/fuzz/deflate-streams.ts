import { constants, deflateRawSync } from 'node:zlib';
import { joined } from './mutate-bytes.js';
import type { Random } from './random.js';

/** Compressed messages of one connection. In an input, each message follows its length in two bytes. */

const MAX_MESSAGES = 24;
const LENGTH_BYTES = 2;

export function messagesOf(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at + LENGTH_BYTES <= bytes.length && messages.length < MAX_MESSAGES; ) {
    const length = bytes[at]! * 256 + bytes[at + 1]!;
    at += LENGTH_BYTES;
    messages.push(bytes.subarray(at, at + length));
    at += length;
  }
  return messages;
}

export function inputOf(messages: readonly Uint8Array[]): Uint8Array {
  return joined(...messages.flatMap(message => [Uint8Array.of(message.length >> 8, message.length), message]));
}

const PHRASES = ['', 'a', 'Hello', 'Hello, Hello, Hello', '{"type":"event","id":', 'the quick brown fox '] as const;
const STRATEGIES = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FIXED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
] as const;

/** Generates messages compressed by zlib, with every kind of block, and sometimes a bomb. */
export function messages(random: Random, takesOver: boolean, windowBits: number): Uint8Array[] {
  let history: Uint8Array = new Uint8Array(0);
  const compressed = (plain: Uint8Array, endsStream: boolean) => {
    const bytes = deflateRawSync(plain, {
      windowBits: Math.max(windowBits, 9),
      level: random.pick([0, 1, 6, 9]),
      memLevel: random.pick([1, 8, 9]),
      strategy: random.pick(STRATEGIES),
      finishFlush: endsStream ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
      ...(history.length > 0 ? { dictionary: history } : {}),
    });
    history = joined(history, plain).subarray(-(2 ** windowBits));
    return bytes;
  };
  return Array.from({ length: 1 + random.few(6) }, () => {
    if (!takesOver) history = new Uint8Array(0);
    // A message may consist of several streams. Later blocks may refer to earlier streams.
    const parts = Array.from({ length: random.oneIn(6) ? 1 + random.few(3) : 0 }, () =>
      compressed(plainText(random), true),
    );
    // If the last block ends the stream, there is no tail to remove. RFC 7692 §7.2.3.4 appends an octet of 0.
    if (random.oneIn(8)) return joined(...parts, compressed(plainText(random), true), new Uint8Array(random.below(2)));
    return joined(...parts, compressed(plainText(random), false).subarray(0, -4));
  });
}

function plainText(random: Random): Uint8Array {
  if (random.oneIn(80)) return new Uint8Array(300_000).fill(random.below(3));
  if (random.oneIn(12)) return random.bytes(random.below(2_000));
  const words = Array.from(
    { length: random.few(8) },
    () => random.pick(PHRASES) + (random.oneIn(4) ? random.word() : ''),
  );
  return Buffer.from(words.join('').repeat(random.oneIn(8) ? 60 : 1));
}

/** Adds, removes, repeats, reorders, cuts or joins messages, or flips a bit of one. */
export function mutateMessages(list: readonly Uint8Array[], random: Random, fresh: () => Uint8Array[]): Uint8Array[] {
  const at = random.below(list.length + 1);
  const message = list[at];
  if (message === undefined) return [...list, ...fresh()];
  switch (random.below(6)) {
    case 0:
      return list.filter((_, i) => i !== at);
    case 1:
      return [...list, message];
    case 2:
      return random.shuffled(list);
    case 3:
      return list.with(at, message.subarray(0, random.below(message.length + 1)));
    case 4:
      return list.with(at, joined(message, random.pick(list)));
    default: {
      const changed = new Uint8Array(message);
      const place = random.below(changed.length);
      if (changed.length > 0) changed[place] = changed[place]! ^ (1 << random.below(8));
      return list.with(at, changed);
    }
  }
}
