import { constants, createDeflateRaw } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodeClosePayload, encodeFrame, OPCODE, RSV1 } from '../../src/framing/index.js';
import type { WireEvent } from '../../src/wire/index.js';
import { concat, hex, inPieces } from '../helpers/bytes.js';
import { rawFrame } from '../helpers/raw-frame.js';
import { decode, handshake, head, inflate, only, REQUEST, RESPONSE, sent } from './wire-events.js';

const DEFLATE = ['Sec-WebSocket-Extensions: permessage-deflate'];
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Compresses messages with a shared context, as a peer does. */
async function compressed(...messages: string[]): Promise<Buffer[]> {
  const deflate = createDeflateRaw();
  const results: Buffer[] = [];
  for (const message of messages) {
    const pieces: Buffer[] = [];
    const take = (piece: Buffer) => pieces.push(piece);
    deflate.on('data', take);
    deflate.write(message);
    await new Promise<void>(resolve => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    deflate.off('data', take);
    results.push(Buffer.concat(pieces).subarray(0, -4));
  }
  deflate.close();
  return results;
}

describe('frames', () => {
  test('have their fields, their bytes and their offset after the handshake', () => {
    const { items } = decode([...handshake(), sent('client', hex('818537fa213d7f9f4d5158'), 5)]);
    const requestLength = head(...REQUEST).length;
    expect(only(items, 'frame')).toMatchObject([
      {
        ...{ from: 'client', time: 5, offset: requestLength, index: 1, fin: true, opcode: 1, masked: true },
        ...{ header: hex('818537fa213d'), payloadLength: 5, received: 5, error: undefined, mayCompress: false },
        payload: Uint8Array.from(Buffer.from('Hello')),
      },
    ]);
    expect(only(items, 'message')).toMatchObject([{ index: 1, opcode: 1, frames: [1, 1], length: 5 }]);
  });

  test('of one message are joined, with control frames between them', () => {
    const { items } = decode([
      ...handshake(),
      sent('server', encodeFrame('server', OPCODE.TEXT, 'Hel', false)),
      sent('server', encodeFrame('server', OPCODE.PING, 'p')),
      sent('server', encodeFrame('server', OPCODE.CONTINUATION, 'lo')),
    ]);
    const [message] = only(items, 'message');
    expect(message).toMatchObject({ opcode: 1, frames: [1, 3], length: 5 });
    expect(text(message!.data)).toBe('Hello');
  });

  test('before any handshake are decoded, and a remark says so', () => {
    const { items, summary } = decode([sent('client', hex('818537fa213d7f9f4d5158'))]);
    expect(items.map(({ type }) => type)).toEqual(['remark', 'frame', 'message']);
    expect(only(items, 'remark')).toMatchObject([{ code: 'no-handshake', verdict: 'note' }]);
    expect(summary).toMatchObject({ handshake: 'unknown', isFine: true });
  });

  test('that continue a message from before the capture break no rule', () => {
    const { items } = decode([sent('server', hex('800161 810162'))]);
    expect(only(items, 'violation')).toEqual([]);
    expect(only(items, 'message')).toMatchObject([{ note: 'it began before the capture' }, { length: 1 }]);
  });

  test('are decoded if the response of the server is missing', () => {
    const { items, summary } = decode([
      sent('client', head(...REQUEST)),
      sent('client', encodeFrame('client', OPCODE.TEXT, 'x')),
    ]);
    expect(only(items, 'remark')).toMatchObject([{ code: 'no-handshake' }]);
    expect(only(items, 'message')).toHaveLength(1);
    expect(summary.handshake).toBe('unknown');
  });

  test('sent before the server answered are wrong, but decoded', () => {
    const { items } = decode([
      sent('client', head(...REQUEST)),
      sent('client', encodeFrame('client', OPCODE.TEXT, 'early')),
      sent('server', head(...RESPONSE)),
    ]);
    expect(only(items, 'remark')).toMatchObject([{ code: 'frames-before-101', verdict: 'wrong', section: '§4.1' }]);
    expect(only(items, 'message')).toHaveLength(1);
  });

  test('that are cut off are shown as far as they go', () => {
    const { items } = decode([...handshake(), sent('server', hex('8105 4865'))]);
    expect(only(items, 'frame')).toMatchObject([{ payloadLength: 5, received: 2 }]);
    expect(only(items, 'remark')).toMatchObject([
      { code: 'cut-off', note: 'the bytes end after 2 of 5 bytes of payload' },
    ]);
    expect(only(items, 'message')).toEqual([]);
  });

  test('of data after a Close frame are wrong', () => {
    const { items } = decode([...handshake(), sent('server', hex('8800 810161'))]);
    expect(only(items, 'remark')).toMatchObject([{ code: 'frame-after-close', verdict: 'wrong', section: '§5.5.1' }]);
  });

  test('keep as much of their payload as the options say', () => {
    const events = [
      ...handshake(),
      sent('server', encodeFrame('server', OPCODE.BINARY, new Uint8Array(1_000).fill(7))),
    ];
    const { items } = decode(events, { maxPayload: 10, maxMessage: 20 });
    expect(only(items, 'frame')[0]).toMatchObject({ payload: new Uint8Array(10).fill(7), received: 1_000 });
    expect(only(items, 'message')[0]).toMatchObject({
      data: new Uint8Array(20).fill(7),
      length: 1_000,
      note: 'only the first 20 bytes are kept',
    });
  });
});

describe('a violation', () => {
  test('has the rule, the frame and the place of the wrong byte in the stream of its side', () => {
    const { items, summary } = decode([...handshake(), sent('server', hex('810161 8103 61ff62 810161'))]);
    const offset = head(...RESPONSE).length;
    expect(only(items, 'frame')).toHaveLength(2);
    expect(only(items, 'violation')).toMatchObject([
      { from: 'server', frame: 2, offset: offset + 6, violation: { code: 'INVALID_UTF8', section: '§8.1' } },
    ]);
    expect(only(items, 'remark').at(-1)).toMatchObject({ code: 'not-decoded', note: '4 more bytes are not decoded' });
    expect(summary.isFine).toBe(false);
    expect(summary.verdict).toMatch(/^The server broke a rule in frame 2: a text message must be UTF-8/);
  });

  test('of one side leaves the other decoded', () => {
    const { items } = decode([
      ...handshake(),
      sent('client', hex('810161')),
      sent('server', encodeFrame('server', OPCODE.CLOSE, encodeClosePayload(1002, 'no mask'))),
    ]);
    expect(only(items, 'violation')).toMatchObject([{ from: 'client', violation: { code: 'UNMASKED_CLIENT_FRAME' } }]);
    expect(only(items, 'frame')[1]).toMatchObject({ close: { code: 1002, reason: 'no mask' } });
  });
});

describe('a second response after a 101', () => {
  test('is named, since frames belong there', () => {
    const { items, summary } = decode([...handshake(), sent('server', head(...RESPONSE))]);
    expect(only(items, 'remark')).toMatchObject([{ code: 'second-response', verdict: 'wrong' }]);
    expect(only(items, 'head')).toHaveLength(3);
    expect(summary.verdict).toMatch(/^A second HTTP response follows the 101/);
  });
});

describe('compressed messages', () => {
  const events = (payloads: readonly Uint8Array[], extra = DEFLATE): WireEvent[] => [
    ...handshake(DEFLATE, extra),
    ...payloads.map(payload => sent('server', encodeFrame('server', OPCODE.TEXT, payload, true, RSV1))),
  ];

  test('are inflated with the context of those before', async () => {
    const { items } = decode(events(await compressed('grüße, grüße', 'grüße, grüße, grüße')));
    expect(only(items, 'message').map(({ data }) => text(data))).toEqual(['grüße, grüße', 'grüße, grüße, grüße']);
    expect(only(items, 'message')[1]!.compressedLength).toBeLessThan(10);
  });

  test('are joined from fragments', async () => {
    const [payload] = await compressed('hello hello hello');
    const { items } = decode([
      ...handshake(DEFLATE, DEFLATE),
      sent('client', encodeFrame('client', OPCODE.TEXT, payload!.subarray(0, 3), false, RSV1)),
      sent('client', encodeFrame('client', OPCODE.CONTINUATION, payload!.subarray(3))),
    ]);
    expect(only(items, 'message').map(({ data }) => text(data))).toEqual(['hello hello hello']);
  });

  test('stay as they are without inflate', async () => {
    const [payload] = await compressed('hello');
    const { items } = decode(events([payload!]), {});
    expect(only(items, 'message')).toMatchObject([{ data: Uint8Array.from(payload!), note: 'it is compressed' }]);
  });

  test('that are no DEFLATE data break a rule', () => {
    const { items } = decode(events([hex('ffffff')]));
    expect(only(items, 'violation')).toMatchObject([
      { frame: 1, violation: { code: 'INVALID_COMPRESSED_DATA', section: 'RFC 7692 §7.2.2' } },
    ]);
  });

  test('that refer to one before the capture break none', async () => {
    const [, second] = await compressed('hello hello', 'hello hello');
    const { items } = decode([sent('server', encodeFrame('server', OPCODE.TEXT, second!, true, RSV1))]);
    expect(only(items, 'violation')).toEqual([]);
    expect(only(items, 'message')).toMatchObject([{ note: expect.stringContaining('earlier message') }]);
  });

  test('must be UTF-8 if they are text', async () => {
    const deflated = hex('fafffb1f00');
    const isText = text(inflate(concat(deflated, hex('0000ffff')), new Uint8Array(0), 100));
    expect(isText).toContain('\ufffd');
    const { items } = decode(events([deflated]));
    expect(only(items, 'violation')).toMatchObject([
      { violation: { code: 'INVALID_UTF8' }, detail: 'after inflating' },
    ]);
  });

  test('that inflate to more than 16 MiB are named', async () => {
    const [bomb] = await compressed('x'.repeat(17 * 1024 * 1024));
    const { items } = decode(events([bomb!]));
    expect(only(items, 'message')).toMatchObject([{ note: 'it inflates to more than 16777216 bytes' }]);
    expect(only(items, 'violation')).toEqual([]);
  });
});

describe('a gap', () => {
  const gap = (length: number): WireEvent => ({ type: 'gap', from: 'server', time: undefined, length });

  test('within a payload is bridged', () => {
    const { items, summary } = decode([
      ...handshake(),
      sent('server', hex('8106 6161')),
      gap(3),
      sent('server', hex('61 810162')),
    ]);
    expect(only(items, 'gap')).toMatchObject([{ length: 3, isBridged: true }]);
    expect(only(items, 'frame')).toMatchObject([{ missing: 3, payload: hex('616100000061') }, { missing: 0 }]);
    expect(only(items, 'message')).toMatchObject([{ note: 'the capture misses bytes of it' }, { length: 1 }]);
    expect(only(items, 'frame')[1]!.offset).toBe(head(...RESPONSE).length + 8);
    expect(summary.sides.server.missing).toBe(3);
  });

  test('that may contain a header ends the decoding of its side', () => {
    const { items } = decode([...handshake(), sent('server', hex('8106 6161')), gap(5), sent('server', hex('810162'))]);
    expect(only(items, 'gap')).toMatchObject([{ isBridged: false }]);
    expect(only(items, 'frame')).toMatchObject([{ received: 2 }]);
    expect(only(items, 'remark').map(({ code }) => code)).toEqual(['cut-off', 'not-decoded', 'not-decoded']);
  });

  test('before the first byte only moves the offsets', () => {
    const { items } = decode([gap(100), sent('server', hex('810162'))]);
    expect(only(items, 'frame')).toMatchObject([{ offset: 100 }]);
  });
});

describe('bytes that are no WebSocket', () => {
  test.each([
    ['TLS records', 'client', hex('160301020001'), 'tls', /encrypted by TLS/],
    ['HTTP/2', 'client', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'http2', /HTTP\/2/],
    ['another protocol', 'server', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), 'foreign', /begins with "SSH-"/],
  ] as const)('as %s are named', (_, from, bytes, code, expected) => {
    const { items, summary } = decode([sent(from, Uint8Array.from(bytes))]);
    expect(only(items, 'remark')[0]).toMatchObject({ code, note: expect.stringMatching(expected) });
    expect(only(items, 'frame')).toEqual([]);
    expect(summary.isFine).toBe(false);
  });

  test('such as other requests on the same connection are passed over', () => {
    const { summary } = decode([
      sent('client', head('GET / HTTP/1.1', 'Host: a')),
      sent('server', `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`),
      ...handshake(),
      sent('client', encodeFrame('client', OPCODE.TEXT, 'x')),
    ]);
    expect(summary).toMatchObject({ handshake: 'open', sides: { client: { messages: 1 } } });
  });

  test('such as the tunnel through a proxy are passed over', () => {
    const { summary } = decode([
      sent('client', head('CONNECT example.com:80 HTTP/1.1', 'Host: example.com:80')),
      sent('server', head('HTTP/1.1 200 Connection established')),
      ...handshake(),
    ]);
    expect(summary).toMatchObject({ handshake: 'open', mistakes: [] });
  });
});

