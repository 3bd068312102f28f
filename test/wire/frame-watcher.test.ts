import { describe, expect, test } from 'vitest';
import { encodeClosePayload, encodeFrame, OPCODE, RSV1 } from '../../src/framing/index.js';
import { FrameWatcher, type WatchedFrame } from '../../src/wire/frame-watcher.js';

const bytes = (...pieces: ReadonlyArray<Uint8Array | number>): Uint8Array =>
  Buffer.concat(pieces.map(piece => (typeof piece === 'number' ? Uint8Array.of(piece) : piece)));
const text = (frame: WatchedFrame): string => Buffer.from(frame.payload).toString();

function watch(from: 'client' | 'server', ...chunks: Uint8Array[]) {
  const frames: WatchedFrame[] = [];
  const watcher = new FrameWatcher(from, frame => frames.push(frame));
  for (const chunk of chunks) watcher.push(chunk, 0);
  return { frames, watcher };
}

/** Returns the rule that the last frame breaks. */
const brokenRule = (from: 'client' | 'server', ...chunks: Uint8Array[]): string | undefined =>
  watch(from, ...chunks).frames.at(-1)?.error?.violation.code;

describe('FrameWatcher', () => {
  test('reports frames with their fields and unmasked payload', () => {
    const { frames } = watch('client', encodeFrame('client', OPCODE.TEXT, 'hello'));
    expect(frames).toMatchObject([
      { fin: true, opcode: 1, masked: true, payloadLength: 5, received: 5, error: undefined },
    ]);
    expect(text(frames[0]!)).toBe('hello');
  });

  test('does not modify the bytes', () => {
    const frame = encodeFrame('client', OPCODE.BINARY, new Uint8Array(40_000));
    const copy = frame.slice();
    watch('client', frame);
    expect(frame).toEqual(copy);
  });

  test('keeps the start and the end of a large payload, and counts the rest', () => {
    const { frames } = watch('server', encodeFrame('server', OPCODE.BINARY, new Uint8Array(100_000).fill(7)));
    expect(frames).toMatchObject([{ payloadLength: 100_000, received: 100_000 }]);
    expect(frames[0]!.payload).toEqual(new Uint8Array(192).fill(7));
    expect(frames[0]!.payloadEnd).toEqual(new Uint8Array(64).fill(7));
  });

  test('keeps the end of each frame, however the bytes are cut', () => {
    const payload = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);
    const lengths = [0, 191, 192, 193, 230, 256, 257, 1_000];
    const all = bytes(...lengths.map(length => encodeFrame('client', OPCODE.BINARY, payload(length))));
    for (const size of [1, 7, 64, 100, all.length]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size));
      expect(watch('client', ...chunks).frames.map(frame => frame.payloadEnd)).toEqual(
        lengths.map(length => payload(length).subarray(Math.max(192, length - 64))),
      );
    }
  });

  test('starts at the given index', () => {
    const frames: WatchedFrame[] = [];
    new FrameWatcher('server', frame => frames.push(frame)).push(bytes(9, 9, encodeFrame('server', 1, 'x')), 2);
    expect(frames.map(text)).toEqual(['x']);
  });

  test('reports a continuation with the type of its message, even after a control frame (§5.4)', () => {
    const { frames } = watch(
      'server',
      encodeFrame('server', OPCODE.BINARY, 'a', false),
      encodeFrame('server', OPCODE.PING, 'p'),
      encodeFrame('server', OPCODE.CONTINUATION, 'b'),
      encodeFrame('server', OPCODE.TEXT, 'c'),
    );
    expect(frames.map(frame => frame.content)).toEqual([2, 9, 2, 1]);
  });

  test('reports RSV1 as a compressed message if that was agreed, and does not check its UTF-8 (RFC 7692 §6)', () => {
    const frames: WatchedFrame[] = [];
    const watcher = new FrameWatcher('server', frame => frames.push(frame), { mayCompress: true });
    const deflated = Uint8Array.of(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00);
    watcher.push(encodeFrame('server', OPCODE.TEXT, deflated.subarray(0, 3), false, RSV1), 0);
    watcher.push(encodeFrame('server', OPCODE.PING, 'p'), 0);
    watcher.push(encodeFrame('server', OPCODE.CONTINUATION, deflated.subarray(3)), 0);
    watcher.push(encodeFrame('server', OPCODE.TEXT, 'plain'), 0);
    expect(frames.map(frame => [frame.content, frame.isCompressed, frame.error])).toEqual([
      [OPCODE.TEXT, true, undefined],
      [OPCODE.PING, false, undefined],
      [OPCODE.TEXT, true, undefined],
      [OPCODE.TEXT, false, undefined],
    ]);
  });

  test.each([
    ['a control frame', [encodeFrame('server', OPCODE.PING, '', true, RSV1)]],
    [
      'a later fragment',
      [
        encodeFrame('server', OPCODE.TEXT, 'a', false, RSV1),
        encodeFrame('server', OPCODE.CONTINUATION, 'b', true, RSV1),
      ],
    ],
  ])('reports RSV1 on %s as a broken rule (RFC 7692 §6.1)', (_, chunks) => {
    const frames: WatchedFrame[] = [];
    const watcher = new FrameWatcher('server', frame => frames.push(frame), { mayCompress: true });
    for (const chunk of chunks) watcher.push(chunk, 0);
    expect(frames.at(-1)?.error?.violation.code).toBe('MISPLACED_COMPRESSED_BIT');
  });

  test('accepts a character that is split by a fragment (§5.4, §8.1)', () => {
    const euro = Buffer.from('€');
    const { frames } = watch(
      'server',
      encodeFrame('server', OPCODE.TEXT, euro.subarray(0, 1), false),
      encodeFrame('server', OPCODE.CONTINUATION, euro.subarray(1)),
    );
    expect(frames.map(frame => frame.error)).toEqual([undefined, undefined]);
  });
});

