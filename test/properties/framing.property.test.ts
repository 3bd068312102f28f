import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameDecoder } from '../../src/framing/frame-decoder.js';
import { FrameEncoder } from '../../src/framing/frame-encoder.js';
import { MessageAssembler } from '../../src/framing/message-assembler.js';
import { OutputBuffer } from '../../src/framing/output-buffer.js';
import { concat, cutAt, inPieces } from '../helpers/bytes.js';
import { collectMessages, decodeFrames, decodeMessages, type Received } from '../helpers/collect-frames.js';
import { naivelyMasked, rawFrame } from '../helpers/raw-frame.js';

const payload = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 140 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }).map(text => new TextEncoder().encode(text)) },
  { weight: 1, arbitrary: fc.nat(70_000).map(length => new Uint8Array(length).fill(length)) },
);
const controlPayload = fc.uint8Array({ maxLength: 125 });
const cuts = fc.array(fc.nat(2000), { maxLength: 8 });
const role = fc.constantFrom('client' as const, 'server' as const);

const frame = fc.oneof(
  fc.record({ opcode: fc.constantFrom(0, 1, 2), payload, fin: fc.boolean(), rsv: fc.constantFrom(0, 0x40, 0x70) }),
  fc.record({
    opcode: fc.constantFrom(8, 9, 10),
    payload: controlPayload,
    fin: fc.constant(true),
    rsv: fc.constant(0),
  }),
);

/** Characters of one to four bytes next to each other, which random ones seldom are. */
const mixedText = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀'), maxLength: 40 });

/** A message in fragments, with control frames between them. */
const message = fc.record({
  text: fc.option(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), mixedText), { nil: undefined }),
  binary: payload,
  cuts: fc.array(fc.nat(200), { maxLength: 4 }),
  pings: fc.array(controlPayload, { maxLength: 2 }),
});
type Message = typeof message extends fc.Arbitrary<infer Value> ? Value : never;

/** Encodes the messages, and returns what a receiver must deliver. */
function conversation(
  from: 'client' | 'server',
  messages: readonly Message[],
): { bytes: Uint8Array; expected: Received[] } {
  const encoder = new FrameEncoder(from);
  const expected: Received[] = [];
  for (const { text, binary, cuts, pings } of messages) {
    const fragments = cutAt(text === undefined ? binary : new TextEncoder().encode(text), cuts);
    for (const [i, fragment] of fragments.entries()) {
      if (i > 0 && pings[i - 1] !== undefined) {
        encoder.frame(9, pings[i - 1]!);
        expected.push({ control: 9, payload: [...pings[i - 1]!] });
      }
      encoder.frame(i > 0 ? 0 : text === undefined ? 2 : 1, fragment, i === fragments.length - 1);
    }
    expected.push(text ?? [...binary]);
  }
  return { bytes: concat(...encoder.output.take()), expected };
}

