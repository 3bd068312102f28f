import { describe, expect, test } from 'vitest';
import { ProtocolError, type ViolationCode } from '../../src/errors.js';
import { FrameDecoder, type FrameDecoderOptions, type FrameSink } from '../../src/framing/frame-decoder.js';
import { RSV1, RSV2, RSV3 } from '../../src/framing/frame-header.js';
import { VIOLATION } from '../../src/framing/violations.js';
import { ascii, concat, hex, inPieces, segmentations } from '../helpers/bytes.js';
import { collectFrames, decodeFrames } from '../helpers/collect-frames.js';
import { type RawFrame, rawFrame, rawHeader } from '../helpers/raw-frame.js';

const KEY = [0x37, 0xfa, 0x21, 0x3d] as const;
const fromClient: FrameDecoderOptions = { from: 'client', ownsChunks: true };
const fromServer: FrameDecoderOptions = { from: 'server', ownsChunks: true };

/** Asserts that these bytes fail so in every segmentation, and that nothing of the failing frame was handed on. */
function expectFailed(
  bytes: Uint8Array,
  options: FrameDecoderOptions,
  code: ViolationCode,
  offset: number,
  frames = 0,
): ProtocolError {
  for (const chunks of [[new Uint8Array(bytes)], ...segmentations(bytes)]) {
    const { frames: collected, error, decoder } = decodeFrames(chunks, options);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({
      violation: VIOLATION[code],
      closeCode: VIOLATION[code].closeCode,
      section: VIOLATION[code].section,
      offset,
    });
    expect(collected).toHaveLength(frames);
    expect(decoder.push(hex('8200'))).toBe(0);
  }
  return decodeFrames([new Uint8Array(bytes)], options).error!;
}

describe('§5.7: the examples of the RFC, byte for byte', () => {
  const hello = [...ascii('Hello')];

  test.each([
    [
      'a single-frame unmasked text message',
      '81 05 48 65 6c 6c 6f',
      fromServer,
      [{ fin: true, opcode: 1, payload: hello }],
    ],
    [
      'a single-frame masked text message',
      '81 85 37 fa 21 3d 7f 9f 4d 51 58',
      fromClient,
      [{ fin: true, opcode: 1, masked: true, maskingKey: 0x37fa213d, payload: hello }],
    ],
    [
      'a fragmented unmasked text message',
      '01 03 48 65 6c 80 02 6c 6f',
      fromServer,
      [
        { fin: false, opcode: 1, payload: hello.slice(0, 3), offset: 0 },
        { fin: true, opcode: 0, payload: hello.slice(3), offset: 5 },
      ],
    ],
    ['an unmasked ping', '89 05 48 65 6c 6c 6f', fromServer, [{ fin: true, opcode: 9, payload: hello }]],
    ['its masked pong', '8a 85 37 fa 21 3d 7f 9f 4d 51 58', fromClient, [{ fin: true, opcode: 10, payload: hello }]],
  ])('%s', (_, bytes, options, frames) => {
    for (const chunks of [[hex(bytes)], ...segmentations(hex(bytes))]) {
      const { frames: decoded, error, decoder } = decodeFrames(chunks, options);
      expect(error).toBeUndefined();
      expect(decoded).toMatchObject(frames);
      expect(decoder.offset).toBe(hex(bytes).length);
      expect(decoder.isBetweenFrames).toBe(true);
    }
  });

  test.each([
    ['256 bytes in a single unmasked frame', '82 7e 01 00', 256],
    ['64 KiB in a single unmasked frame', '82 7f 00 00 00 00 00 01 00 00', 65_536],
  ])('%s', (_, header, length) => {
    const payload = Uint8Array.from({ length }, (_, i) => i);
    for (const size of [1000, 70_000]) {
      const { frames } = decodeFrames(inPieces(concat(hex(header), payload), size), fromServer);
      expect(frames).toMatchObject([{ opcode: 2, payloadLength: length, headerLength: hex(header).length }]);
      expect(Buffer.compare(Uint8Array.from(frames[0]!.payload), payload)).toBe(0);
    }
  });
});

describe('§5.2: opcodes', () => {
  test.each([0, 1, 2, 8, 9, 10])('0x%x is accepted', opcode => {
    const { frames, error } = decodeFrames([rawFrame({ opcode, key: KEY, payload: 'ab' })], fromClient);
    expect(error).toBeUndefined();
    expect(frames).toMatchObject([{ opcode, payload: [...ascii('ab')] }]);
  });

  test.each([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])('%i is reserved', opcode => {
    const error = expectFailed(rawFrame({ opcode, key: KEY }), fromClient, 'RESERVED_OPCODE', 0);
    expect(error.message).toBe(`the opcode is reserved: 0x${opcode.toString(16)} (RFC 6455 §5.2, at byte 0)`);
  });
});

