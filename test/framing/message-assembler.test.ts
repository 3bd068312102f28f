import { describe, expect, onTestFinished, test } from 'vitest';
import type { ProtocolError, ViolationCode } from '../../src/errors.js';
import { encodeClosePayload, isViolation, parseClosePayload } from '../../src/framing/close-payload.js';
import { FrameDecoder } from '../../src/framing/frame-decoder.js';
import { MessageAssembler, type MessageLimits } from '../../src/framing/message-assembler.js';
import { VIOLATION } from '../../src/framing/violations.js';
import { ascii, concat, hex, inPieces, segmentations } from '../helpers/bytes.js';
import { collectMessages, decodeMessages, type Received } from '../helpers/collect-frames.js';
import { IS_MUTATION_RUN } from '../helpers/mutation-run.js';
import { type RawFrame, rawFrame, rawHeader } from '../helpers/raw-frame.js';

const KEY = [0x37, 0xfa, 0x21, 0x3d] as const;
const limits: MessageLimits = { maxMessageSize: 1000, maxFragments: 5 };

function frames(...list: RawFrame[]): Uint8Array<ArrayBuffer> {
  return concat(...list.map(frame => rawFrame({ key: KEY, ...frame })));
}

/** Asserts that these frames of a client give the same in every segmentation, in place and copied. */
function expectReceived(bytes: Uint8Array, expected: Received[]): void {
  for (const ownsChunks of [true, false]) {
    for (const chunks of [[new Uint8Array(bytes)], ...segmentations(bytes)]) {
      const { received, error } = decodeMessages(chunks, { from: 'client', ownsChunks }, limits);
      expect(error).toBeUndefined();
      expect(received).toEqual(expected);
    }
  }
}

function expectFailed(bytes: Uint8Array, code: ViolationCode, offset: number, before: Received[] = []): ProtocolError {
  let failure: ProtocolError | undefined;
  for (const ownsChunks of [true, false]) {
    for (const chunks of [[new Uint8Array(bytes)], ...segmentations(bytes)]) {
      const { received, error } = decodeMessages(chunks, { from: 'client', ownsChunks }, limits);
      expect(error).toMatchObject({ violation: VIOLATION[code], offset });
      expect(received).toEqual(before);
      failure = error;
    }
  }
  return failure!;
}

describe('§5.6: messages of one frame', () => {
  test('text is a string, binary is bytes, and both may be empty [5.2-1] [6.2-3]', () => {
    expectReceived(
      frames(
        { opcode: 1, payload: 'héllo 🦉' },
        { payload: 'abc' },
        { opcode: 1 },
        { opcode: 2 },
        { opcode: 1, payload: 'x' },
      ),
      ['héllo 🦉', [...ascii('abc')], '', [], 'x'],
    );
  });

  test('binary is a Buffer: empty, in one frame, and in fragments', () => {
    const messages: (string | Uint8Array)[] = [];
    const sink = { message: (data: string | Uint8Array) => void messages.push(data), control: () => undefined };
    const decoder = new FrameDecoder(new MessageAssembler(sink, limits, true), { from: 'client', ownsChunks: true });
    decoder.push(Buffer.from(frames({}, { payload: 'a' }, { fin: false, payload: 'b' }, { opcode: 0, payload: 'c' })));
    expect(messages.map(message => Buffer.isBuffer(message))).toEqual([true, true, true]);
  });

  test('a byte order mark is kept as text', () => {
    expectReceived(frames({ opcode: 1, payload: '\ufeffa' }), ['\ufeffa']);
  });
});

