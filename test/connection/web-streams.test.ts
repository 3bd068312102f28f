import { describe, expect, test } from 'vitest';
import { connectedPair, connectionAndPeer } from '../helpers/connections.js';
import { FRAMES } from '../helpers/frames.js';
import { turns } from '../helpers/turns.js';

async function chunksOf<T>(stream: ReadableStream<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('connection.readable', () => {
  test('is made once', () => {
    const { client } = connectedPair();
    expect(client.readable).toBe(client.readable);
  });

  test('has a chunk per message, and ends after a clean close', async () => {
    const { client, server } = connectedPair();
    server.send('text');
    server.send(Buffer.from('bytes'));
    server.send('');
    void server.close(1000);
    expect(await chunksOf(client.readable)).toEqual(['text', Buffer.from('bytes'), '']);
  });

  test('fails with the cause if the connection is lost, after the messages that came before', async () => {
    const { connection, peer } = connectionAndPeer('client');
    peer.send(FRAMES.server.text('a'), FRAMES.server.illegal());
    const reader = connection.readable.getReader();
    expect(await reader.read()).toEqual({ done: false, value: 'a' });
    await expect(reader.read()).rejects.toMatchObject({ name: 'ProtocolError' });
  });

  test('stops the peer while nobody reads', async () => {
    const { client, server } = connectedPair({ maxUnreadBytes: 1_000, highWaterMark: 1_000 });
    const reader = client.readable.getReader();
    const writer = server.writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (; written < 100; written++) await writer.write(Buffer.alloc(10_000));
      await writer.close();
    })();
    await turns(200);
    const atRest = written;
    expect(atRest).toBeLessThan(50);
    let read = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      read += (value as Buffer).length;
    }
    await writing;
    expect([written, read]).toEqual([100, 1_000_000]);
  });

  test('cancel() closes the connection', async () => {
    const { client, server } = connectedPair();
    await client.readable.cancel();
    expect(await server.closed).toMatchObject({ code: 1005, wasClean: true });
  });
});

describe('connection.writable', () => {
  test('is made once', () => {
    const { client } = connectedPair();
    expect(client.writable).toBe(client.writable);
  });

  test('sends each chunk as a message, and close() does the closing handshake', async () => {
    const { client, server } = connectedPair();
    const received = chunksOf(server.readable);
    const writer = client.writable.getWriter();
    void writer.write('text');
    void writer.write(Uint8Array.of(1, 2));
    void writer.write(new Blob(['blob']));
    await writer.close();
    expect(await received).toEqual(['text', Buffer.from([1, 2]), Buffer.from('blob')]);
    expect(await client.closed).toMatchObject({ wasClean: true, initiator: 'local' });
  });

  test('a chunk that can not be sent fails the stream and closes the connection with 1011', async () => {
    const { client } = connectedPair();
    const writer = client.writable.getWriter();
    await expect(writer.write(1 as unknown as string)).rejects.toMatchObject({ code: 'WS101_INVALID_ARGUMENT' });
    await expect(writer.closed).rejects.toThrow(TypeError);
  });

  test('a source that fails closes the connection with 1011', async () => {
    const { client, server } = connectedPair();
    const source = new ReadableStream<string>({
      start(controller) {
        controller.enqueue('a');
      },
      pull() {
        throw new Error('no more');
      },
    });
    await expect(source.pipeTo(client.writable)).rejects.toThrow('no more');
    expect(await server.closed).toMatchObject({ code: 1011 });
  });

  test('fails when the peer closes, and when the connection is lost', async () => {
    const { client, server } = connectedPair();
    const writer = client.writable.getWriter();
    void server.close(1000);
    await expect(writer.closed).rejects.toMatchObject({ code: 'WS101_CONNECTION_LOST' });
    await expect(writer.write('late')).rejects.toMatchObject({ code: 'WS101_CONNECTION_LOST' });

    const other = connectionAndPeer('client');
    const lost = other.connection.writable.getWriter();
    other.connection.terminate();
    await expect(lost.closed).rejects.toMatchObject({ code: 'WS101_TERMINATED' });
  });

  test('close() rejects if the closing handshake fails', async () => {
    const { connection } = connectionAndPeer('client', { closeTimeout: 20 });
    const writer = connection.writable.getWriter();
    await expect(writer.close()).rejects.toMatchObject({ code: 'WS101_CLOSE_TIMEOUT' });
  });
});

test('an echo is a pipe', async () => {
  const { client, server } = connectedPair();
  const echo = server.readable.pipeTo(server.writable).catch((error: unknown) => error);
  client.send('a');
  client.send('b');
  const reader = client.readable.getReader();
  expect([(await reader.read()).value, (await reader.read()).value]).toEqual(['a', 'b']);
  void client.close(1000);
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  await echo;
  expect(await server.closed).toMatchObject({ code: 1000, wasClean: true });
});
