import { describe, expect, test, vi } from 'vitest';
import { connectedPair, connectionAndPeer } from '../helpers/connections.js';
import { turns } from '../helpers/turns.js';

describe('ping() (§5.5.2)', () => {
  test('resolves to the round trip in milliseconds, which becomes connection.latency', async () => {
    const { client, server } = connectedPair({}, { isAsync: true });
    expect(client.latency).toBeUndefined();
    const roundTrip = await client.ping();
    expect(roundTrip).toBeGreaterThan(0);
    expect(roundTrip).toBeLessThan(1_000);
    expect(client.latency).toBe(roundTrip);
    expect(server.latency).toBeUndefined();
    client.terminate();
  });

  test('sends the given payload in any form, or 4 bytes of its own [5.5.2-1]', async () => {
    const { connection, peer } = connectionAndPeer();
    const data = Buffer.from('data');
    for (const payload of ['text', data, new Uint8Array(2), undefined]) void connection.ping(payload);
    data.fill('x');
    await peer.saw(4);
    expect(peer.seen.slice(0, 2)).toEqual(['ping "text"', 'ping "data"']);
    expect(peer.seenFrames.map(frame => frame.payload.length)).toEqual([4, 4, 2, 4]);
    connection.terminate();
  });

  test('is answered by the Pong with its payload, which also answers earlier Pings', async () => {
    const { connection, peer } = connectionAndPeer();
    const answers = [connection.ping('1'), connection.ping('2'), connection.ping('3')];
    await peer.saw(3);
    peer.send(peer.frames.pong('2'));
    expect(await answers[0]).toBeGreaterThan(0);
    expect(await answers[1]).toBeGreaterThan(0);
    connection.terminate();
    expect(await answers[2]).toBeUndefined();
  });

  test('resolves to undefined after a Close frame of either side, and sends nothing', async () => {
    const { connection, peer } = connectionAndPeer();
    void connection.close();
    expect(await connection.ping('x')).toBeUndefined();
    expect(await peer.saw(1)).toEqual(['close']);
    connection.terminate();
    await connection.closed;
    expect(await connection.ping('x')).toBeUndefined();
  });

  test('resolves to undefined if the connection closes first', async () => {
    const { connection, peer } = connectionAndPeer();
    const answer = connection.ping();
    await peer.saw(1);
    peer.socket.destroy();
    expect(await answer).toBeUndefined();
  });

  test('rejects when aborted, before or during the wait, and leaves no listener on the signal', async () => {
    const { connection, peer } = connectionAndPeer();
    await expect(connection.ping('a', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    const controller = new AbortController();
    const aborted = connection.ping('b', { signal: controller.signal });
    expect(await peer.saw(1)).toEqual(['ping "b"']);
    controller.abort(new Error('meanwhile'));
    await expect(aborted).rejects.toThrow('meanwhile');
    peer.send(peer.frames.pong('b'));

    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    const answered = connection.ping('c', { signal });
    await peer.saw(2);
    peer.send(peer.frames.pong('c'));
    await answered;
    expect(remove).toHaveBeenCalledOnce();
    connection.terminate();
  });

  test('rejects for a payload that is too long or of another type, and sends nothing (§5.5)', async () => {
    const { connection, peer } = connectionAndPeer();
    await expect(connection.ping('é'.repeat(63))).rejects.toThrow(
      'data must have at most 125 bytes in a Ping (RFC 6455 §5.5), but has 126',
    );
    await expect(connection.ping(new Blob(['x']) as never)).rejects.toThrow(
      'data must be a string, a Buffer, an ArrayBufferView or an ArrayBuffer',
    );
    void connection.ping('é'.repeat(62));
    await peer.saw(1);
    expect(peer.seenFrames[0]!.payload).toHaveLength(124);
    connection.terminate();
  });

  test('does not delay messages', async () => {
    const { connection, peer } = connectionAndPeer();
    void connection.ping('p');
    connection.send('m');
    expect(await peer.saw(2)).toEqual(['ping "p"', 'text "m"']);
    await turns();
    connection.terminate();
  });
});
