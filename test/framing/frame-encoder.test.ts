import { describe, expect, test, vi } from 'vitest';
import { encodeFrame, FrameEncoder } from '../../src/framing/frame-encoder.js';
import { RSV1 } from '../../src/framing/frame-header.js';
import { OutputBuffer } from '../../src/framing/output-buffer.js';
import { ascii, concat, hex } from '../helpers/bytes.js';
import { rawFrame } from '../helpers/raw-frame.js';

const KEY = [0x37, 0xfa, 0x21, 0x3d] as const;

function client(): FrameEncoder {
  return new FrameEncoder('client', new OutputBuffer(), () => 0x37fa213d);
}

function server(): FrameEncoder {
  return new FrameEncoder('server');
}

function sent(encoder: FrameEncoder): Uint8Array {
  return concat(...encoder.output.take());
}

describe('§5.7: the examples of the RFC, byte for byte [5.2-2]', () => {
  test('a single-frame unmasked text message', () => {
    const encoder = server();
    encoder.frame(1, 'Hello');
    expect(sent(encoder)).toEqual(hex('81 05 48 65 6c 6c 6f'));
  });

  test('a single-frame masked text message', () => {
    const encoder = client();
    encoder.frame(1, 'Hello');
    expect(sent(encoder)).toEqual(hex('81 85 37 fa 21 3d 7f 9f 4d 51 58'));
  });

  test('a fragmented unmasked text message', () => {
    const encoder = server();
    encoder.frame(1, 'Hel', false);
    encoder.frame(0, 'lo');
    expect(sent(encoder)).toEqual(hex('01 03 48 65 6c 80 02 6c 6f'));
  });

  test('an unmasked ping and a masked pong', () => {
    const [ping, pong] = [server(), client()];
    ping.frame(9, 'Hello');
    pong.frame(10, ascii('Hello'));
    expect(sent(ping)).toEqual(hex('89 05 48 65 6c 6c 6f'));
    expect(sent(pong)).toEqual(hex('8a 85 37 fa 21 3d 7f 9f 4d 51 58'));
  });

  test.each([
    ['256 bytes', 256, '82 7e 01 00'],
    ['64 KiB', 65_536, '82 7f 00 00 00 00 00 01 00 00'],
  ])('%s in a single unmasked frame', (_, length, header) => {
    const encoder = server();
    encoder.frame(2, new Uint8Array(length));
    const bytes = sent(encoder);
    expect(bytes.subarray(0, hex(header).length)).toEqual(hex(header));
    expect(bytes).toHaveLength(hex(header).length + length);
  });
});

describe.each([0, 1, 125, 126, 127, 16_383, 16_384, 16_385, 65_535, 65_536])('%i bytes', length => {
  const text = 'a'.repeat(length);
  const binary = Uint8Array.from({ length }, (_, i) => i);

  test('§5.2: text and binary of a server have the shortest header [5.2-6]', () => {
    const encoder = server();
    encoder.frame(2, binary);
    encoder.frame(1, text);
    const expected = concat(rawFrame({ payload: binary }), rawFrame({ opcode: 1, payload: text }));
    expect(encoder.output.length).toBe(expected.length);
    expect(Buffer.compare(sent(encoder), expected)).toBe(0);
  });

  test("§5.3: frames of a client are masked, and the caller's memory does not change [5.1-1] [5.3-1]", () => {
    const encoder = client();
    const given = new Uint8Array(binary);
    encoder.frame(2, given);
    encoder.frame(1, text);
    const expected = concat(rawFrame({ payload: binary, key: KEY }), rawFrame({ opcode: 1, payload: text, key: KEY }));
    expect(encoder.output.length).toBe(expected.length);
    expect(Buffer.compare(sent(encoder), expected)).toBe(0);
    expect(Buffer.compare(given, binary)).toBe(0);
  });
});

test.each(['client', 'server'] as const)('a payload of a %s is copied at any size', role => {
  for (const size of [1, 125, 16_384, 16_385, 65_522, 65_523, 65_536, 200_000]) {
    const payload = Uint8Array.from({ length: size }, (_, i) => i * 7);
    const before = new Uint8Array(payload);
    const encoder = new FrameEncoder(role, new OutputBuffer(), () => 0x01020304);
    encoder.frame(2, payload);
    payload.fill(0xee);
    structuredClone(payload.buffer, { transfer: [payload.buffer] });
    const frame = concat(...encoder.output.take());
    const found = frame.slice(frame.length - size);
    if (role === 'client') for (let i = 0; i < size; i++) found[i]! ^= (i & 3) + 1;
    expect(Buffer.compare(found, before)).toBe(0);
  }
});