describe('FrameWatcher: a frame that breaks a rule', () => {
  test.each<[string, 'client' | 'server', Uint8Array]>([
    ['MASKED_SERVER_FRAME', 'server', encodeFrame('client', 1, 'x')],
    ['UNMASKED_CLIENT_FRAME', 'client', encodeFrame('server', 1, 'x')],
    ['RESERVED_BITS', 'server', bytes(0xc1, 0)],
    ['RESERVED_OPCODE', 'server', bytes(0x83, 0)],
    ['CONTROL_FRAME_TOO_LONG', 'server', bytes(0x89, 126, 0, 126)],
    ['LENGTH_NOT_MINIMAL', 'server', bytes(0x82, 126, 0, 5)],
    ['CONTINUATION_OF_NOTHING', 'server', encodeFrame('server', 0, 'x')],
    ['MESSAGE_INTERRUPTED', 'server', bytes(encodeFrame('server', 1, 'x', false), encodeFrame('server', 1, 'y'))],
    ['INVALID_UTF8', 'server', encodeFrame('server', 1, Uint8Array.of(0x61, 0xff, 0x62))],
    ['INVALID_UTF8', 'server', encodeFrame('server', 1, Uint8Array.of(0xe2, 0x82))],
    ['CLOSE_PAYLOAD_TOO_SHORT', 'server', encodeFrame('server', 8, Uint8Array.of(3))],
    ['INVALID_CLOSE_CODE', 'server', encodeFrame('server', 8, Uint8Array.of(3, 0xed))],
  ])('is reported: %s of a %s', (code, from, chunk) => {
    expect(brokenRule(from, chunk)).toBe(code);
  });

  test('is reported with its header, even if the header is wrong', () => {
    const { frames } = watch('server', bytes(0xf3, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4));
    expect(frames).toMatchObject([
      { fin: true, rsv: 0x70, opcode: 3, masked: true, maskingKey: 0x01020304, payloadLength: 2 ** 32, received: 0 },
    ]);
  });

  test('is reported with its payload up to the wrong byte, and nothing after it', () => {
    const { frames, watcher } = watch(
      'server',
      bytes(encodeFrame('server', 1, Buffer.from('ab\xffcd', 'latin1')), 0x81, 0),
    );
    watcher.push(encodeFrame('server', 1, 'more'), 0);
    expect(watcher.end()).toBe(false);
    expect(frames).toHaveLength(1);
    expect(Buffer.from(frames[0]!.payload).toString('latin1')).toBe('ab\xff');
    expect(frames[0]!.received).toBe(3);
  });
});

describe('FrameWatcher: the end of the input', () => {
  test('between frames reports nothing', () => {
    const { frames, watcher } = watch('server', encodeFrame('server', 1, 'x'));
    expect(watcher.end()).toBe(false);
    expect(frames).toHaveLength(1);
  });

  test('within a payload reports what was received of it', () => {
    const { frames, watcher } = watch('server', encodeFrame('server', 1, 'hello').subarray(0, 4));
    expect(watcher.end()).toBe(false);
    expect(frames).toMatchObject([{ payloadLength: 5, received: 2, error: undefined }]);
  });

  test('within a header returns true, once', () => {
    const { frames, watcher } = watch('server', encodeFrame('server', 8, encodeClosePayload(1000)).subarray(0, 1));
    expect(watcher.end()).toBe(true);
    expect(watcher.end()).toBe(false);
    expect(frames).toEqual([]);
  });
});