describe('§5.4: fragments', () => {
  test('are joined, also empty ones, and may cut a character', () => {
    const owl = Buffer.from('🦉');
    expectReceived(
      frames(
        { opcode: 1, fin: false, payload: owl.subarray(0, 1) },
        { opcode: 0, fin: false },
        { opcode: 0, fin: false, payload: owl.subarray(1, 3) },
        { opcode: 0, payload: owl.subarray(3) },
        { fin: false },
        { opcode: 0, payload: 'whole' },
        { fin: false, payload: 'ab' },
        { opcode: 0 },
        { opcode: 1, fin: false },
        { opcode: 0 },
      ),
      ['🦉', [...ascii('whole')], [...ascii('ab')], ''],
    );
  });

  test('control frames between them are passed on at once, in order', () => {
    expectReceived(
      frames(
        { opcode: 1, fin: false, payload: 'a' },
        { opcode: 9, payload: 'long ping' },
        { opcode: 10 },
        { opcode: 0, payload: 'b' },
        { opcode: 8, payload: encodeClosePayload(1000, 'bye') },
      ),
      [
        { control: 9, payload: [...ascii('long ping')] },
        { control: 10, payload: [] },
        'ab',
        { control: 8, payload: [...encodeClosePayload(1000, 'bye')] },
      ],
    );
  });

  test('a control frame within a character does not change the character', () => {
    expectReceived(
      frames(
        { opcode: 1, fin: false, payload: hex('c3') },
        { opcode: 9, payload: hex('ff') },
        { opcode: 0, payload: hex('a9') },
      ),
      [{ control: 9, payload: [0xff] }, 'é'],
    );
  });

  test('a continuation without a message fails, as the first frame and after a message', () => {
    expectFailed(frames({ opcode: 0, payload: 'a' }), 'CONTINUATION_OF_NOTHING', 0);
    expectFailed(frames({ opcode: 1, payload: 'a' }, { opcode: 0 }), 'CONTINUATION_OF_NOTHING', 7, ['a']);
    expectFailed(
      frames({ fin: false }, { opcode: 0, payload: 'a' }, { opcode: 0, fin: false }),
      'CONTINUATION_OF_NOTHING',
      13,
      [[0x61]],
    );
  });

  test.each([1, 2])('a message within a message fails (opcode %i)', opcode => {
    expectFailed(
      frames({ opcode: 1, fin: false }, { opcode: 9 }, { opcode, payload: 'a' }),
      'MESSAGE_INTERRUPTED',
      12,
      [{ control: 9, payload: [] }],
    );
  });
});

describe('§8.1: text that is not UTF-8 fails at its first wrong byte [8.1-1]', () => {
  test('in one frame', () => {
    const error = expectFailed(
      frames({ payload: 'a' }, { opcode: 1, payload: hex('6162 ff 63') }),
      'INVALID_UTF8',
      7 + 6 + 2,
      [[0x61]],
    );
    expect(error.closeCode).toBe(1007);
    expect(error.message).toContain('byte 0xff is invalid here');
  });

  test('if the wrong byte has one hexadecimal digit', () => {
    const error = expectFailed(frames({ opcode: 1, payload: hex('c3 0a') }), 'INVALID_UTF8', 7);
    expect(error.message).toContain('byte 0x0a is invalid here');
  });

  test('in a long frame, which the host checks first', () => {
    const payload = Buffer.concat([Buffer.alloc(400, 'é'), hex('eda080'), Buffer.alloc(100, 'a')]);
    expectFailed(frames({ opcode: 1, payload }), 'INVALID_UTF8', 8 + 401);
  });

  test('across fragments, before the message is complete', () => {
    expectFailed(
      frames({ opcode: 1, fin: false, payload: hex('e2 82') }, { opcode: 0, fin: false, payload: hex('41') }),
      'INVALID_UTF8',
      8 + 6,
    );
  });

  test('before the whole payload of the frame has arrived', () => {
    const { error } = decodeMessages(
      [frames({ opcode: 1, length: 500n, payload: hex('61 c0') })],
      { from: 'client' },
      limits,
    );
    expect(error).toMatchObject({ violation: VIOLATION.INVALID_UTF8, offset: 8 + 1 });
  });

  test('if the end cuts a character off, in one frame and in an empty last fragment', () => {
    const error = expectFailed(frames({ opcode: 1, payload: hex('61 c3') }), 'INVALID_UTF8', 0);
    expect(error.message).toContain('the last character is cut off');
    expectFailed(frames({ opcode: 1, fin: false, payload: hex('61 c3') }, { opcode: 0 }), 'INVALID_UTF8', 8);
  });

  test('a binary message is not checked', () => {
    expectReceived(frames({ payload: hex('ff c0') }), [[0xff, 0xc0]]);
  });
});