test('the pieces of large frames fill their memory', () => {
  const encoder = server();
  const payload = new Uint8Array(65_536);
  for (let i = 0; i < 100; i++) encoder.frame(2, payload);
  const pieces = encoder.output.take();
  const size = 100 * (65_536 + 10);
  expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(size);
  const memory = new Set(pieces.map(piece => piece.buffer));
  expect([...memory].reduce((sum, buffer) => sum + buffer.byteLength, 0)).toBeLessThan(size + 2 * 65_536);
  expect(pieces.length).toBeLessThan(size / 65_536 + 3);
  // A slab of another size would not be reused.
  expect(new Set([...memory].map(buffer => buffer.byteLength))).toEqual(new Set([65_536]));
});

test('small frames of one connection are one piece', () => {
  const encoder = server();
  for (let i = 0; i < 100; i++) encoder.frame(1, `message ${i}`);
  expect(encoder.output.take()).toHaveLength(1);
});

test('§5.3: every frame has a new key [5.3-2] [10.3-1]', () => {
  let key = 0;
  const encoder = new FrameEncoder('client', new OutputBuffer(), () => ++key);
  for (let i = 0; i < 3; i++) encoder.frame(1, '');
  expect(sent(encoder)).toEqual(hex('8180 00000001 8180 00000002 8180 00000003'));
});

test('a server makes no key [5.1-4]', () => {
  const encoder = new FrameEncoder('server', new OutputBuffer(), () => {
    throw new Error('drawn');
  });
  expect(() => encoder.frame(1, 'x')).not.toThrow();
});

test('reserved bits and FIN are set as passed (§5.2)', () => {
  const encoder = server();
  encoder.frame(1, '', false, RSV1);
  encoder.frame(0, '', true, 0x30);
  expect(sent(encoder)).toEqual(hex('4100 b000'));
});

test('lone surrogates become U+FFFD, and every byte is written [5.6-1]', () => {
  const encoder = server();
  encoder.frame(1, '\ud800\udfff\udc00');
  expect(sent(encoder)).toEqual(rawFrame({ opcode: 1, payload: '𐏿\ufffd' }));
});

describe('an invalid frame throws before a byte is written [5.4-2] [5.5-1] [5.5-2]', () => {
  test.each<[string, unknown[], ErrorConstructor, string]>([
    ['§5.2 a reserved opcode', [3, ''], RangeError, 'opcode must be one of 0x0, 0x1, 0x2, 0x8, 0x9, 0xa (§5.2), got 3'],
    ['§5.2 a reserved control opcode', [11, ''], RangeError, 'opcode'],
    ['an opcode of 5 bits', [16, ''], RangeError, 'opcode'],
    ['a negative opcode', [-1, ''], RangeError, 'opcode'],
    ['a negative opcode whose low bits are legal', [-8, ''], RangeError, 'opcode'],
    ['half an opcode', [1.5, ''], RangeError, 'opcode'],
    ['an opcode that is not a number', ['1', ''], RangeError, 'got "1"'],
    [
      'reserved bits beyond the three',
      [1, '', true, 0x80],
      RangeError,
      'rsv must be a sum of RSV1, RSV2 and RSV3, got 128',
    ],
    ['§5.5 a fragmented control frame', [9, '', false], RangeError, 'fin must be true in a control frame'],
    ['§5.5 a ping of 126 bytes', [9, new Uint8Array(126)], RangeError, 'payload must be at most 125 bytes'],
    ['§5.5 a ping of 126 bytes of text', [9, 'é'.repeat(63)], RangeError, 'got 126'],
    ['CVE-2016-10518: a ping of a number', [9, 20], TypeError, 'payload must be a string or a Uint8Array, got 20'],
    ['CVE-2026-45736: other memory', [8, new Float32Array(20)], TypeError, 'got a Float32Array'],
    ['an ArrayBuffer', [2, new ArrayBuffer(5)], TypeError, 'got an ArrayBuffer'],
    ['nothing', [2, undefined], TypeError, 'got undefined'],
  ])('%s', (_, given, kind, message) => {
    const encoder = client();
    const frame = () => encoder.frame(...(given as Parameters<FrameEncoder['frame']>));
    expect(frame).toThrow(kind);
    expect(frame).toThrow(message);
    expect(encoder.output.length).toBe(0);
    expect(encoder.output.take()).toEqual([]);
  });

  test('§5.5: a control frame may have 125 bytes, counted as UTF-8', () => {
    const encoder = server();
    encoder.frame(9, 'é'.repeat(62));
    encoder.frame(10, new Uint8Array(125));
    expect(encoder.output.length).toBe(2 + 124 + 2 + 125);
  });
});

