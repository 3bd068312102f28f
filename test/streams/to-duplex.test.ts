import { once } from 'node:events';
import { Readable, Transform, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, createPair } from '../../src/index.js';
import { toDuplex } from '../../src/streams/index.js';
import { connectedPair, connectionAndPeer } from '../helpers/connections.js';
import { FRAMES } from '../helpers/frames.js';
import { openServer } from '../helpers/open-server.js';
import { turns } from '../helpers/turns.js';

async function chunksOf(stream: Readable): Promise<unknown[]> {
  const chunks: unknown[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('reading', () => {
  test('is a stream of bytes by default: messages are joined, and text is UTF-8', async () => {
    const { client, server } = connectedPair();
    const stream = toDuplex(client);
    server.send('grüße, ');
    server.send('');
    server.send(Buffer.from([1, 2]));
    void server.close(1000);
    expect(Buffer.concat((await chunksOf(stream)) as Buffer[])).toEqual(
      Buffer.concat([Buffer.from('grüße, '), Buffer.from([1, 2])]),
    );
  });

  test('in object mode, a chunk is a message, even an empty one', async () => {
    const { client, server } = connectedPair();
    const stream = toDuplex(client, { objectMode: true });
    server.send('text');
    server.send('');
    server.send(Buffer.from([1]));
    void server.close(1000);
    expect(await chunksOf(stream)).toEqual(['text', '', Buffer.from([1])]);
  });

  test('messages that arrived before are read too', async () => {
    const { client, server } = connectedPair();
    server.send('early');
    await server.flushed();
    void server.close();
    expect(String((await chunksOf(toDuplex(client)))[0])).toBe('early');
  });

  test('slows the peer down while the stream is not read', async () => {
    const { client, server } = connectedPair({ maxUnreadBytes: 1_000, highWaterMark: 1_000 });
    const stream = toDuplex(client);
    const sender = toDuplex(server);
    for (let i = 0; i < 100; i++) sender.write(Buffer.alloc(10_000));
    await turns(200);
    expect(sender.writableLength).toBeGreaterThan(500_000);
    sender.end();
    expect(Buffer.concat((await chunksOf(stream)) as Buffer[]).length).toBe(1_000_000);
  });

  test('destroys the stream with the cause if the connection is lost, after the messages before', async () => {
    const { connection, peer } = connectionAndPeer('client');
    const stream = toDuplex(connection, { objectMode: true });
    peer.send(FRAMES.server.text('a'), FRAMES.server.illegal());
    const chunks: unknown[] = [];
    stream.on('data', chunk => chunks.push(chunk));
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ name: 'ProtocolError' });
    expect(chunks).toEqual(['a']);
  });

  test('destroys the stream with the cause even if nobody reads', async () => {
    const { client, server } = connectedPair();
    const stream = toDuplex(client);
    server.terminate();
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ code: 'WS101_CONNECTION_LOST' });
  });

  test('messages that were dropped after end() are an error, not an end', async () => {
    const { connection, peer } = connectionAndPeer('client', { maxUnreadBytes: 100, maxUnreadMessages: 2 });
    const stream = toDuplex(connection, { objectMode: true });
    stream.end();
    await peer.saw(1);
    // One more than the high-water mark of an object stream, and than what the connection keeps.
    for (let i = 0; i < 40; i++) peer.send(FRAMES.server.text('x'.repeat(100)));
    peer.send(FRAMES.server.close(1000));
    peer.socket.end();
    await connection.closed;
    await expect(chunksOf(stream)).rejects.toThrow(/messages that arrived after end\(\) were not read in time/);
  });
});

describe('writing', () => {
  async function framesOf(objectMode: boolean, ...writes: Array<[unknown, BufferEncoding?]>): Promise<string[]> {
    const { connection, peer } = connectionAndPeer('client');
    const stream = toDuplex(connection, { objectMode });
    for (const [chunk, encoding] of writes) stream.write(chunk, encoding as BufferEncoding);
    return await peer.saw(writes.length);
  }

  test('sends a message per chunk: a string as text, bytes as binary', async () => {
    expect(await framesOf(false, ['text'], [Buffer.from('abc')], [new Uint8Array(2)], ['ffff', 'hex'])).toEqual([
      'text "text"',
      'binary 3',
      'binary 2',
      'binary 2',
    ]);
  });

  test('in object mode, sends everything that send() accepts', async () => {
    expect(await framesOf(true, ['text'], [new ArrayBuffer(4)], [new Blob(['blob'])])).toEqual([
      'text "text"',
      'binary 4',
      'binary 4',
    ]);
  });

  test('a chunk that cannot be sent destroys the stream and closes with 1011', async () => {
    const { client, server } = connectedPair();
    const stream = toDuplex(client, { objectMode: true });
    stream.write(1);
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ code: 'WS101_INVALID_ARGUMENT' });
    expect(await server.closed).toMatchObject({ code: 1011 });
  });

  test('end() finishes when the closing handshake is complete', async () => {
    const { connection, peer } = connectionAndPeer('client');
    const stream = toDuplex(connection);
    stream.end('last');
    expect(await peer.saw(2)).toEqual(['text "last"', 'close']);
    expect(stream.writableFinished).toBe(false);
    peer.send(FRAMES.server.text('still on its way'), FRAMES.server.close());
    peer.socket.end();
    await once(stream, 'finish');
    expect(String(stream.read())).toBe('still on its way');
  });

  test('end() fails if the closing handshake fails', async () => {
    const { connection } = connectionAndPeer('client', { closeTimeout: 20 });
    const stream = toDuplex(connection);
    stream.end();
    await expect(finished(stream)).rejects.toMatchObject({ code: 'WS101_CLOSE_TIMEOUT' });
  });

  test('fails after the peer has closed', async () => {
    const { client, server } = connectedPair();
    const stream = toDuplex(client);
    await server.close(1000);
    stream.write('late');
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({
      code: 'WS101_CONNECTION_LOST',
      message: expect.stringMatching(/the peer has closed/),
    });
  });
});

