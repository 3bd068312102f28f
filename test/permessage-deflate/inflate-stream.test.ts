import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InflateFault } from '../../src/permessage-deflate/inflate-fault.js';
import type { InflateReceiver, InflateStream } from '../../src/permessage-deflate/inflate-stream.js';
import { Inflater, type InflaterOptions } from '../../src/permessage-deflate/inflater.js';

const TAKEOVER: InflaterOptions = { windowBits: 15, noContextTakeover: false, maxMessageSize: Number.MAX_SAFE_INTEGER };
const NO_TAKEOVER: InflaterOptions = { ...TAKEOVER, noContextTakeover: true };

/** Records what an InflateStream delivers. */
class Recorder implements InflateReceiver {
  isStopped = false;
  readonly parts: Uint8Array[] = [];
  readonly result: Promise<Buffer | InflateFault>;
  #resolve!: (result: Buffer | InflateFault) => void;
  #onInput: () => void = () => {};

  constructor() {
    this.result = new Promise(resolve => {
      this.#resolve = resolve;
    });
  }

  /** Resolves when all input has been inflated. */
  get idle(): Promise<void> {
    return new Promise(resolve => {
      this.#onInput = resolve;
    });
  }

  get size(): number {
    return this.parts.reduce((sum, { length }) => sum + length, 0);
  }

  part(bytes: Uint8Array): void {
    this.parts.push(bytes);
  }

  needsInput(): void {
    this.#onInput();
  }

  complete(): void {
    this.#resolve(Buffer.concat(this.parts));
  }

  failed(fault: InflateFault): void {
    this.#resolve(fault);
  }
}

function begin(inflater: Inflater): { stream: InflateStream; recorder: Recorder } {
  const recorder = new Recorder();
  return { stream: inflater.inflateStream(recorder), recorder };
}

/** Inflates a message that arrives in these pieces. */
function inflate(inflater: Inflater, pieces: Iterable<Uint8Array>): Promise<Buffer | InflateFault> {
  const { stream, recorder } = begin(inflater);
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return recorder.result;
}

function deflate(data: Uint8Array, dictionary?: Uint8Array): Buffer {
  const options = dictionary === undefined || dictionary.length === 0 ? {} : { dictionary };
  return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at + size >= bytes.length) break;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return at < bytes.length ? [...pieces, bytes.subarray(at)] : pieces;
}