describe('encodeFrame', () => {
  test('returns one frame in memory of its own', () => {
    const payload = Uint8Array.from({ length: 200_000 }, (_, i) => i * 13);
    const frame = encodeFrame('server', 2, payload);
    expect(Buffer.compare(frame, rawFrame({ payload }))).toBe(0);
    expect(frame.buffer.byteLength).toBe(frame.length);
    expect(encodeFrame('server', 0, 'x', false, RSV1)).toEqual(hex('40 01 78'));
  });

  test('masks with a random key for a client (§5.3)', () => {
    const [a, b] = [encodeFrame('client', 1, ''), encodeFrame('client', 1, '')];
    expect(a.subarray(0, 2)).toEqual(hex('8180'));
    expect(a).not.toEqual(b);
  });

  test('leaves nothing in shared memory', async () => {
    vi.resetModules();
    const fresh = await import('../../src/framing/frame-encoder.js');
    const { OutputBuffer: FreshOutputBuffer } = await import('../../src/framing/output-buffer.js');
    fresh.encodeFrame('server', 1, 'first');
    fresh.encodeFrame('client', 1, 'second');
    expect(new FreshOutputBuffer().reserve(1)).toBe(0);
  });
});

describe('an encoded frame', () => {
  const small = encodeFrame('server', 2, new Uint8Array(16_380));
  const large = encodeFrame('server', 2, new Uint8Array(16_381));

  test('is not copied if no output waits', () => {
    const encoder = server();
    encoder.encoded(small);
    expect(encoder.output.length).toBe(16_384);
    expect(encoder.output.take()[0]).toBe(small);
  });

  test('is copied after waiting output if it has at most 16 KiB', () => {
    const encoder = server();
    encoder.frame(1, 'first');
    encoder.encoded(small);
    const pieces = encoder.output.take();
    expect(pieces).not.toContain(small);
    expect(Buffer.compare(concat(...pieces), concat(rawFrame({ opcode: 1, payload: 'first' }), small))).toBe(0);
  });

  test('is not copied if it has more', () => {
    const encoder = server();
    encoder.frame(1, 'first');
    encoder.encoded(large);
    expect(encoder.output.take()[1]).toBe(large);
  });
});

describe('a text whose header has the same length whatever its characters take', () => {
  const LENGTHS = [0, 1, 41, 42, 125, 126, 127, 1000, 4096, 4097, 21_845, 65_535, 65_536];

  test.each(['a', 'é', '中', '😀', '\ud800', '\udc00'])('is encoded like its bytes: %j', unit => {
    for (const length of LENGTHS) {
      const text = unit.repeat(length).slice(0, length);
      for (const encoder of [client(), server()]) {
        // A second frame shows that the first one has ended where it should.
        encoder.frame(1, text);
        encoder.frame(1, 'next');
        const bytes = sent(encoder);
        encoder.frame(1, Buffer.from(text));
        encoder.frame(1, Buffer.from('next'));
        expect(Buffer.compare(bytes, sent(encoder))).toBe(0);
      }
    }
  });

  test('is encoded in memory of its own too', () => {
    const encoder = server();
    encoder.frame(1, 'waits');
    encoder.output.moveToOwnMemory();
    for (let i = 0; i < 5; i++) encoder.frame(1, '中'.repeat(300));
    const bytes = sent(encoder);
    expect(bytes).toHaveLength(7 + 5 * 904);
    expect(Buffer.from(bytes.subarray(-900)).toString()).toBe('中'.repeat(300));
  });
});