describe('the end', () => {
  test('when the peer closes, both sides end and the stream closes without an error', async () => {
    const { client, server } = connectedPair();
    const stream = toDuplex(client);
    stream.resume();
    const events: string[] = [];
    for (const event of ['end', 'finish', 'error', 'close']) stream.on(event, () => events.push(event));
    void server.close(1000);
    await once(stream, 'close');
    expect(events).toEqual(['end', 'finish', 'close']);
  });

  test('destroy() terminates the connection, destroy(error) closes it with 1011', async () => {
    const pair = connectedPair();
    toDuplex(pair.client).destroy();
    expect(await pair.server.closed).toMatchObject({ code: 1006, wasClean: false });
    const other = connectedPair();
    const stream = toDuplex(other.client);
    stream.on('error', () => {});
    stream.destroy(new Error('mine'));
    expect(await other.server.closed).toMatchObject({ code: 1011 });
  });

  test('a pipeline whose source fails closes the connection with 1011', async () => {
    const { client, server } = connectedPair();
    const source = Readable.from(
      (async function* () {
        yield 'a';
        throw new Error('no more');
      })(),
    );
    await expect(pipeline(source, toDuplex(client))).rejects.toThrow('no more');
    expect(await server.closed).toMatchObject({ code: 1011 });
  });

  test('a pipeline whose sink fails closes the connection with 1011', async () => {
    const { client, server } = connectedPair();
    const sink = new Writable({ write: (_chunk, _encoding, callback) => callback(new Error('full')) });
    server.send('a');
    await expect(pipeline(toDuplex(client), sink)).rejects.toThrow('full');
    expect(await server.closed).toMatchObject({ code: 1011 });
  });

  test('a pipeline from a connection to itself echoes', async () => {
    const { client, server } = connectedPair();
    const stream = toDuplex(server);
    const upper = new Transform({
      transform: (chunk, _encoding, callback) => callback(null, Buffer.from(String(chunk).toUpperCase())),
    });
    const echo = pipeline(stream, upper, stream);
    client.send('hello');
    expect(String((await client[Symbol.asyncIterator]().next()).value)).toBe('HELLO');
    await client.close(1000);
    await echo;
  });
});

test('wrong arguments throw', async () => {
  const [client] = await createPair();
  expect(() => toDuplex({} as never)).toThrow(/connection must be a WebSocketConnection/);
  expect(() => toDuplex(client, 1 as never)).toThrow(/options must be an object/);
  expect(() => toDuplex(client, { objectmode: true } as never)).toThrow(/did you mean 'objectMode'/);
  expect(() => toDuplex(client, { objectMode: 1 } as never)).toThrow(/objectMode must be a boolean/);
  client.terminate();
});

test('a pipeline of 1 GiB has flat memory', { timeout: 120_000 }, async () => {
  const chunk = Buffer.alloc(65_536, 'x');
  const count = 1_073_741_824 / chunk.length;
  const { port, server } = await openServer();
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  /** What is held. How much garbage waits besides depends on the machine. `external` includes ArrayBuffers. */
  const held = () => {
    for (let i = 0; i < 3; i++) collectGarbage();
    const { external, heapUsed } = process.memoryUsage();
    return external + heapUsed;
  };
  let received = 0;
  let measured = 0;
  let most = 0;
  const arrived = once(server, 'connection').then(([connection]) =>
    pipeline(
      toDuplex(connection),
      new Writable({
        write(piece, _encoding, callback) {
          received += piece.length;
          if (received - measured > 32 * 1024 * 1024) {
            measured = received;
            most = Math.max(most, held());
          }
          callback();
        },
      }),
    ),
  );
  const client = await connect(`ws://127.0.0.1:${port}/`);
  onTestFinished(() => client.terminate());
  const before = held();
  let made = 0;
  const source = new Readable({
    read() {
      this.push(made++ < count ? chunk : null);
    },
  });
  await pipeline(source, toDuplex(client));
  await arrived;
  expect(received).toBe(1_073_741_824);
  expect(measured).toBeGreaterThan(1_000_000_000);
  expect(most - before).toBeLessThan(16 * 1024 * 1024);
});