describe('a message that is inflated in parts (RFC 7692 §7.2.2)', () => {
  test('is the same however it is cut, and whatever blocks it has', async () => {
    const block = fc.record({
      data: fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(100_000).map(size => new Uint8Array(size).fill(97)),
        fc.nat(50_000).map(size => randomBytes(size)),
      ),
      level: fc.constantFrom(0, 1, 9),
      isFinal: fc.boolean(),
    });
    const message = fc.record({
      blocks: fc.array(block, { minLength: 1, maxLength: 4 }),
      sizes: fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 4 }), async messages => {
        const inflater = new Inflater(TAKEOVER);
        let history = Buffer.alloc(0);
        for (const { blocks, sizes } of messages) {
          const plain: Uint8Array[] = [];
          const parts = blocks.map(({ data, level, isFinal }) => {
            const dictionary = history.subarray(-32_768);
            const finishFlush = isFinal ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
            plain.push(data);
            const options = dictionary.length === 0 ? {} : { dictionary };
            const output = deflateRawSync(data, { level, finishFlush, ...options });
            history = Buffer.concat([history, data]);
            return output;
          });
          // The last octet is the start of an empty block that ends with the tail.
          const wire = Buffer.concat([...parts, Buffer.from([0])]);
          const inflated = await inflate(inflater, cut(wire, sizes));
          expect(Buffer.compare(inflated as Buffer, Buffer.concat(plain))).toBe(0);
        }
        inflater.close();
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test('delivers the parts before its end is known', async () => {
    const { stream, recorder } = begin(new Inflater(TAKEOVER));
    const output = deflateRawSync(Buffer.from('first'), { finishFlush: constants.Z_SYNC_FLUSH });
    const { idle } = recorder;
    stream.write(output);
    await idle;
    expect(recorder.parts.map(String)).toEqual(['first']);
    stream.write(Uint8Array.of(0));
    stream.end();
    expect(String(await recorder.result)).toBe('first');
  });

  test('leaves its last bytes to whole messages and streams that refer to them, and only with context takeover', async () => {
    const [one, two, three] = [randomBytes(1_000), randomBytes(40_000), randomBytes(1_000)];
    const inflater = new Inflater(TAKEOVER);
    expect(inflater.inflate(deflate(one))).toEqual(one);
    expect(await inflate(inflater, [deflate(Buffer.concat([one, two]), one)])).toEqual(Buffer.concat([one, two]));
    const window = two.subarray(-32_768);
    const again = Buffer.concat([three, two.subarray(-1_000)]);
    const wire = deflate(again, window);
    expect(wire.length).toBeLessThan(1_200);
    expect(inflater.inflate(wire)).toEqual(again);
    const standalone = new Inflater(NO_TAKEOVER);
    await inflate(standalone, [deflate(two)]);
    expect(standalone.contextSize).toBe(0);
    expect(await inflate(standalone, [wire])).toMatchObject({ kind: 'corrupt' });
  });

  test('makes little output ahead while the receiver is stopped', async () => {
    const { stream, recorder } = begin(new Inflater(TAKEOVER));
    const SIZE = 32 * 2 ** 20;
    let most = 0;
    let rounds = 0;
    recorder.part = bytes => {
      recorder.parts.push(bytes.subarray(0, 1));
      most = Math.max(most, bytes.length);
      recorder.isStopped = true;
      setImmediate(() => {
        rounds++;
        recorder.isStopped = false;
        stream.resume();
      });
    };
    stream.write(deflate(Buffer.alloc(SIZE)));
    stream.end();
    await recorder.result;
    expect(most).toBeLessThanOrEqual(65_536);
    expect(rounds).toBeGreaterThanOrEqual(SIZE / 65_536);
  });

  test('delivers nothing while the receiver is stopped, and everything after resume()', async () => {
    const inflater = new Inflater(TAKEOVER);
    const { stream, recorder } = begin(inflater);
    recorder.isStopped = true;
    stream.write(deflate(Buffer.alloc(1_000_000)));
    stream.end();
    // Another message of the same size goes through meanwhile.
    expect(await inflate(new Inflater(TAKEOVER), [deflate(Buffer.alloc(1_000_000))])).toHaveLength(1_000_000);
    expect(recorder.parts).toEqual([]);
    recorder.isStopped = false;
    stream.resume();
    expect(await recorder.result).toHaveLength(1_000_000);
  });

  test('stops at maxMessageSize, and delivers no byte above it', async () => {
    const { stream, recorder } = begin(new Inflater({ ...TAKEOVER, maxMessageSize: 100_000 }));
    stream.write(deflate(Buffer.alloc(100_001)));
    expect(await recorder.result).toEqual({ kind: 'too-big', detail: 'it inflates to more than 100000 bytes' });
    expect(recorder.size).toBeLessThanOrEqual(100_000);
    expect(
      await inflate(new Inflater({ ...TAKEOVER, maxMessageSize: 100_000 }), [deflate(Buffer.alloc(100_000))]),
    ).toHaveLength(100_000);
  });

  test.each<[string, Uint8Array]>([
    ['is not DEFLATE data', Buffer.from('ffffffff', 'hex')],
    ['ends within a block', deflate(randomBytes(5_000)).subarray(0, 2_000)],
    ['refers to bytes before its beginning', deflate(Buffer.from('abcabcabc'), Buffer.from('abcabcabc'))],
    ['has more than 256 final blocks', Buffer.from('0300'.repeat(300), 'hex')],
  ])('is corrupt if it %s', async (_, wire) => {
    expect(await inflate(new Inflater(TAKEOVER), cut(wire, [1, 100]))).toMatchObject({ kind: 'corrupt' });
  });

  test('may be empty', async () => {
    const inflater = new Inflater(TAKEOVER);
    expect(await inflate(inflater, [])).toHaveLength(0);
    expect(await inflate(inflater, [Uint8Array.of(0)])).toHaveLength(0);
    expect(await inflate(inflater, [deflateRawSync(Buffer.from('x'))])).toEqual(Buffer.from('x'));
  });

  test('delivers nothing after close()', async () => {
    const inflater = new Inflater(TAKEOVER);
    const { stream, recorder } = begin(inflater);
    stream.write(deflate(Buffer.alloc(1_000_000)));
    inflater.close();
    stream.end();
    stream.resume();
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(recorder.parts).toEqual([]);
  });
});
