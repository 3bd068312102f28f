import { randomBytes } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { FrameDecoder, type FrameHeader, RSV1 } from '../../src/framing/index.js';
import { PerMessageDeflate, resolvePerMessageDeflate } from '../../src/permessage-deflate/index.js';
import type { Role } from '../../src/protocol/options.js';
import { collectMessages, connectionAndPeer, connectionOver } from '../helpers/connections.js';
import { duplexPair } from '../helpers/duplex-pair.js';

describe('sendStream(source, { type })', () => {
  test('sends pieces that are bytes as one text, even if a character is cut between them', async () => {
    const { connection, peer } = connectionAndPeer();
    const bytes = Buffer.from('a€b');
    expect(await connection.sendStream([bytes.subarray(0, 2), bytes.subarray(2)], { type: 'text' })).toBe(true);
    await peer.saw(3);
    expect(peer.seenFrames.map(({ opcode }) => opcode)).toEqual([1, 0, 0]);
    expect(Buffer.concat(peer.seenFrames.map(({ payload }) => payload))).toEqual(bytes);
    connection.terminate();
  });

  test('sends pieces of text as binary', async () => {
    const { connection, peer } = connectionAndPeer();
    await connection.sendStream(['a\ud83d', '\ude00', '\ud83d'], { type: 'binary' });
    await peer.saw(4);
    expect(peer.seenFrames[0]!.opcode).toBe(2);
    expect(String(Buffer.concat(peer.seenFrames.map(({ payload }) => payload)))).toBe('a😀\ufffd');
    connection.terminate();
  });

  test('decides the type of an empty message', async () => {
    const { connection, peer } = connectionAndPeer();
    await connection.sendStream([], { type: 'text' });
    expect(await peer.saw(1)).toEqual(['text ""']);
    connection.terminate();
  });

  test('rejects a first piece that is not UTF-8, and leaves the connection open', async () => {
    const { connection, peer } = connectionAndPeer();
    await expect(connection.sendStream([Buffer.from([0xff])], { type: 'text' })).rejects.toThrow(
      expect.objectContaining({ name: 'RangeError', code: 'WS101_INVALID_ARGUMENT' }),
    );
    connection.send('open');
    expect(await peer.saw(1)).toEqual(['text "open"']);
    connection.terminate();
  });

  test.each<[string, Uint8Array[]]>([
    ['a later piece is not UTF-8', [Buffer.from('a'), Buffer.from([0xff])]],
    ['the last character is cut off', [Buffer.from('a€').subarray(0, 3)]],
  ])('rejects and closes with 1011 if %s', async (_, source) => {
    const { connection, peer } = connectionAndPeer();
    await expect(connection.sendStream(source, { type: 'text' })).rejects.toThrow(RangeError);
    expect((await peer.saw(2))[1]).toContain('close 1011');
    connection.terminate();
  });

  test.each<[unknown, string]>([
    [{ type: 'json' }, "type must be 'text' or 'binary', got \"json\""],
    [{ compress: 1 }, 'compress must be a boolean, got 1'],
    [{ sinal: undefined }, "unknown option 'sinal': did you mean 'signal'?"],
  ])('rejects the options %j', async (options, message) => {
    const { connection } = connectionAndPeer();
    await expect(connection.sendStream(['x'], options as never)).rejects.toThrow(message);
    connection.terminate();
  });
});