describe('round trip', () => {
  test('encoded frames decode to the same frames and offsets, in any segmentation', () => {
    fc.assert(
      fc.property(role, fc.array(frame, { maxLength: 6 }), cuts, fc.boolean(), (from, frames, places, ownsChunks) => {
        const encoder = new FrameEncoder(from);
        const offsets: number[] = [];
        for (const { opcode, payload: bytes, fin, rsv } of frames) {
          offsets.push(encoder.output.length);
          encoder.frame(opcode, bytes, fin, rsv);
        }
        const stream = concat(...encoder.output.take());
        const { frames: decoded, error } = decodeFrames(cutAt(stream, places), { from, ownsChunks, assignedRsv: 0x70 });
        expect(error).toBeUndefined();
        expect(decoded.map(({ offset }) => offset)).toEqual(offsets);
        expect(decoded.length).toBe(frames.length);
        for (const [i, { opcode, payload: bytes, fin, rsv }] of frames.entries()) {
          const got = decoded[i]!;
          expect([got.opcode, got.fin, got.rsv, got.masked]).toEqual([opcode, fin, rsv, from === 'client']);
          expect(Buffer.compare(Uint8Array.from(got.payload), bytes)).toBe(0);
        }
      }),
    );
  });

  test('encoded messages, fragments and control frames decode to the same trace, in any segmentation', () => {
    fc.assert(
      fc.property(
        role,
        fc.array(message, { maxLength: 5 }),
        cuts,
        fc.boolean(),
        (from, messages, places, ownsChunks) => {
          const { bytes, expected } = conversation(from, messages);
          const { received, error } = decodeMessages(cutAt(bytes, places), { from, ownsChunks });
          expect(error).toBeUndefined();
          expect(received).toEqual(expected);
        },
      ),
    );
  });

  test('messages in parts are the same messages, and no part of a text ends within a character', () => {
    fc.assert(
      fc.property(
        role,
        fc.array(message, { maxLength: 5 }),
        cuts,
        fc.boolean(),
        (from, messages, places, ownsChunks) => {
          const { bytes, expected } = conversation(from, messages);
          const received: Received[] = [];
          let parts: (string | Uint8Array)[] = [];
          let isText = false;
          const assembler = new MessageAssembler(
            {
              message: () => expect.unreachable(),
              control: (opcode, controlData) => void received.push({ control: opcode, payload: [...controlData] }),
              messageStart: startsText => {
                isText = startsText;
                parts = [];
              },
              messagePart: part => void parts.push(typeof part === 'string' ? part : part.slice()),
              messageEnd: () => void received.push(isText ? parts.join('') : [...concat(...(parts as Uint8Array[]))]),
            },
            { maxMessageSize: 2 ** 24, maxFragments: 131_072 },
            ownsChunks,
          );
          assembler.streams = true;
          const decoder = new FrameDecoder(assembler, { from, ownsChunks });
          for (const chunk of cutAt(bytes, places)) decoder.push(chunk);
          expect(decoder.error).toBeUndefined();
          expect(received).toEqual(expected);
        },
      ),
    );
  });

  test('the trace is the same byte by byte and all at once', () => {
    const short = message.filter(({ binary }) => binary.length < 1000);
    fc.assert(
      fc.property(role, fc.array(short, { maxLength: 4 }), (from, messages) => {
        const { bytes, expected } = conversation(from, messages);
        for (const size of [1, 3, bytes.length + 1]) {
          expect(decodeMessages(inPieces(bytes, size), { from, ownsChunks: true }).received).toEqual(expected);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('the trace is the same if the decoder is suspended after any frames', () => {
    fc.assert(
      fc.property(role, fc.array(message, { maxLength: 4 }), cuts, fc.nat(4), (from, messages, places, every) => {
        const { bytes, expected } = conversation(from, messages);
        const { received, assembler } = collectMessages({ from });
        let ended = 0;
        const sink = {
          frameStart: assembler.frameStart.bind(assembler),
          framePayload: assembler.framePayload.bind(assembler),
          frameEnd: () => {
            if (++ended % (every + 1) === 0) decoder.stopBefore('frame');
            return assembler.frameEnd();
          },
        };
        const decoder = new FrameDecoder(sink, { from });
        for (const chunk of cutAt(bytes, places)) {
          for (let at = decoder.push(chunk); at < chunk.length; at = decoder.push(chunk, at))
            decoder.stopBefore('nothing');
        }
        expect(decoder.offset).toBe(bytes.length);
        expect(received).toEqual(expected);
      }),
    );
  });
});

describe('arbitrary bytes', () => {
  /** Noise, and headers that are almost legal, so that decoding gets far. */
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(
        fc.record({
          fin: fc.boolean(),
          opcode: fc.constantFrom(0, 1, 2, 2, 8, 9, 3),
          payload: fc.uint8Array({ maxLength: 150 }),
          length: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined, freq: 8 }),
          key: fc.option(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), { nil: undefined }),
        }),
        { maxLength: 6 },
      )
      .map(list =>
        concat(
          ...list.map(({ length, key, ...rest }) =>
            rawFrame({ ...rest, ...(length === undefined ? {} : { length }), ...(key === undefined ? {} : { key }) }),
          ),
        ),
      ),
  );
  const limits = { maxMessageSize: 500, maxFragments: 4 };
  const from = fc.constantFrom('client' as const, 'server' as const, 'any' as const);

  test('never throw, retain bounded memory, and fail in the same way in every segmentation, in place or copied', () => {
    fc.assert(
      fc.property(noise, from, cuts, (bytes, sender, places) => {
        const whole = decodeMessages([new Uint8Array(bytes)], { from: sender, ownsChunks: true }, limits);
        for (const ownsChunks of [true, false]) {
          for (const chunks of [cutAt(bytes, places), inPieces(bytes, 1)]) {
            const { received, error, assembler } = decodeMessages(chunks, { from: sender, ownsChunks }, limits);
            expect(received).toEqual(whole.received);
            expect(error?.message).toBe(whole.error?.message);
            expect(error?.offset).toBe(whole.error?.offset);
            expect(assembler.retained).toBeLessThanOrEqual(2 * limits.maxMessageSize + 65_536);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('nothing is read after a failure (§7.1.7)', () => {
    fc.assert(
      fc.property(noise, noise, (bytes, more) => {
        const { decoder, received, error } = decodeMessages([new Uint8Array(bytes)], { from: 'client' }, limits);
        fc.pre(error !== undefined);
        const before = [...received];
        const { offset } = decoder;
        expect(decoder.push(more)).toBe(0);
        expect(decoder.offset).toBe(offset);
        expect(received).toEqual(before);
        expect(decoder.error).toBe(error);
      }),
    );
  });
});

test('§5.3: frames of a client, unmasked, equal frames of a server', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.integer(), fc.boolean(), (frames, key, asText) => {
      for (const { opcode, payload: bytes, fin, rsv } of frames) {
        const data = asText ? new TextDecoder().decode(bytes).slice(0, 40) : bytes;
        const [client, server] = [
          new FrameEncoder('client', new OutputBuffer(), () => key),
          new FrameEncoder('server'),
        ];
        client.frame(opcode, data, fin, rsv);
        server.frame(opcode, data, fin, rsv);
        const [masked, plain] = [concat(...client.output.take()), concat(...server.output.take())];
        const headerLength = masked.length - (plain.length - lengthOfHeader(plain));
        const octets = masked.subarray(headerLength - 4, headerLength);
        expect((octets[0]! << 24) | (octets[1]! << 16) | (octets[2]! << 8) | octets[3]!).toBe(key);
        masked[1]! &= 0x7f;
        const unmasked = concat(
          masked.subarray(0, headerLength - 4),
          naivelyMasked(masked.subarray(headerLength), octets),
        );
        expect(Buffer.compare(unmasked, plain)).toBe(0);
      }
    }),
  );
});

function lengthOfHeader(plain: Uint8Array): number {
  return plain[1]! < 126 ? 2 : plain[1] === 126 ? 4 : 10;
}
