import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Deflater, type DeflaterOptions } from '../../src/permessage-deflate/deflater.js';
import { ZlibJob } from '../../src/permessage-deflate/zlib-job.js';
import { streamInflater } from '../helpers/zlib-streams.js';

const TAKEOVER: DeflaterOptions = { windowBits: 15, noContextTakeover: false, level: 6, memLevel: 8 };
const NO_TAKEOVER: DeflaterOptions = { ...TAKEOVER, noContextTakeover: true };

const hex = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString('hex');

/** Returns bytes that DEFLATE cannot make smaller. */
function noise(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0, state = seed; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

describe('Deflater (RFC 7692 §7.2.1)', () => {
  test('§7.2.3.1: "Hello" is deflated to the bytes in the RFC [7692/6.1-1]', () => {
    expect(hex(new Deflater(NO_TAKEOVER).deflate(Buffer.from('Hello')))).toBe('f248cdc9c90700');
  });

  test('§7.2.3.2: with context takeover the second "Hello" refers to the first [7692/7.2.1-8] [7692/7.2.1-11]', () => {
    const deflater = new Deflater(TAKEOVER);
    expect(hex(deflater.deflate(Buffer.from('Hello')))).toBe('f248cdc9c90700');
    expect(hex(deflater.deflate(Buffer.from('Hello')))).toBe('f200110000');
  });

  test('§7.1.1: without context takeover each message is deflated like the first [7692/7.2.1-7] [7692/7.2.1-10]', () => {
    const deflater = new Deflater(NO_TAKEOVER);
    for (let i = 0; i < 3; i++) expect(hex(deflater.deflate(Buffer.from('Hello')))).toBe('f248cdc9c90700');
    expect(deflater.contextSize).toBe(0);
  });

  test('§7.2.3.6: an empty message is deflated to one octet', () => {
    const deflater = new Deflater(TAKEOVER);
    for (let i = 0; i < 3; i++) expect(hex(deflater.deflate(new Uint8Array(0)))).toBe('00');
  });

  test('messages up to 8 KiB are deflated synchronously, larger ones on the thread pool, to the same bytes', async () => {
    const deflater = new Deflater(NO_TAKEOVER);
    expect(deflater.deflate(noise(8192))).toBeInstanceOf(Uint8Array);
    const pending = deflater.deflate(noise(8193));
    expect(pending).toBeInstanceOf(Promise);
    const atOnce = deflateRawSync(noise(8193), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(hex(await pending)).toBe(hex(atOnce));
  });

  test('a message similar to the last one takes few bytes, synchronously and on the thread pool', async () => {
    for (const size of [8000, 14_000]) {
      const deflater = new Deflater(TAKEOVER);
      expect((await deflater.deflate(noise(size)))!.length).toBeGreaterThan(size);
      expect((await deflater.deflate(noise(size)))!.length).toBeLessThan(size / 50);
    }
  });

  test('small messages refer to the last 4 KiB', () => {
    const deflater = new Deflater(TAKEOVER);
    const first = noise(100);
    deflater.deflate(first);
    deflater.deflate(noise(3900, 2));
    expect((deflater.deflate(first) as Uint8Array).length).toBeLessThan(15);
    deflater.deflate(noise(4096, 3));
    expect((deflater.deflate(first) as Uint8Array).length).toBeGreaterThan(100);
  });

  test('the context is at most as large as the window, and is freed by close()', () => {
    const deflater = new Deflater({ ...TAKEOVER, windowBits: 12 });
    expect(deflater.contextSize).toBe(0);
    for (let i = 0; i < 10; i++) deflater.deflate(noise(1000, i));
    expect(deflater.contextSize).toBe(4096);
    deflater.close();
    expect(deflater.contextSize).toBe(0);
  });

  test('deflate() throws while the previous message is on the thread pool', async () => {
    const deflater = new Deflater(TAKEOVER);
    const first = deflater.deflate(noise(10_000));
    expect(() => deflater.deflate(noise(1))).toThrow('deflate() was called before the previous message was deflated');
    await first;
    expect(deflater.deflate(noise(1))).toBeInstanceOf(Uint8Array);
  });

  test('close() while a message is on the thread pool resolves to undefined', async () => {
    const deflater = new Deflater(TAKEOVER);
    const pending = deflater.deflate(noise(1_000_000));
    deflater.close();
    expect(await pending).toBeUndefined();
    expect(deflater.contextSize).toBe(0);
  });

  test('close() after the thread pool has finished, but before the promise has settled, resolves to undefined', async () => {
    const tooLate = vi.spyOn(ZlibJob.prototype, 'close').mockReturnValue();
    const deflater = new Deflater(TAKEOVER);
    const pending = deflater.deflate(noise(10_000));
    deflater.close();
    tooLate.mockRestore();
    expect(await pending).toBeUndefined();
  });

  test('level and memLevel are passed to zlib', () => {
    const text = Buffer.from(Array.from({ length: 4000 }, (_, i) => `${i} `).join('')).subarray(0, 8000);
    const sizeWith = (options: Partial<DeflaterOptions>) =>
      (new Deflater({ ...NO_TAKEOVER, ...options }).deflate(text) as Uint8Array).length;
    expect(sizeWith({ level: 0 })).toBeGreaterThan(text.length);
    expect(sizeWith({ memLevel: 9 })).toBeLessThan(sizeWith({ memLevel: 1 }));
  });

  test('at every level, a peer with a window of the agreed size can inflate all messages [7692/7.2.1-12] [7692/7.2.1-14] [7692/7.2.2-10]', async () => {
    const word = fc.constantFrom('Hello', 'ws101 ', 'a'.repeat(300), noise(500).toString('latin1'), '');
    const message = fc
      .tuple(fc.array(word, { maxLength: 12 }), fc.uint8Array({ maxLength: 300 }), fc.constantFrom(1, 1, 1, 5))
      .map(([words, bytes, times]) => Buffer.concat([Buffer.from(words.join('').repeat(times)), bytes]));
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 6 }),
        fc.record({
          windowBits: fc.integer({ min: 9, max: 15 }),
          noContextTakeover: fc.boolean(),
          level: fc.integer({ min: 0, max: 9 }),
          memLevel: fc.integer({ min: 1, max: 9 }),
        }),
        async (messages, options) => {
          const deflater = new Deflater(options);
          const inflate = streamInflater(options.windowBits);
          for (const bytes of messages) {
            const payload = (await deflater.deflate(bytes))!;
            expect(bytes.equals(await inflate(payload))).toBe(true);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