describe('§5.5.1: the sink checks the body of a Close frame', () => {
  test.each<[string, ViolationCode]>([
    ['03', 'CLOSE_PAYLOAD_TOO_SHORT'],
    ['03ed', 'INVALID_CLOSE_CODE'],
    ['03e8 c3', 'INVALID_CLOSE_REASON'],
  ])('%s breaks a rule, at the offset of its header', (payload, code) => {
    const sink = {
      message: () => {},
      control: (_: number, bytes: Uint8Array) => {
        const parsed = parseClosePayload(bytes);
        return isViolation(parsed) ? { violation: parsed } : undefined;
      },
    };
    const decoder = new FrameDecoder(new MessageAssembler(sink, limits), { from: 'client' });
    decoder.push(frames({ payload: 'a' }, { opcode: 8, payload: hex(payload) }));
    expect(decoder.error).toMatchObject({ violation: VIOLATION[code], offset: 7 });
  });
});

describe('§10.4: limits are checked at each header [10.4-1] [10.4-2]', () => {
  test('a message of exactly the limit passes, in one frame and in fragments', () => {
    const whole = 'a'.repeat(1000);
    const halves = [
      { opcode: 1, fin: false, payload: 'a'.repeat(999) },
      { opcode: 0, payload: 'a' },
    ];
    const { received, error } = decodeMessages(
      [frames({ opcode: 1, payload: whole }, ...halves)],
      { from: 'client' },
      limits,
    );
    expect(error).toBeUndefined();
    expect(received).toEqual([whole, whole]);
  });

  test('one byte more fails at the header with 1009, without a byte of payload', () => {
    const error = expectFailed(rawHeader({ length: 1001n, key: KEY }), 'MESSAGE_TOO_BIG', 0);
    expect(error.closeCode).toBe(1009);
    expect(error.message).toContain('1001 bytes, of at most 1000');
  });

  test.each([2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n])(
    'CVE-2026-1528, CVE-2020-27813: a length of %d bytes fails with 1009, and allocates nothing',
    length => {
      for (const opcode of [1, 2]) {
        const header = rawHeader({ opcode, length, key: KEY });
        const { error, assembler } = decodeMessages(
          [header],
          { from: 'client' },
          { ...limits, maxMessageSize: 2 ** 24 },
        );
        expect(error?.closeCode).toBe(1009);
        expect(assembler.retained).toBe(0);
      }
    },
  );

  test('CVE-2026-9675, CVE-2014-0193: limit 1000, three fragments of 400 fail at the third header with 1009', () => {
    const payload = 'a'.repeat(400);
    const two = frames({ fin: false, payload }, { opcode: 0, fin: false, payload });
    const third = rawHeader({ opcode: 0, fin: false, length: 400n, key: KEY });
    const { received, error } = decodeMessages([two, third], { from: 'client' }, limits);
    expect(error).toMatchObject({ violation: VIOLATION.MESSAGE_TOO_BIG, closeCode: 1009, offset: two.length });
    expect(received).toEqual([]);
  });

  test('the limit applies to each message: many pass', () => {
    const { decoder, received } = collectMessages({ from: 'client' }, limits);
    for (let i = 0; i < 20; i++)
      decoder.push(frames({ fin: false, payload: 'a'.repeat(600) }, { opcode: 0, payload: 'b' }));
    expect(decoder.error).toBeUndefined();
    expect(received).toHaveLength(20);
  });

  test('CVE-2026-48779, CVE-2026-12151: one empty fragment above the limit fails with 1008', () => {
    const empty = { opcode: 0, fin: false };
    const error = expectFailed(frames({ fin: false }, empty, empty, empty, empty, empty), 'TOO_MANY_FRAGMENTS', 30);
    expect(error.closeCode).toBe(1008);
    expect(error.message).toContain('maxFragments is 5');
  });

  test('CVE-2026-48779: as many fragments as the limit pass, after other messages too', () => {
    const empty = { opcode: 0, fin: false };
    const message = [{ fin: false }, empty, empty, empty, { opcode: 0, payload: 'a' }];
    expectReceived(frames(...message, ...message), [[0x61], [0x61]]);
  });

  test('CVE-2026-48779: control frames do not count as fragments', () => {
    const { error } = decodeMessages(
      [frames({ fin: false }, ...Array.from({ length: 50 }, () => ({ opcode: 9 })), { opcode: 0 })],
      { from: 'client' },
      limits,
    );
    expect(error).toBeUndefined();
  });

  test('CVE-2026-12151: 20,000 unfragmented messages do not exceed the limit of fragments', () => {
    const { decoder, received } = collectMessages({ from: 'client' }, limits);
    const hundred = frames(...Array.from({ length: 100 }, () => ({ opcode: 1, payload: 'a' })));
    for (let i = 0; i < 200; i++) decoder.push(hundred);
    expect(decoder.error).toBeUndefined();
    expect(received).toHaveLength(20_000);
  });

  test('CVE-2026-12151: 131,071 fragments of a byte hold at most twice that and 64 KiB', () => {
    const { decoder, assembler } = collectMessages({ from: 'client' });
    decoder.push(frames({ fin: false, payload: 'a' }));
    const fragment = frames({ opcode: 0, fin: false, payload: 'a' });
    for (let i = 1; i < 131_071; i++) decoder.push(fragment);
    expect(decoder.error).toBeUndefined();
    expect(assembler.retained).toBeGreaterThanOrEqual(131_071);
    expect(assembler.retained).toBeLessThanOrEqual(2 * 131_071 + 65_536);
  });

  test('a text longer than any string fails at its header with any limit', () => {
    const unlimited = { maxMessageSize: Number.POSITIVE_INFINITY, maxFragments: 5 };
    const longest = 2 ** 29 - 24;
    const verdict = (opcode: number, length: number) =>
      decodeMessages([rawHeader({ opcode, length: BigInt(length), key: KEY })], { from: 'client' }, unlimited).error;
    expect(verdict(1, longest)).toBeUndefined();
    expect(verdict(1, longest + 1)).toMatchObject({ closeCode: 1009, offset: 0 });
    expect(verdict(2, longest + 1)).toBeUndefined();
  });
});