describe.each([false, true])('sendStream() with permessage-deflate (no context takeover: %j)', noTakeover => {
  const agreed = {
    serverNoContextTakeover: noTakeover,
    clientNoContextTakeover: noTakeover,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };
  const deflateFor = (role: Role) =>
    new PerMessageDeflate(role, agreed, resolvePerMessageDeflate({}, role)!, 16 * 2 ** 20);
  const setUp = () => {
    const [a, b] = duplexPair();
    const client = connectionOver(a, 'client', { deflate: deflateFor('client') });
    return { client, server: connectionOver(b, 'server', { deflate: deflateFor('server') }) };
  };

  test('arrives unchanged between other messages: text, bytes, small and large pieces', async () => {
    const { client, server } = setUp();
    const messages = collectMessages(server);
    const piece = randomBytes(50_000);
    const line = 'the same line again and again, größer 😀 ';
    client.send(line);
    void client.sendStream([line, '', 'a\ud83d', '\ude00', line.repeat(2_000), '\ud83d']);
    void client.sendStream([piece, piece.subarray(0, 100), piece]);
    void client.sendStream([]);
    client.send(line);
    await client.close();
    expect(messages[1] === `${line}a😀${line.repeat(2_000)}\ufffd`).toBe(true);
    expect((messages[2] as Buffer).equals(Buffer.concat([piece, piece.subarray(0, 100), piece]))).toBe(true);
    expect([messages[0], messages[3], messages[4]]).toEqual([line, Buffer.alloc(0), line]);
  });

  test('sends each piece compressed, and only the first frame has RSV1', async () => {
    const [socket, other] = duplexPair();
    const connection = connectionOver(socket, 'server', { deflate: deflateFor('server') });
    const frames: FrameHeader[] = [];
    const sink = {
      frameStart: (header: Readonly<FrameHeader>) => void frames.push({ ...header }),
      framePayload: () => undefined,
      frameEnd: () => undefined,
    };
    const decoder = new FrameDecoder(sink as never, { from: 'server', assignedRsv: RSV1 });
    other.on('data', (chunk: Buffer) => decoder.push(chunk));
    const piece = randomBytes(1_000);
    await connection.sendStream([piece, piece, piece]);
    await vi.waitUntil(() => frames.length === 4);
    expect(frames.map(({ rsv }) => rsv)).toEqual([RSV1, 0, 0, 0]);
    // The later pieces refer to the first one, and the last frame is the start of an empty block.
    expect(frames[1]!.payloadLength).toBeLessThan(100);
    expect(frames.map(({ fin, payloadLength }) => fin && payloadLength)).toEqual([false, false, false, 1]);
    connection.terminate();
  });

  test('keeps a context after the message only with context takeover', async () => {
    const [socket] = duplexPair();
    const deflate = deflateFor('server');
    const connection = connectionOver(socket, 'server', { deflate });
    expect(await connection.sendStream(['a piece'])).toBe(true);
    expect(deflate.contextSize > 0).toBe(!noTakeover);
    connection.terminate();
  });

  test('sends a message uncompressed with compress: false', async () => {
    const { connection, peer } = connectionAndPeer('server', { deflate: deflateFor('server') });
    await connection.sendStream(['aaaaaaaaaaaa'], { compress: false });
    expect(await peer.saw(2)).toEqual(['text- "aaaaaaaaaaaa"', 'continuation ""']);
    connection.terminate();
  });

  test('is received as a stream, each piece as it arrives', async () => {
    const { client, server } = setUp();
    const iterator = server.messages({ stream: true })[Symbol.asyncIterator]();
    let give: (piece: string) => void = () => {};
    async function* source() {
      for (;;) {
        const piece = await new Promise<string>(resolve => {
          give = resolve;
        });
        if (piece === '') return;
        yield piece;
      }
    }
    const sent = client.sendStream(source());
    give('one');
    const { value: message } = await iterator.next();
    const parts = message![Symbol.asyncIterator]();
    expect((await parts.next()).value).toBe('one');
    give('two');
    expect((await parts.next()).value).toBe('two');
    give('');
    expect(await sent).toBe(true);
    expect((await parts.next()).done).toBe(true);
    client.terminate();
  });

  test('is rejected and closes with 1011 if it is aborted while a piece is compressed', async () => {
    const { connection, peer } = connectionAndPeer('server', { deflate: deflateFor('server') });
    const controller = new AbortController();
    const sent = connection.sendStream([randomBytes(1_000_000)], { signal: controller.signal });
    await new Promise(resolve => setImmediate(resolve));
    controller.abort(new Error('enough'));
    await expect(sent).rejects.toThrow('enough');
    await peer.until(() => peer.seen.some(frame => frame.startsWith('close 1011')));
    connection.terminate();
  });
});
