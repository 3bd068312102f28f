import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { encodeFrame, OPCODE } from '../../src/framing/index.js';
import { kStatusCode } from '../../src/ws/constants.js';
import { PerMessageDeflate, Receiver, type ReceiverOptions } from '../../src/ws/index.js';

const { TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG } = OPCODE;

/** Passes frames to a Receiver and returns its events. */
function receive(frames: readonly Uint8Array[], options?: ReceiverOptions): unknown[][] {
  const receiver = new Receiver(options);
  const events: unknown[][] = [];
  for (const name of ['message', 'ping', 'pong', 'conclude']) {
    receiver.on(name, (...args: unknown[]) => events.push([name, ...args]));
  }
  for (const frame of frames) receiver.write(Buffer.from(frame));
  return events;
}

async function errorOf(bytes: Uint8Array, options?: ReceiverOptions): Promise<Error & { code: string }> {
  const receiver = new Receiver(options);
  const failed = once(receiver, 'error');
  receiver.write(Buffer.from(bytes));
  const [error] = await failed;
  return error;
}

/** A PerMessageDeflate with the default parameters. */
function deflate(): PerMessageDeflate {
  const extension = new PerMessageDeflate();
  extension.accept([{}]);
  return extension;
}

describe('a Receiver', () => {
  test('emits text as a Buffer, and says whether a message is binary', () => {
    const events = receive([encodeFrame('server', TEXT, 'grün'), encodeFrame('server', BINARY, Buffer.of(1, 2))]);
    expect(events).toEqual([
      ['message', Buffer.from('grün'), false],
      ['message', Buffer.of(1, 2), true],
    ]);
  });

  test('joins fragments, and emits control frames between them at once', () => {
    const events = receive([
      encodeFrame('server', TEXT, 'he', false),
      encodeFrame('server', PING, '?'),
      encodeFrame('server', CONTINUATION, 'llo'),
    ]);
    expect(events).toEqual([
      ['ping', Buffer.from('?')],
      ['message', Buffer.from('hello'), false],
    ]);
  });

  test('emits the code and the reason of a Close frame, and ignores later frames', async () => {
    const close = Buffer.concat([Buffer.of(3, 232), Buffer.from('bye')]);
    expect(receive([encodeFrame('server', CLOSE, close), encodeFrame('server', TEXT, 'late')])).toEqual([
      ['conclude', 1000, Buffer.from('bye')],
    ]);
    expect(receive([encodeFrame('server', CLOSE, '')])).toEqual([['conclude', 1005, Buffer.alloc(0)]]);
  });

  test('accepts masked frames on a server', () => {
    expect(receive([encodeFrame('client', PONG, 'pong')], { isServer: true })).toEqual([['pong', Buffer.from('pong')]]);
  });

  test('delivers binary messages in the form of binaryType', () => {
    const frames = [
      encodeFrame('server', BINARY, Buffer.of(1, 2), false),
      encodeFrame('server', CONTINUATION, Buffer.of(3)),
    ];
    const [[, buffer]] = receive(frames, { binaryType: 'arraybuffer' }) as [[string, ArrayBuffer]];
    expect(new Uint8Array(buffer)).toEqual(Uint8Array.of(1, 2, 3));
    const [[, fragments]] = receive(frames, { binaryType: 'fragments' }) as [[string, Buffer[]]];
    expect(fragments).toEqual([Buffer.of(1, 2), Buffer.of(3)]);
    const [[, blob]] = receive(frames, { binaryType: 'blob' }) as [[string, Blob]];
    expect(blob.size).toBe(3);
  });

  test('inflates a compressed message before it calls back the write', async () => {
    const extension = deflate();
    const body = await new Promise<Buffer>((resolve, reject) =>
      extension.compress('hello', true, (error, data) => (error === null ? resolve(data!) : reject(error))),
    );
    const receiver = new Receiver({ extensions: { 'permessage-deflate': deflate() } });
    const order: string[] = [];
    receiver.on('message', data => order.push(String(data)));
    await new Promise<void>(resolve => {
      receiver.write(encodeFrame('server', TEXT, body, true, 0x40), () => {
        order.push('written');
        resolve();
      });
    });
    expect(order).toEqual(['hello', 'written']);
  });

  test('emits one event in each turn of the event loop if allowSynchronousEvents is false', async () => {
    const receiver = new Receiver({ allowSynchronousEvents: false });
    const order: string[] = [];
    receiver.on('message', data => {
      order.push(String(data));
      queueMicrotask(() => order.push(`after ${data}`));
    });
    const frames = Buffer.concat([encodeFrame('server', TEXT, 'a'), encodeFrame('server', TEXT, 'b')]);
    await new Promise<void>(resolve => receiver.write(frames, () => resolve()));
    expect(order).toEqual(['a', 'after a', 'b', 'after b']);
  });

  test.each<[string, Uint8Array, ReceiverOptions, string, number, string]>([
    ['RSV1 without compression', Buffer.of(0xc1, 0), {}, 'WS_ERR_UNEXPECTED_RSV_1', 1002, 'RSV1 must be clear'],
    ['RSV2', Buffer.of(0xa1, 0), {}, 'WS_ERR_UNEXPECTED_RSV_2_3', 1002, 'RSV2 and RSV3 must be clear'],
    ['a reserved opcode', Buffer.of(0x83, 0), {}, 'WS_ERR_INVALID_OPCODE', 1002, 'invalid opcode 3'],
    ['a continuation of nothing', Buffer.of(0x80, 0), {}, 'WS_ERR_INVALID_OPCODE', 1002, 'invalid opcode 0'],
    ['a message in a message', Buffer.of(1, 0, 1, 0), {}, 'WS_ERR_INVALID_OPCODE', 1002, 'invalid opcode 1'],
    ['a fragmented Ping', Buffer.of(9, 0), {}, 'WS_ERR_EXPECTED_FIN', 1002, 'FIN must be set'],
    ['no mask from a client', Buffer.of(0x81, 0), { isServer: true }, 'WS_ERR_EXPECTED_MASK', 1002, 'MASK must be set'],
    [
      'a mask from a server',
      Buffer.of(0x81, 0x80, 0, 0, 0, 0),
      {},
      'WS_ERR_UNEXPECTED_MASK',
      1002,
      'MASK must be clear',
    ],
    [
      'a long Ping',
      Buffer.of(0x89, 126, 0, 126),
      {},
      'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
      1002,
      'invalid payload length 126',
    ],
    [
      'half a close code',
      Buffer.of(0x88, 1),
      {},
      'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
      1002,
      'invalid payload length 1',
    ],
    ['close code 1005', Buffer.of(0x88, 2, 3, 237), {}, 'WS_ERR_INVALID_CLOSE_CODE', 1002, 'invalid status code 1005'],
    ['text that is not UTF-8', Buffer.of(0x81, 1, 0xff), {}, 'WS_ERR_INVALID_UTF8', 1007, 'invalid UTF-8 sequence'],
    [
      'a reason that is not UTF-8',
      Buffer.of(0x88, 3, 3, 232, 0xff),
      {},
      'WS_ERR_INVALID_UTF8',
      1007,
      'invalid UTF-8 sequence',
    ],
    ['a length of 1 in 2 bytes', Buffer.of(0x82, 126, 0, 1), {}, 'WS_ERR_INVALID_FRAME', 1002, 'payload length'],
    [
      'a length above 2^53',
      Buffer.of(0x82, 127, 0, 32, 0, 0, 0, 0, 0, 0),
      {},
      'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
      1009,
      'payload length > 2^53 - 1',
    ],
    [
      'more than maxPayload',
      Buffer.of(0x82, 3),
      { maxPayload: 2 },
      'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
      1009,
      'Max payload size exceeded',
    ],
    [
      'more than maxFragments',
      Buffer.of(2, 0, 0, 0),
      { maxFragments: 1 },
      'WS_ERR_TOO_MANY_BUFFERED_PARTS',
      1008,
      'Too many message fragments',
    ],
  ])('refuses %s', async (_, bytes, options, code, closeCode, message) => {
    const error = await errorOf(bytes, options);
    expect(error).toMatchObject({ code, [kStatusCode]: closeCode, message: expect.stringContaining(message) });
  });

  test('refuses a frame in more chunks than maxBufferedChunks', async () => {
    const receiver = new Receiver({ maxBufferedChunks: 2 });
    const failed = once(receiver, 'error');
    for (const byte of [0x82, 4, 1, 2]) receiver.write(Buffer.of(byte));
    expect((await failed)[0]).toMatchObject({ code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS', [kStatusCode]: 1008 });
  });

  test('accepts any bytes as text if skipUTF8Validation is set', () => {
    const text = encodeFrame('server', TEXT, Buffer.of(0xff));
    const close = encodeFrame('server', CLOSE, Buffer.of(3, 232, 0xff));
    expect(receive([text, close], { skipUTF8Validation: true })).toEqual([
      ['message', Buffer.of(0xff), false],
      ['conclude', 1000, Buffer.of(0xff)],
    ]);
  });
});

describe('a compressed message', () => {
  async function body(data: Uint8Array): Promise<Buffer> {
    return new Promise(resolve => deflate().compress(data, true, (_, output) => resolve(output!)));
  }

  test.each([100, 1_000_000])('of %i bytes is refused if it is text that is not UTF-8', async size => {
    const frame = encodeFrame('server', TEXT, await body(Buffer.alloc(size, 0xff)), true, 0x40);
    const extensions = { 'permessage-deflate': deflate() };
    expect(await errorOf(frame, { extensions })).toMatchObject({ code: 'WS_ERR_INVALID_UTF8', [kStatusCode]: 1007 });
  });

  test('is refused if it is not DEFLATE data', async () => {
    const frame = encodeFrame('server', BINARY, Buffer.from('not deflated'), true, 0x40);
    const error = await errorOf(frame, { extensions: { 'permessage-deflate': deflate() } });
    expect(error).toMatchObject({ code: 'Z_DATA_ERROR', [kStatusCode]: 1007 });
  });

  test('has one fragment, and may be any bytes if skipUTF8Validation is set', async () => {
    const bytes = await body(Buffer.of(0xff));
    const receiver = new Receiver({
      binaryType: 'fragments',
      skipUTF8Validation: true,
      extensions: { 'permessage-deflate': deflate() },
    });
    const received: unknown[] = [];
    receiver.on('message', data => received.push(data));
    for (const opcode of [TEXT, BINARY]) {
      await new Promise<void>(resolve => {
        receiver.write(encodeFrame('server', opcode, opcode === TEXT ? bytes : Buffer.of(0x02, 0x00), true, 0x40), () =>
          resolve(),
        );
      });
    }
    expect(received[0]).toEqual(Buffer.of(0xff));
    expect(received[1]).toBeInstanceOf(Array);
  });
});

describe('pongs and large binary messages', () => {
  test('are emitted', () => {
    const large = Buffer.alloc(100_000, 1);
    const events = receive([encodeFrame('server', PONG, ''), encodeFrame('server', BINARY, large)], {
      binaryType: 'arraybuffer',
    });
    expect(events[0]).toEqual(['pong', Buffer.alloc(0)]);
    expect((events[1]![1] as ArrayBuffer).byteLength).toBe(100_000);
  });
});

test('a message before a Close frame in the same turn is deferred with allowSynchronousEvents: false', async () => {
  const receiver = new Receiver({ allowSynchronousEvents: false });
  const order: string[] = [];
  receiver.on('message', () => order.push('message'));
  receiver.on('conclude', () => order.push('conclude'));
  receiver.write(Buffer.concat([encodeFrame('server', TEXT, 'a'), encodeFrame('server', CLOSE, '')]));
  await once(receiver, 'finish');
  expect(order).toEqual(['message', 'conclude']);
});