describe.skipIf(IS_MUTATION_RUN)('CVE-2026-65623: the cost of a message is linear in its fragments', () => {
  /** Microseconds of CPU for a message of as many fragments of 4 bytes: the best of some runs. */
  function cost(fragments: number): number {
    const fragment = frames({ opcode: 0, fin: false, payload: 'abcd' });
    const bytes = concat(
      frames({ opcode: 1, fin: false, payload: 'abcd' }),
      Buffer.alloc((fragments - 2) * fragment.length, fragment),
      frames({ opcode: 0, payload: 'abcd' }),
    );
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 7; run++) {
      const { decoder, received } = collectMessages({ from: 'client' });
      const begin = process.cpuUsage();
      decoder.push(bytes);
      const { user, system } = process.cpuUsage(begin);
      best = Math.min(best, user + system);
      expect(received).toHaveLength(1);
    }
    return best;
  }

  // Over four doublings, a quadratic cost would be 256 times.
  test('twice the fragments take at most 2.2 times the CPU, over four doublings', { retry: 4 }, () => {
    cost(4096);
    expect(cost(65_536) / cost(4096)).toBeLessThan(2.2 ** 4);
  });
});

describe('an assembler with default options', () => {
  const messages: unknown[] = [];
  const sink = { message: (data: unknown) => void messages.push(data), control: () => undefined };

  test('copies payloads', () => {
    const chunk = rawFrame({ payload: new Uint8Array(900).fill(1) });
    new FrameDecoder(new MessageAssembler(sink, limits), { from: 'server' }).push(chunk);
    chunk.fill(2);
    expect(messages).toEqual([Buffer.alloc(900, 1)]);
  });

  test('drops a compressed message if the sink does not take them', () => {
    const decoder = new FrameDecoder(new MessageAssembler(sink, limits), { from: 'server', assignedRsv: 0x40 });
    decoder.push(rawFrame({ rsv: 0x40, payload: 'x' }));
    expect(decoder.error).toBeUndefined();
  });
});