describe('§5.2: lengths', () => {
  test.each([0, 1, 125, 126, 127, 255, 256, 65_535, 65_536])('%i bytes pass, masked and unmasked', length => {
    const payload = new Uint8Array(length).fill(0x61);
    for (const [frame, options] of [
      [rawFrame({ payload, key: KEY }), fromClient],
      [rawFrame({ payload }), fromServer],
    ] as const) {
      const { frames, error } = decodeFrames([concat(frame, rawFrame({ payload: 'z', key: KEY }))], {
        ...options,
        from: 'any',
      });
      expect(error).toBeUndefined();
      expect(frames.map(({ payloadLength }) => payloadLength)).toEqual([length, 1]);
      expect(frames[0]!.payload.every(byte => byte === 0x61)).toBe(true);
      expect(frames[0]!.payload).toHaveLength(length);
    }
  });

  test.each([2 ** 31, 2 ** 32, 2 ** 32 + 5, 2 ** 53 - 1])(
    '%i is passed to the sink exactly, before any payload',
    length => {
      for (const chunks of segmentations(rawHeader({ length: BigInt(length), key: KEY }))) {
        const headers: number[] = [];
        const sink = {
          ...collectFrames(),
          frameStart: (h: { payloadLength: number }) => void headers.push(h.payloadLength),
        };
        const decoder = new FrameDecoder(sink, fromClient);
        for (const chunk of chunks) decoder.push(chunk);
        expect(headers).toEqual([length]);
        expect(decoder.error).toBeUndefined();
        expect(decoder.isBetweenFrames).toBe(false);
      }
    },
  );

  test.each([
    ['2^53', 2n ** 53n, 'MESSAGE_TOO_BIG'],
    ['2^55 + 1', 2n ** 55n + 1n, 'MESSAGE_TOO_BIG'],
    ['2^63 - 1', 2n ** 63n - 1n, 'MESSAGE_TOO_BIG'],
    ['2^63', 2n ** 63n, 'LENGTH_SIGN_BIT'],
    ['2^64 - 1', 2n ** 64n - 1n, 'LENGTH_SIGN_BIT'],
  ] as const)(
    'CVE-2026-1528, CVE-2020-27813, CVE-2020-13935, CVE-2026-54466: %s fails at the header',
    (_, length, code) => {
      expectFailed(rawHeader({ length, key: KEY }), fromClient, code, 0);
      expectFailed(rawHeader({ length }), fromServer, code, 0);
    },
  );

  test('CVE-2026-1528: 82 7F 00 80 00 00 00 00 00 01, from a server and masked from a client', () => {
    const bytes = hex('82 7F 00 80 00 00 00 00 00 01');
    expectFailed(bytes, fromServer, 'MESSAGE_TOO_BIG', 0);
    bytes[1] = 0xff;
    expectFailed(concat(bytes, Uint8Array.from(KEY)), fromClient, 'MESSAGE_TOO_BIG', 0);
  });

  test.each([
    [0, 2],
    [125, 2],
    [0, 8],
    [125, 8],
    [126, 8],
    [65_535, 8],
  ] as const)('%i in %i bytes is not minimal', (length, lengthBytes) => {
    const error = expectFailed(
      rawHeader({ length: BigInt(length), lengthBytes, key: KEY }),
      fromClient,
      'LENGTH_NOT_MINIMAL',
      0,
    );
    expect(error.message).toContain(`${length} in ${lengthBytes} bytes`);
  });

  test('the same rule holds for a control frame', () => {
    expectFailed(rawFrame({ opcode: 9, lengthBytes: 2, length: 5n }), fromServer, 'LENGTH_NOT_MINIMAL', 0);
  });
});

