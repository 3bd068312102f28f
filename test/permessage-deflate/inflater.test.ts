import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { InflateFault } from '../../src/permessage-deflate/inflate-fault.js';
import { Inflater, type InflaterOptions } from '../../src/permessage-deflate/inflater.js';
import { OUTPUT_CHUNK, ZlibJob } from '../../src/permessage-deflate/zlib-job.js';
import { streamDeflater } from '../helpers/zlib-streams.js';

const MEBIBYTE = 2 ** 20;
const TAKEOVER: InflaterOptions = { windowBits: 15, noContextTakeover: false, maxMessageSize: 16 * MEBIBYTE };
const NO_TAKEOVER: InflaterOptions = { ...TAKEOVER, noContextTakeover: true };

const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** Returns the payload of a compressed message from a peer without context takeover. */
function payloadOf(message: Uint8Array | string, options = {}): Buffer {
  return deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

/** Returns the message as text, or the fault. */
async function inflated(inflater: Inflater, payload: Uint8Array): Promise<string | InflateFault | undefined> {
  const outcome = await inflater.inflate(payload);
  return outcome instanceof Uint8Array ? Buffer.from(outcome).toString('latin1') : outcome;
}

const fault = (kind: InflateFault['kind']) => expect.objectContaining({ kind, detail: expect.any(String) });

/** 64 MiB of zeros in 65 KB. */
const BOMB = payloadOf(Buffer.alloc(64 * MEBIBYTE));

describe('Inflater (RFC 7692 §7.2.2)', () => {
  test.each([
    ['§7.2.3.1: one compressed block', 'f2 48 cd c9 c9 07 00'],
    ['§7.2.3.3: a block with no compression', '00 05 00 fa ff 48 65 6c 6c 6f 00'],
    ['§7.2.3.4: a block with BFINAL set, and the octet after it', 'f3 48 cd c9 c9 07 00 00'],
    ['a block with BFINAL set, without the octet after it', 'f3 48 cd c9 c9 07 00'],
    ['§7.2.3.5: two blocks', 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00'],
  ])('%s [7692/7.2.1-1] [7692/7.2.1-2]', async (_, payload) => {
    expect(await inflated(new Inflater(NO_TAKEOVER), bytesOf(payload))).toBe('Hello');
  });

  test('§7.2.3.2: with context takeover a message may refer to the previous one [7692/7.2.2-2] [7692/7.2.2-4]', async () => {
    const inflater = new Inflater(TAKEOVER);
    expect(await inflated(inflater, bytesOf('f2 48 cd c9 c9 07 00'))).toBe('Hello');
    for (let i = 0; i < 3; i++) expect(await inflated(inflater, bytesOf('f2 00 11 00 00'))).toBe('Hello');
  });

  test('§7.1.1: without context takeover a message that refers to the previous one is corrupt [7692/7.2.2-1] [7692/7.2.2-3]', async () => {
    const inflater = new Inflater(NO_TAKEOVER);
    expect(await inflated(inflater, bytesOf('f2 48 cd c9 c9 07 00'))).toBe('Hello');
    expect(await inflated(inflater, bytesOf('f2 00 11 00 00'))).toEqual(fault('corrupt'));
  });

  test.each(['00', ''])('§7.2.3.6: %j is an empty message', async payload => {
    for (const options of [TAKEOVER, NO_TAKEOVER]) {
      expect(await inflated(new Inflater(options), bytesOf(payload))).toBe('');
    }
  });

  describe('blocks with BFINAL set (§7.2.3.4)', () => {
    const final = deflateRawSync('Hello, Hello');
    const referring = payloadOf('Hello, Hello', { dictionary: Buffer.from('Hello, Hello') });

    test('a message may have several [7692/7.2.1-3]', async () => {
      const payload = Buffer.concat([final, final, payloadOf('!')]);
      expect(await inflated(new Inflater(NO_TAKEOVER), payload)).toBe('Hello, HelloHello, Hello!');
    });

    test('later blocks may refer to earlier ones, in this message and in the next', async () => {
      const inflater = new Inflater(TAKEOVER);
      expect(await inflated(inflater, Buffer.concat([final, referring]))).toBe('Hello, HelloHello, Hello');
      expect(await inflated(inflater, referring)).toBe('Hello, Hello');
      const end = payloadOf('its own end');
      expect(await inflated(inflater, Buffer.concat([final, end]))).toBe('Hello, Helloits own end');
      const referringToEnd = payloadOf('its own end', { dictionary: Buffer.from('Hello, Helloits own end') });
      expect(referringToEnd.length).toBeLessThan(end.length);
      expect(await inflated(inflater, referringToEnd)).toBe('its own end');
      expect(await inflated(new Inflater(NO_TAKEOVER), Buffer.concat([final, referring]))).toBe(
        'Hello, HelloHello, Hello',
      );
    });

    test('without context takeover no part of a message is kept', async () => {
      const inflater = new Inflater(NO_TAKEOVER);
      await inflated(inflater, Buffer.concat([final, referring]));
      expect(inflater.contextSize).toBe(0);
      expect(await inflated(inflater, referring)).toEqual(fault('corrupt'));
    });

    test('a large message may have them, on the thread pool', async () => {
      const large = Buffer.alloc(3 * MEBIBYTE, 'ws101');
      const payload = Buffer.concat([
        deflateRawSync(large, { level: 0 }),
        deflateRawSync(large),
        payloadOf('Hello', { dictionary: large }),
      ]);
      const message = await inflated(new Inflater(NO_TAKEOVER), payload);
      expect(message === `${large}${large}Hello`).toBe(true);
    });

    test('the limit applies to all of them together', async () => {
      const three = Buffer.concat([final, final, payloadOf('!')]);
      expect(await inflated(new Inflater({ ...TAKEOVER, maxMessageSize: 25 }), three)).toHaveLength(25);
      for (const maxMessageSize of [24, 23, 12, 11]) {
        expect(await inflated(new Inflater({ ...TAKEOVER, maxMessageSize }), three)).toEqual(fault('too-big'));
      }
    });

    test('a message with more than 256 is corrupt', async () => {
      const finals = (count: number) => Buffer.alloc(2 * count, Buffer.from([0x03, 0x00]));
      expect(await inflated(new Inflater(TAKEOVER), finals(256))).toBe('');
      expect(await inflated(new Inflater(TAKEOVER), finals(257))).toEqual(fault('corrupt'));
      expect(await inflated(new Inflater(TAKEOVER), finals(1_000_000))).toEqual(fault('corrupt'));
    });

    test('many small bombs in one message do not block this thread', () => {
      const bombs = Buffer.concat(Array.from({ length: 100 }, () => deflateRawSync(Buffer.alloc(60_000))));
      expect(new Inflater(TAKEOVER).inflate(bombs)).toBeInstanceOf(Promise);
    });
  });

  describe('invalid or incomplete DEFLATE data', () => {
    test.each([
      ['a reserved block type', 'ff'],
      ['a block that is cut off', 'f2 48'],
      ['an uncompressed block that is cut off', '00 05 00 fa ff 48 65'],
      ['lengths that do not match', '00 05 00 05 00 48 65 6c 6c 6f 00'],
      ['a distance before the first byte', 'f2 00 11 00 00'],
      ['a tail that was not removed (§7.2.1)', 'f2 48 cd c9 c9 07 00 00 00 ff ff'],
      ['an extra octet', 'f2 48 cd c9 c9 07 00 00'],
    ])('is corrupt: %s', async (_, payload) => {
      expect(await inflated(new Inflater(TAKEOVER), bytesOf(payload))).toEqual(fault('corrupt'));
    });

    test('is corrupt if a large message is cut off', async () => {
      const payload = payloadOf(Buffer.from(Array.from({ length: 60_000 }, (_, i) => (i * i) % 251)), { level: 0 });
      expect(await inflated(new Inflater(TAKEOVER), payload)).toHaveLength(60_000);
      expect(await inflated(new Inflater(TAKEOVER), payload.subarray(0, -2))).toEqual(fault('corrupt'));
    });
  });

  describe('the limit on the inflated size', () => {
    test.each([0, 1, 4, 5, 6])('of %i bytes applies', async maxMessageSize => {
      const outcome = await inflated(new Inflater({ ...TAKEOVER, maxMessageSize }), bytesOf('f2 48 cd c9 c9 07 00'));
      if (maxMessageSize >= 5) expect(outcome).toBe('Hello');
      else expect(outcome).toEqual(new InflateFault('too-big', `it inflates to more than ${maxMessageSize} bytes`));
    });

    test('if small, applies without the thread pool', () => {
      const bomb = payloadOf(Buffer.alloc(MEBIBYTE));
      expect(new Inflater({ ...TAKEOVER, maxMessageSize: 1000 }).inflate(bomb)).toBeInstanceOf(InflateFault);
    });

    test.each([65_535, 65_536, 65_537, 200_000])(
      'applies to messages of %i bytes, synchronously and on the thread pool',
      async size => {
        const payload = payloadOf(Buffer.alloc(size));
        expect(await inflated(new Inflater({ ...TAKEOVER, maxMessageSize: size }), payload)).toHaveLength(size);
        expect(await inflated(new Inflater({ ...TAKEOVER, maxMessageSize: size - 1 }), payload)).toEqual(
          fault('too-big'),
        );
      },
    );

    test('may be larger than the memory', async () => {
      const inflater = new Inflater({ ...TAKEOVER, maxMessageSize: Number.MAX_SAFE_INTEGER });
      expect(await inflated(inflater, payloadOf(Buffer.alloc(100_000)))).toHaveLength(100_000);
    });

    test.each([
      ['undici CVE-2026-1526', BOMB],
      ['websockets CVE-2018-1000518', payloadOf(Buffer.alloc(10 * MEBIBYTE))],
      ['websocket-driver CVE-2026-54490', Buffer.concat([payloadOf('Hello'), bytesOf('00 00 ff ff'), BOMB])],
    ])('%s: stops a bomb while it inflates, with a peak of the limit and one chunk of 64 KiB', (_, bomb) => {
      expect(bomb.length).toBeLessThan(66_000);
      const program = fileURLToPath(new URL('bomb-memory.ts', import.meta.url));
      const flags = ['--expose-gc', '--conditions=ws101-source', '--import', 'tsx'];
      const printed = execFileSync(process.execPath, [...flags, program, String(MEBIBYTE)], { input: bomb });
      const { outcome, peak } = JSON.parse(String(printed));
      expect(outcome).toMatchObject({ kind: 'too-big', detail: 'it inflates to more than 1048576 bytes' });
      expect(peak).toBeGreaterThan(MEBIBYTE / 2);
      // A small bomb is first inflated synchronously, and that memory may not be collected yet: the input and two chunks, since
      // zlib of Node 24 makes the next one early. A page is for the program itself.
      const garbage = bomb.length > 16_384 ? 0 : bomb.length + 2 * 65_536;
      expect(peak).toBeLessThanOrEqual(MEBIBYTE + OUTPUT_CHUNK + garbage + 4096);
    });
  });

  test('messages with little input and output are inflated synchronously, others on the thread pool', async () => {
    const inflater = new Inflater(TAKEOVER);
    expect(inflater.inflate(payloadOf(Buffer.alloc(65_536)))).toBeInstanceOf(Uint8Array);
    expect(inflater.inflate(payloadOf(Buffer.alloc(16_000), { level: 0 }))).toBeInstanceOf(Uint8Array);
    for (const large of [payloadOf(Buffer.alloc(65_537)), payloadOf(Buffer.alloc(17_000), { level: 0 })]) {
      const pending = inflater.inflate(large);
      expect(pending).toBeInstanceOf(Promise);
      await pending;
    }
  });

  test.each([
    ['at once', 2_000],
    ['on the thread pool', 200_000],
  ])('a message is too big if there is not enough memory, %s', async (_, size) => {
    // Two final blocks, whose output must be joined.
    const payload = Buffer.concat([deflateRawSync(Buffer.alloc(size, 'x')), deflateRawSync(Buffer.alloc(size, 'y'))]);
    for (const method of ['concat', 'allocUnsafeSlow'] as const) {
      const inflater = new Inflater({ ...TAKEOVER, maxMessageSize: 1_000_000 });
      const { [method]: real } = Buffer;
      const spy = vi.spyOn(Buffer, method).mockImplementation(((...args: unknown[]) => {
        const bytes =
          method === 'concat' ? (args[0] as Buffer[]).reduce((sum, { length }) => sum + length, 0) : args[0];
        if ((bytes as number) >= size) throw new RangeError('Array buffer allocation failed');
        return (real as (...args: unknown[]) => Buffer)(...args);
      }) as never);
      const result = await inflater.inflate(payload);
      spy.mockRestore();
      expect(result).toMatchObject({
        kind: 'too-big',
        detail: 'there is not enough memory: Array buffer allocation failed',
      });
    }
  });

  test('a message of 1 KiB or more pins at most 8 times its size', async () => {
    for (const size of [1_024, 1_100, 3_000, 9_000, 40_000, 100_000]) {
      const noise = randomBytes(size);
      const [once, whole] = [deflateRawSync(noise.subarray(0, size / 2)), payloadOf(noise)];
      for (const payload of [whole, Buffer.concat([once, deflateRawSync(noise.subarray(size / 2))])]) {
        const message = (await new Inflater({ ...TAKEOVER, maxMessageSize: 1_000_000 }).inflate(payload)) as Uint8Array;
        expect(message).toHaveLength(size);
        expect(message.buffer.byteLength).toBeLessThanOrEqual(8 * size);
      }
    }
  });

  test('a small message does not pin the memory of a chunk', () => {
    const message = new Inflater(TAKEOVER).inflate(payloadOf('Hello')) as Uint8Array;
    expect(message.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
  });

  test('the application may write to a message without changing the context', async () => {
    const inflater = new Inflater(TAKEOVER);
    ((await inflater.inflate(bytesOf('f2 48 cd c9 c9 07 00'))) as Uint8Array).fill(0);
    expect(await inflated(inflater, bytesOf('f2 00 11 00 00'))).toBe('Hello');
  });

  test('messages of a peer that uses 9 bits although 8 were agreed, as zlib does, are inflated', async () => {
    const inflater = new Inflater({ ...TAKEOVER, windowBits: 8 });
    const deflate = streamDeflater(9);
    for (let i = 0; i < 20; i++) {
      const message = `${'x'.repeat(i * 13)}Hello ${i}`;
      expect(await inflated(inflater, await deflate(Buffer.from(message)))).toBe(message);
    }
    expect(inflater.contextSize).toBe(512);
  });

  test('inflate() throws while the previous message is on the thread pool', async () => {
    const inflater = new Inflater(TAKEOVER);
    const first = inflater.inflate(BOMB.subarray());
    expect(() => inflater.inflate(BOMB)).toThrow('inflate() was called before the previous message was inflated');
    expect(await first).toEqual(fault('too-big'));
    expect(await inflated(inflater, bytesOf('f2 48 cd c9 c9 07 00'))).toBe('Hello');
  });

  describe('close()', () => {
    test('frees the context', async () => {
      const inflater = new Inflater(TAKEOVER);
      await inflated(inflater, payloadOf(Buffer.alloc(60_000)));
      expect(inflater.contextSize).toBe(32_768);
      inflater.close();
      expect(inflater.contextSize).toBe(0);
    });

    test('while a message is on the thread pool resolves to undefined, and a late error of zlib does not end the process', async () => {
      const broken = Buffer.concat([payloadOf(Buffer.alloc(100_000), { level: 0 }), Buffer.from([0xff, 0xff])]);
      const pending = Array.from({ length: 20 }, () => {
        const inflater = new Inflater(TAKEOVER);
        const outcome = inflater.inflate(broken);
        inflater.close();
        return outcome;
      });
      expect(await Promise.all(pending)).toEqual(Array.from({ length: 20 }, () => undefined));
      // The thread pool runs jobs in order, so after this one it has finished the others.
      expect(await inflated(new Inflater(TAKEOVER), broken)).toEqual(fault('corrupt'));
    });

    test('after the thread pool has finished, but before the promise has settled, resolves to undefined', async () => {
      const tooLate = vi.spyOn(ZlibJob.prototype, 'close').mockReturnValue();
      const inflater = new Inflater(TAKEOVER);
      const pending = inflater.inflate(payloadOf(Buffer.alloc(100_000)));
      inflater.close();
      tooLate.mockRestore();
      expect(await pending).toBeUndefined();
    });
  });

  test('messages of a peer that uses one zlib stream for the whole connection are inflated', async () => {
    const message = fc
      .tuple(fc.constantFrom('Hello', 'ws101 ', '\0', ''), fc.nat({ max: 3000 }), fc.uint8Array({ maxLength: 50 }))
      .map(([word, times, bytes]) => Buffer.concat([Buffer.from(word.repeat(times)), bytes]));
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 6 }),
        fc.integer({ min: 9, max: 15 }),
        async (messages, windowBits) => {
          const inflater = new Inflater({ ...TAKEOVER, windowBits });
          const deflate = streamDeflater(windowBits);
          for (const bytes of messages.filter(({ length }) => length > 0)) {
            const outcome = await inflater.inflate(await deflate(bytes));
            expect(outcome instanceof Uint8Array && bytes.equals(outcome)).toBe(true);
          }
          expect(inflater.contextSize).toBeLessThanOrEqual(2 ** windowBits);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('arbitrary bytes result in a message within the limit or in a fault, and never throw', async () => {
    const damaged = fc
      .tuple(fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 40_000 }))
      .map(([bytes, at, value, zeros]) => {
        const payload = payloadOf(Buffer.concat([bytes, Buffer.alloc(zeros), bytes]));
        payload[at % payload.length] = value;
        return payload;
      });
    const payloads = fc.array(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        payloads,
        fc.nat({ max: 30_000 }),
        fc.boolean(),
        fc.integer({ min: 8, max: 15 }),
        async (messages, maxMessageSize, noContextTakeover, windowBits) => {
          const inflater = new Inflater({ windowBits, noContextTakeover, maxMessageSize });
          for (const payload of messages) {
            const outcome = await inflater.inflate(payload);
            if (outcome instanceof InflateFault) return;
            expect(outcome).toBeInstanceOf(Uint8Array);
            expect(outcome!.length).toBeLessThanOrEqual(maxMessageSize);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
