import { describe, expect, test } from 'vitest';
import { collectMessages, connectedPair, connectionAndPeer } from '../helpers/connections.js';
import { turns } from '../helpers/turns.js';

/** A Blob whose bytes come, or whose read fails, when the test says so. */
class SlowBlob extends Blob {
  readonly ready: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => {}, reject: () => {} };
  readonly #wait = new Promise<void>((resolve, reject) => {
    this.ready.resolve = resolve;
    this.ready.reject = reject;
  });

  override async arrayBuffer(): Promise<ArrayBuffer> {
    await this.#wait;
    return super.arrayBuffer();
  }
}

describe('the order of messages', () => {
  test('is that of the calls, even if a message waits for its bytes [5.4-3]', async () => {
    const { client, server } = connectedPair();
    const messages = collectMessages(server);
    const slow = new SlowBlob(['2']);
    client.send('1');
    client.send(slow);
    client.send('3');
    const streamed = client.sendStream(['4', 'four']);
    client.send(new Blob(['5']));
    client.send(Buffer.from('6'));
    const closed = client.close(1000);
    await turns();
    expect(messages).toEqual(['1']);
    slow.ready.resolve();
    expect(await streamed).toBe(true);
    expect(await closed).toMatchObject({ code: 1000, wasClean: true });
    expect(messages.map(String)).toEqual(['1', '2', '3', '4four', '5', '6']);
  });

  test('is kept for bytes that the caller overwrites while they wait', async () => {
    const { client, server } = connectedPair();
    const messages = collectMessages(client);
    const slow = new SlowBlob(['1']);
    const bytes = Buffer.from('2');
    server.send(slow);
    server.send(bytes);
    bytes.fill('x');
    slow.ready.resolve();
    await server.close();
    expect(messages.map(String)).toEqual(['1', '2']);
  });

  test.each([
    ['1000', 1000],
    ['no code', undefined],
  ])('a Close frame with %s is answered after a Blob that was sent before', async (_, code) => {
    const { connection, peer } = connectionAndPeer();
    const slow = new SlowBlob(['last']);
    connection.send(slow);
    peer.send(peer.frames.close(code));
    await turns(5);
    expect(peer.seen).toEqual([]);
    slow.ready.resolve();
    expect(await connection.closed).toMatchObject({ wasClean: true, initiator: 'remote' });
    expect(peer.seen).toEqual(['binary 4', code === undefined ? 'close' : 'close 1000']);
  });

  test('ends with a Blob that cannot be read, which closes with 1011', async () => {
    const { client, server } = connectedPair();
    const messages = collectMessages(server);
    const slow = new SlowBlob(['lost']);
    client.send('before');
    client.send(slow);
    client.send('after');
    const streamed = client.sendStream(['after that']);
    slow.ready.reject(new Error('the file is gone'));
    expect(await client.closed).toMatchObject({
      sent: { code: 1011 },
      initiator: 'local',
      wasClean: true,
      cause: { message: 'the file is gone' },
    });
    expect(await streamed).toBe(false);
    expect(messages).toEqual(['before']);
    expect(client.bufferedAmount).toBe(0);
  });

  test('is not affected by a Blob that fails after the end', async () => {
    const { connection } = connectionAndPeer();
    const slow = new SlowBlob(['x']);
    connection.send(slow);
    connection.send('after');
    connection.terminate();
    const { cause } = await connection.closed;
    slow.ready.reject(new Error('too late'));
    await turns();
    expect(cause).toMatchObject({ code: 'WS101_TERMINATED' });
    expect(connection.bufferedAmount).toBe(0);
  });

  test('is reflected in bufferedAmount', async () => {
    const { connection, peer } = connectionAndPeer();
    const slow = new SlowBlob(['12345']);
    connection.send(slow);
    connection.send('€');
    connection.send(Buffer.alloc(10));
    expect(connection.bufferedAmount).toBe(5 + 3 + 10);
    slow.ready.resolve();
    await peer.saw(3);
    expect(connection.bufferedAmount).toBe(0);
    connection.terminate();
  });
});
