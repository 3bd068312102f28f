import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Protocol, type ProtocolOptions } from '../../src/protocol/index.js';
import { rawFrame, rawHeader } from '../helpers/raw-frame.js';

/** Node can free memory from version 21 on. */
const CAN_FREE = 'transfer' in ArrayBuffer.prototype;

function receiver(options: ProtocolOptions = { ownsChunks: true }) {
  const messages: (string | Uint8Array)[] = [];
  const handler = {
    message: (data: string | Uint8Array) => void messages.push(data),
    messagePart: (data: string | Uint8Array) => void messages.push(data),
    ping() {},
    pong() {},
    closeReceived() {},
    failed() {},
  };
  return { messages, protocol: new Protocol('client', handler, options) };
}

/** A chunk that is all of its memory, as Node's sockets emit them. */
function chunkOf(...frames: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(frames));
}

const text = (size: number) => rawFrame({ opcode: 1, payload: 'x'.repeat(size) });
const binary = (size: number) => rawFrame({ opcode: 2, payload: new Uint8Array(size).fill(7) });

describe('a chunk is freed when it was read', () => {
  test.each([
    ['text', [text(2_000)]],
    ['messages that were copied', [binary(10), binary(10_000), binary(50), text(90_000)]],
    ['a Ping', [rawFrame({ opcode: 9, payload: 'hello' }), text(2_000)]],
  ])('and held %s', (_, frames) => {
    const { messages, protocol } = receiver();
    const chunk = chunkOf(...frames);
    protocol.receive(chunk);
    expect(messages.length).toBeGreaterThan(0);
    expect(chunk.length === 0).toBe(CAN_FREE);
  });

  test('after it was kept, because the application did not read', () => {
    const { messages, protocol } = receiver();
    protocol.stopBefore('frame');
    const chunk = chunkOf(text(2_000));
    protocol.receive(chunk);
    expect([chunk.length, protocol.unreadBytes]).toEqual([2_004, 2_004]);
    protocol.stopBefore('nothing');
    expect(protocol.unreadBytes).toBe(0);
    expect(messages).toHaveLength(1);
    expect(chunk.length === 0).toBe(CAN_FREE);
  });

  test('if it was part of a large message, when that is complete or half of it has arrived', () => {
    const { messages, protocol } = receiver();
    protocol.receive(new Uint8Array(rawHeader({ length: 50_000n })));
    const chunks = [10_000, 20_000, 20_000].map(size => new Uint8Array(size).fill(7));
    protocol.receive(chunks[0]!);
    expect(chunks[0]).toHaveLength(10_000);
    protocol.receive(chunks[1]!);
    protocol.receive(chunks[2]!);
    expect(chunks.every(({ length }) => length === 0)).toBe(CAN_FREE);
    expect(messages[0]).toHaveLength(50_000);
    expect((messages[0] as Uint8Array).every(byte => byte === 7)).toBe(true);
  });
});

describe('a chunk is not freed', () => {
  test('if a message is a view of it', () => {
    const { messages, protocol } = receiver();
    const chunk = chunkOf(text(500), binary(4_000));
    protocol.receive(chunk);
    expect((messages[1] as Uint8Array).buffer).toBe(chunk.buffer);
    expect(messages[1]).toHaveLength(4_000);
  });

  test('if a part of a message is a view of it', () => {
    const { messages, protocol } = receiver();
    protocol.streamMessages(true);
    const chunk = chunkOf(binary(4_000));
    protocol.receive(chunk);
    expect(messages[0]).toHaveLength(4_000);
  });

  test('if it was read in two steps', () => {
    const messages: Uint8Array[] = [];
    const protocol: Protocol = new Protocol(
      'client',
      {
        message(data) {
          messages.push(data as Uint8Array);
          protocol.stopBefore('frame');
        },
        ping() {},
        pong() {},
        closeReceived() {},
        failed() {},
      },
      { ownsChunks: true },
    );
    protocol.receive(chunkOf(binary(1_000), text(3_000)));
    protocol.stopBefore('nothing');
    expect(messages[0]).toHaveLength(1_000);
  });

  test('if the protocol does not own it', () => {
    const { protocol } = receiver({});
    const chunk = chunkOf(text(2_000));
    protocol.receive(chunk);
    expect(chunk).toHaveLength(2_004);
  });
});

test('messages of any size keep their bytes, however they are cut into chunks', () => {
  const message = fc.record({
    isText: fc.boolean(),
    size: fc.oneof(fc.nat(2_000), fc.constantFrom(9_000, 70_000, 140_000, 300_000)),
    fin: fc.boolean(),
  });
  const chunkSize = fc.constantFrom(100, 1_500, 8_192, 20_000, 65_536);
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 8 }),
      fc.array(chunkSize, { minLength: 1 }),
      (all, sizes) => {
        const expected: Buffer[] = [];
        const frames = all.flatMap(({ isText, size, fin }, i) => {
          const payload = Buffer.alloc(size, 97 + i);
          expected.push(fin ? payload : Buffer.concat([payload, payload]));
          const opcode = isText ? 1 : 2;
          return fin
            ? [rawFrame({ opcode, payload })]
            : [rawFrame({ opcode, payload, fin }), rawFrame({ opcode: 9 }), rawFrame({ opcode: 0, payload })];
        });
        const bytes = Buffer.concat(frames);
        const { messages, protocol } = receiver();
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length]!;
          protocol.receive(new Uint8Array(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(messages).toHaveLength(expected.length);
        for (const [i, data] of messages.entries()) expect(Buffer.from(data as string).equals(expected[i]!)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});