describe('every rule of a header fails with its exact offset after a valid frame of 7 bytes', () => {
  const before = (options: FrameDecoderOptions) =>
    options.from === 'client' ? rawFrame({ payload: 'a', key: KEY }) : rawFrame({ payload: 'hello' });

  test.each<[string, RawFrame, FrameDecoderOptions, ViolationCode]>([
    ['§5.2 RSV1 without an extension', { rsv: RSV1, key: KEY }, fromClient, 'RESERVED_BITS'],
    ['§5.2 RSV2 if only RSV1 is assigned', { rsv: RSV1 | RSV2 }, { ...fromServer, assignedRsv: RSV1 }, 'RESERVED_BITS'],
    ['§5.2 RSV3', { rsv: RSV3 }, fromServer, 'RESERVED_BITS'],
    ['§5.2 a reserved control opcode', { opcode: 0xb }, fromServer, 'RESERVED_OPCODE'],
    ['§5.1 an unmasked frame from a client', { payload: 'x' }, fromClient, 'UNMASKED_CLIENT_FRAME'],
    ['§5.1 a masked frame from a server', { payload: 'x', key: KEY }, fromServer, 'MASKED_SERVER_FRAME'],
    ['§5.5 a fragmented ping', { opcode: 9, fin: false, key: KEY }, fromClient, 'FRAGMENTED_CONTROL_FRAME'],
    ['§5.5 a Close of 126 bytes', { opcode: 8, length: 126n, key: KEY }, fromClient, 'CONTROL_FRAME_TOO_LONG'],
    ['§5.5 a pong of 64 KiB', { opcode: 10, length: 65_536n }, fromServer, 'CONTROL_FRAME_TOO_LONG'],
    ['§5.2 126 bytes in 8', { length: 126n, lengthBytes: 8 }, fromServer, 'LENGTH_NOT_MINIMAL'],
    ['§5.2 the sign bit', { length: 2n ** 63n }, fromServer, 'LENGTH_SIGN_BIT'],
  ])('%s', (_, frame, options, code) => {
    expectFailed(concat(before(options), rawHeader(frame), hex('00 01 02')), options, code, 7, 1);
  });

  test('the error names the reserved bits that are set', () => {
    const { error } = decodeFrames([rawHeader({ rsv: RSV1 | RSV3 })], fromServer);
    expect(error?.message).toBe(
      'a reserved bit is set, but no extension uses it: RSV1, RSV3 (RFC 6455 §5.2, at byte 0)',
    );
  });

  test('§5.2: a reserved bit that an extension uses is passed to the sink', () => {
    const { frames, error } = decodeFrames([rawFrame({ rsv: RSV1 })], { ...fromServer, assignedRsv: RSV1 });
    expect(error).toBeUndefined();
    expect(frames).toMatchObject([{ rsv: RSV1 }]);
  });

  test('a control frame of 125 bytes is valid', () => {
    const { error } = decodeFrames([rawFrame({ opcode: 9, payload: 'x'.repeat(125), key: KEY })], fromClient);
    expect(error).toBeUndefined();
  });

  test("'any' accepts masked and unmasked frames", () => {
    const bytes = concat(rawFrame({ payload: 'a', key: KEY }), rawFrame({ payload: 'b' }));
    const { frames, error } = decodeFrames([bytes], { from: 'any' });
    expect(error).toBeUndefined();
    expect(frames.map(({ masked, payload }) => [masked, ...payload])).toEqual([
      [true, 0x61],
      [false, 0x62],
    ]);
  });
});

test('§5.2: a header is checked when its last byte arrives, before any payload', () => {
  const header = rawHeader({ opcode: 3, length: 70_000n, key: KEY });
  const decoder = new FrameDecoder(collectFrames(), fromClient);
  decoder.push(header.subarray(0, -1));
  expect(decoder.error).toBeUndefined();
  expect(decoder.push(header.subarray(-1))).toBe(1);
  expect(decoder.error?.violation).toBe(VIOLATION.RESERVED_OPCODE);
});

describe('the memory of a payload', () => {
  const bytes = rawFrame({ payload: 'hello', key: KEY });

  test('a decoder that owns its chunks unmasks in place', () => {
    const chunk = new Uint8Array(bytes);
    const seen: Uint8Array[] = [];
    const sink: FrameSink = { ...collectFrames(), framePayload: memory => void seen.push(memory) };
    new FrameDecoder(sink, fromClient).push(chunk);
    expect(seen).toEqual([chunk]);
    expect(seen[0]).toBe(chunk);
    expect(chunk.subarray(6)).toEqual(ascii('hello'));
  });

  test('a decoder that does not own its chunks leaves them unchanged', () => {
    const chunk = new Uint8Array(bytes);
    const { frames } = decodeFrames([chunk], { from: 'client' });
    expect(frames[0]!.payload).toEqual([...ascii('hello')]);
    expect(chunk).toEqual(bytes);
  });
});