describe('the summary', () => {
  test('names who closed, with what, and counts both sides', () => {
    const [request, response] = handshake();
    const close = encodeClosePayload(4001, 'bye');
    const { summary } = decode([
      { ...request!, time: 1_000 },
      { ...response!, time: 1_010 },
      sent('client', encodeFrame('client', OPCODE.TEXT, 'hello'), 1_020),
      sent('server', encodeFrame('server', OPCODE.PING, 'p'), 6_000),
      sent('client', encodeFrame('client', OPCODE.PONG, 'p'), 6_030),
      sent('server', encodeFrame('server', OPCODE.CLOSE, close), 7_000),
      sent('client', encodeFrame('client', OPCODE.CLOSE, encodeClosePayload(4001)), 7_010),
      { type: 'end', from: 'server', time: 7_020, how: 'fin' },
      { type: 'end', from: 'client', time: 7_030, how: 'fin' },
    ]);
    expect(summary).toMatchObject({
      handshake: 'open',
      isClean: true,
      code: 4001,
      codeName: 'private use',
      closes: [
        { from: 'server', code: 4001, reason: 'bye', time: 7_000 },
        { from: 'client', code: 4001, reason: '', time: 7_010 },
      ],
      ends: [{ from: 'server' }, { from: 'client' }],
      ...{ start: 1_000, opened: 1_010, last: 7_030, longestSilence: { length: 4_980, from: 1_020 } },
      sides: {
        client: { frames: 3, messages: 1, messageBytes: 5, pongs: 1, pings: 0, unanswered: 0, roundTrips: undefined },
        server: {
          frames: 2,
          messages: 0,
          pings: 1,
          unanswered: 0,
          roundTrips: { count: 1, least: 30, most: 30, mean: 30 },
        },
      },
    });
    expect(summary.verdict).toBe(
      'The connection opened; the server closed it with 4001 (private use, "bye"), and the client answered.',
    );
  });

  test.each<[string, WireEvent[], string, boolean]>([
    [
      'TCP ended without a Close frame',
      [...handshake(), { type: 'end', from: 'server', time: undefined, how: 'reset' }],
      'The connection opened; the server reset the TCP connection without a Close frame, so applications see 1006.',
      false,
    ],
    [
      'no answer',
      [sent('client', head(...REQUEST)), { type: 'end', from: 'server', time: undefined, how: 'fin' }],
      'The server did not answer the handshake, and the server ended the TCP connection.',
      false,
    ],
    [
      'a refusal',
      [sent('client', head(...REQUEST)), sent('server', head('HTTP/1.1 403 Forbidden', 'Content-Length: 0'))],
      'The server refused the handshake: it answered 403 Forbidden instead of 101.',
      false,
    ],
    [
      'a 101 without Upgrade',
      [sent('client', head(...REQUEST)), sent('server', head(...RESPONSE.filter(line => !line.startsWith('Upgrade'))))],
      "The server's 101 is not valid, so clients close the connection. Wrong in the response: Upgrade is missing (§4.1).",
      false,
    ],
    [
      'a 101 with a mistake that clients overlook',
      [sent('client', head(...REQUEST)), sent('server', head(...RESPONSE, 'Content-Length: 0'))],
      'The response breaks a rule. Wrong in the response, in `Content-Length: 0`: a 101 has no body: frames follow (RFC 9110 §8.6). The connection opened; its end is not in the capture.',
      false,
    ],
    [
      'a response that is cut off',
      [sent('client', head(...REQUEST)), sent('server', 'HTTP/1.1 101 Switching Pro')],
      'The response of the server is cut off.',
      false,
    ],
    [
      'interim responses alone',
      [
        sent('client', head(...REQUEST)),
        sent('server', head('HTTP/1.1 100 Continue') + head('HTTP/1.1 102 Processing')),
      ],
      'The server sent only interim responses (2).',
      false,
    ],
    [
      'an answer in TLS',
      [sent('client', head(...REQUEST)), sent('server', hex('15030100020246'))],
      'The server answers in TLS: its port is for wss:.',
      false,
    ],
    [
      'an answer in HTTP/2',
      [sent('client', head(...REQUEST)), sent('server', hex('000012040000000000'))],
      'The server speaks neither HTTP nor WebSocket: it begins with 00.',
      false,
    ],
    [
      'data after a Close frame',
      [...handshake(), sent('server', hex('8800 810161')), sent('client', encodeFrame('client', OPCODE.CLOSE, ''))],
      'The server sent a data frame after its Close frame. The server closed the connection without a code, and the client answered.',
      false,
    ],
    ['nothing', [], 'There are no bytes to explain.', false],
    ['an open connection', handshake(), 'The connection opened; its end is not in the capture.', true],
  ])('says in one sentence: %s', (_, events, verdict, isFine) => {
    expect(decode(events).summary).toMatchObject({ verdict, isFine });
  });

  test('counts messages of a source without frames', () => {
    const { summary, items } = decode([
      { type: 'message', from: 'client', time: 1, opcode: 1, data: Uint8Array.from(Buffer.from('hi')) },
      { type: 'message', from: 'server', time: 2, opcode: 8, data: encodeClosePayload(1000) },
    ]);
    expect(items.map(({ type }) => type)).toEqual(['message', 'message']);
    expect(summary).toMatchObject({
      handshake: 'unknown',
      closes: [{ code: 1000 }],
      sides: { client: { messages: 1 } },
    });
  });
});

describe('the way in which bytes are cut', () => {
  test.each([
    [300, [1, 2, 7]],
    [70_000, [100, 16_384]],
  ])('does not matter for a payload of %i bytes', async (length, sizes) => {
    const [payload] = await compressed('hello hello');
    const client = concat(Buffer.from(head(...REQUEST, ...DEFLATE)));
    const server = concat(
      Buffer.from(head(...RESPONSE, ...DEFLATE)),
      encodeFrame('server', OPCODE.TEXT, payload!, true, RSV1),
      rawFrame({ opcode: 2, payload: new Uint8Array(length) }),
      rawFrame({ opcode: 9, payload: 'p', lengthBytes: 2 }),
    );
    const whole = decode([sent('client', client), sent('server', server)]);
    expect(only(whole.items, 'violation')).toMatchObject([{ violation: { code: 'LENGTH_NOT_MINIMAL' } }]);
    for (const size of sizes) {
      const pieces = [
        ...inPieces(client, size).map(piece => sent('client', piece)),
        ...inPieces(server, size).map(piece => sent('server', piece)),
      ];
      expect(decode(pieces)).toEqual(whole);
    }
  });
});