describe('the memory of a message', () => {
  function received(chunk: Uint8Array, ownsChunks: boolean): Uint8Array {
    const messages: Uint8Array[] = [];
    const sink = {
      message: (data: string | Uint8Array) => void messages.push(data as Uint8Array),
      control: () => undefined,
    };
    const assembler = new MessageAssembler(sink, { ...limits, maxMessageSize: 100_000 }, ownsChunks);
    new FrameDecoder(assembler, { from: 'server', ownsChunks }).push(chunk);
    return messages[0]!;
  }

  function chunkOf(payload: number, size: number): Uint8Array<ArrayBuffer> {
    const chunk = new Uint8Array(size);
    const frame = rawFrame({ payload: new Uint8Array(payload).fill(7) });
    chunk.set(frame);
    return chunk.subarray(0, frame.length);
  }

  test.each([
    [30, 60],
    [64, 8192],
    [1024, 8192],
    [1025, 8200],
    [8192, 65_536],
  ])('a payload of %i bytes in a chunk of %i is not copied if the decoder owns the chunk', (payload, size) => {
    const chunk = chunkOf(payload, size);
    expect(received(chunk, true).buffer).toBe(chunk.buffer);
    expect(received(chunk, false).buffer).not.toBe(chunk.buffer);
  });

  test.each([
    [30, 61],
    [63, 127],
    [64, 8193],
    [1024, 8193],
    [1025, 8201],
    [1100, 65_536],
    [4096, 65_536],
  ])('one of %i bytes does not pin a chunk of %i, but at most the pool of small Buffers', (payload, size) => {
    const chunk = chunkOf(payload, size);
    const message = received(chunk, true);
    expect(message.buffer).not.toBe(chunk.buffer);
    expect(message.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
    expect(message).toHaveLength(payload);
  });

  test('a large message is joined from chunks that it fills by at least seven eighths', () => {
    const payload = Uint8Array.from({ length: 90_000 }, (_, i) => i * 13);
    const frame = rawFrame({ payload });
    for (const ownsChunks of [true, false]) {
      for (const room of [0, 10_000]) {
        const messages: Uint8Array[] = [];
        const sink = {
          message: (data: string | Uint8Array) => void messages.push(data as Uint8Array),
          control: () => undefined,
        };
        const assembler = new MessageAssembler(sink, { ...limits, maxMessageSize: 100_000 }, ownsChunks);
        const decoder = new FrameDecoder(assembler, { from: 'server', ownsChunks });
        for (let at = 0; at < frame.length; at += 20_000) {
          const piece = frame.subarray(at, at + 20_000);
          const chunk = new Uint8Array(piece.length + room).subarray(room);
          chunk.set(piece);
          decoder.push(chunk);
          // What was kept as it came takes no room to grow in.
          if (at === 20_000) expect(assembler.retained === 39_990).toBe(ownsChunks && room === 0);
          // More than half of the message has arrived.
          if (at === 40_000) expect(assembler.retained).toBe(90_000);
        }
        expect(Buffer.compare(messages[0]!, payload)).toBe(0);
      }
    }
  });

  describe('a piece of a large message', () => {
    function reader() {
      const messages: Uint8Array[] = [];
      const sink = {
        message: (data: string | Uint8Array) => void messages.push(data as Uint8Array),
        control: () => undefined,
      };
      const assembler = new MessageAssembler(sink, { ...limits, maxMessageSize: 500_000 }, true);
      return { messages, decoder: new FrameDecoder(assembler, { from: 'server', ownsChunks: true }) };
    }

    test.each([
      ['4,096 bytes that fill their chunk are kept', 0, 4_096, true],
      ['4,095 bytes are copied', 0, 4_095, false],
      ['seven eighths of a chunk are kept', 8_192, 65_536, true],
      ['less of a chunk is copied', 8_193, 65_536, false],
    ])('%s', (_, start, end, isKept) => {
      const { messages, decoder } = reader();
      decoder.push(rawHeader({ length: 200_000n }));
      const chunk = new Uint8Array(end).fill(1);
      decoder.push(chunk.subarray(start));
      // Only what was kept shows that its memory has changed.
      chunk.fill(2);
      decoder.push(new Uint8Array(200_000 - (end - start)));
      expect(messages[0]!.subarray(0, end - start).every(byte => byte === (isKept ? 2 : 1))).toBe(true);
    });

    test('that shares its chunk with another message is copied', () => {
      const { messages, decoder } = reader();
      const chunk = new Uint8Array(65_536).fill(1);
      const start = 60_004 + 10;
      chunk.set(rawFrame({ payload: new Uint8Array(60_000) }));
      chunk.set(rawHeader({ length: 200_000n }), 60_004);
      decoder.push(chunk);
      chunk.fill(2);
      decoder.push(new Uint8Array(200_000 - (65_536 - start)));
      expect(messages[1]!.subarray(0, 65_536 - start).every(byte => byte === 1)).toBe(true);
    });

    test('is written to the memory of the message if at least half of it has arrived', () => {
      const { messages, decoder } = reader();
      decoder.push(rawHeader({ length: 100_000n }));
      const chunk = new Uint8Array(60_000).fill(1);
      decoder.push(chunk);
      chunk.fill(2);
      decoder.push(new Uint8Array(40_000).fill(3));
      expect(messages[0]!.subarray(0, 60_000).every(byte => byte === 1)).toBe(true);
      expect(messages[0]!.subarray(60_000).every(byte => byte === 3)).toBe(true);
      expect(messages[0]!.buffer.byteLength).toBe(100_000);
    });

    test('of a text fails at its first wrong byte, in the memory of the message too', () => {
      const payload = new Uint8Array(100_000).fill(0x61);
      payload[70_000] = 0xff;
      const frame = rawFrame({ opcode: 1, key: KEY, payload });
      for (const ownsChunks of [true, false]) {
        const chunks = [new Uint8Array(frame.subarray(0, 65_536)), new Uint8Array(frame.subarray(65_536))];
        const { error } = decodeMessages(chunks, { from: 'client', ownsChunks });
        expect(error).toMatchObject({ violation: VIOLATION.INVALID_UTF8, offset: frame.length - 30_000 });
      }
    });
  });

  test.each([8_192, 65_536])(
    'from 1 KiB on, a message pins at most 8 times its size, also with a pool of %i',
    poolSize => {
      const before = Buffer.poolSize;
      const setPoolSize = (size: number) => {
        Buffer.poolSize = size;
        // The present pool is used up, and the next has that size.
        for (let i = 0; i < 100; i++) Buffer.allocUnsafe(1_000);
      };
      onTestFinished(() => setPoolSize(before));
      setPoolSize(poolSize);
      for (const size of Array.from({ length: 64 }, (_, i) => 1024 + i * 100)) {
        for (const message of [
          received(chunkOf(size, 65_536), true),
          received(chunkOf(size, 65_536), false),
          received(concat(...inPieces(rawFrame({ payload: new Uint8Array(size) }), 700)), true),
        ]) {
          expect(message).toHaveLength(size);
          expect(message.buffer.byteLength).toBeLessThanOrEqual(8 * size);
        }
      }
    },
  );

  test('a message of small fragments does not keep the memory that it was joined in', () => {
    const message = received(concat(...inPieces(hex('0201 61 8001 62'), 3)), true);
    expect(message).toHaveLength(2);
    expect(message.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
  });

  test('a control frame in pieces does not depend on chunks that change later', () => {
    const controls: string[] = [];
    const sink = {
      message: () => undefined,
      control: (_: number, payload: Uint8Array) => void controls.push(String.fromCharCode(...payload)),
    };
    const decoder = new FrameDecoder(new MessageAssembler(sink, limits), { from: 'server' });
    const chunk = new Uint8Array(1);
    for (const byte of hex('8904 70696e67 8a00 8a01 70')) {
      chunk[0] = byte;
      decoder.push(chunk);
    }
    expect(controls).toEqual(['ping', '', 'p']);
  });

  test('later bytes do not change a message', () => {
    for (const ownsChunks of [true, false]) {
      const messages: (string | Uint8Array)[] = [];
      const sink = { message: (data: string | Uint8Array) => void messages.push(data), control: () => undefined };
      const decoder = new FrameDecoder(new MessageAssembler(sink, limits, ownsChunks), { from: 'client', ownsChunks });
      const expected: number[][] = [];
      for (let i = 0; i < 20; i++) {
        const payload = new Uint8Array(i * 10).fill(i);
        expected.push([...payload], [...payload, ...payload]);
        decoder.push(frames({ payload }, { fin: false, payload }, { opcode: 0, payload }));
      }
      expect(messages.map(message => [...(message as Uint8Array)])).toEqual(expected);
    }
  });
});