describe('a sink that returns a Failure', () => {
  const payload = ascii('0123456789');
  const frames = concat(rawFrame({ payload: 'a', key: KEY }), rawFrame({ payload, key: KEY }), rawFrame({ key: KEY }));

  test.each([true, false])('from a payload fails with the offset of the byte (ownsChunks %s)', ownsChunks => {
    for (const chunks of segmentations(frames)) {
      const sink = {
        ...collectFrames(),
        framePayload: (bytes: Uint8Array, start: number, end: number) => {
          const index = bytes.subarray(start, end).indexOf(0x37);
          return index === -1 ? undefined : { violation: VIOLATION.INVALID_UTF8, index: start + index };
        },
      };
      const decoder = new FrameDecoder(sink, { from: 'client', ownsChunks });
      for (const chunk of chunks) decoder.push(chunk);
      expect(decoder.error).toMatchObject({ offset: 7 + 6 + 7, closeCode: 1007 });
    }
  });

  test.each([true, false])(
    'from a payload without an index fails with the offset of the piece (ownsChunks %s)',
    ownsChunks => {
      const sink = { ...collectFrames(), framePayload: () => ({ violation: VIOLATION.MESSAGE_TOO_BIG }) };
      const decoder = new FrameDecoder(sink, { from: 'client', ownsChunks });
      decoder.push(frames.subarray(0, 6));
      decoder.push(new Uint8Array(frames), 6);
      expect(decoder.error).toMatchObject({ offset: 6 });
    },
  );

  test('from the end of a frame fails with the offset of the header, and stops the decoder (§7.1.7)', () => {
    const collected = collectFrames();
    const sink = {
      ...collected,
      frameEnd: () => {
        collected.frameEnd();
        return collected.frames.length === 2 ? { violation: VIOLATION.INVALID_CLOSE_CODE, detail: 'why' } : undefined;
      },
    };
    const decoder = new FrameDecoder(sink, fromClient);
    expect(decoder.push(new Uint8Array(frames))).toBe(23);
    expect(decoder.offset).toBe(23);
    expect(decoder.error?.offset).toBe(7);
    expect(decoder.error?.message).toContain(': why (');
    expect(collected.frames).toHaveLength(2);
  });
});

describe('suspend()', () => {
  const three = concat(...['one', '', 'three'].map(payload => rawFrame({ payload, key: KEY })));

  test('stops between two frames and reads on from there', () => {
    for (const chunks of segmentations(three)) {
      const collected = collectFrames();
      const stops: number[] = [];
      const sink: FrameSink = {
        ...collected,
        frameEnd: () => {
          collected.frameEnd();
          decoder.stopBefore('frame');
        },
      } as FrameSink;
      const decoder = new FrameDecoder(sink, fromClient);
      let pushed = 0;
      for (const chunk of chunks) {
        for (let at = decoder.push(chunk); at < chunk.length; at = decoder.push(chunk, at)) {
          expect(decoder.push(chunk, at)).toBe(at);
          expect(decoder.isBetweenFrames).toBe(true);
          expect(decoder.offset).toBe(pushed + at);
          stops.push(decoder.offset);
          decoder.stopBefore('nothing');
        }
        pushed += chunk.length;
      }
      expect(decoder.offset).toBe(three.length);
      expect(collected.frames.map(({ offset }) => offset)).toEqual([0, 9, 15]);
      expect(collected.frames.map(({ payload }) => String.fromCharCode(...payload))).toEqual(['one', '', 'three']);
      expect(stops).toEqual([9, 15]);
    }
  });

  test('within a frame stops after that frame', () => {
    const collected = collectFrames();
    const decoder = new FrameDecoder(collected, fromClient);
    decoder.push(three.slice(0, 1));
    expect(decoder.isBetweenFrames).toBe(false);
    decoder.stopBefore('frame');
    expect(decoder.push(three.slice(1))).toBe(8);
    expect(collected.frames).toHaveLength(1);
  });
});

test('the last header can be read, also that of the frame that broke a rule', () => {
  const { decoder } = decodeFrames(
    [concat(rawFrame({ payload: 'a' }), rawHeader({ opcode: 3, length: 300n }))],
    fromServer,
  );
  expect(decoder.error?.violation).toBe(VIOLATION.RESERVED_OPCODE);
  expect(decoder.header).toMatchObject({ opcode: 3, payloadLength: 300, headerLength: 4, offset: 3 });
});

test('no payload is passed on before it arrives', () => {
  const sink = collectFrames();
  const decoder = new FrameDecoder(sink, fromServer);
  decoder.push(hex('8205 6865'));
  expect(sink.frames).toHaveLength(0);
  expect(decoder.push(new Uint8Array(0))).toBe(0);
  expect(decoder.isBetweenFrames).toBe(false);
});

describe('isIdle', () => {
  test('is true between two frames, and false in a header or a payload', () => {
    const decoder = new FrameDecoder(collectFrames(), fromServer);
    const idle = [...hex('8203 010203')].map(byte => {
      const before = decoder.isIdle;
      decoder.push(Uint8Array.of(byte));
      return before;
    });
    expect(idle).toEqual([true, false, false, false, false]);
    expect(decoder.isIdle).toBe(true);
  });

  test('is false after an error, even at the end of a frame', () => {
    const frameEnd = () => ({ violation: VIOLATION.INVALID_UTF8 });
    const decoder = new FrameDecoder({ ...collectFrames(), frameEnd }, fromServer);
    decoder.push(hex('8100'));
    expect(decoder).toMatchObject({ isBetweenFrames: true, isIdle: false });
  });
});
