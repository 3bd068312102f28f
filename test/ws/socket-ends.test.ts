import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { WebSocket } from '../../src/ws/index.js';
import { next, open, serve } from './helpers.js';

describe('close()', () => {
  test('ends with 1006 if the socket was destroyed in the same turn', async () => {
    const { client } = await open();
    client._socket!.destroy();
    client.close(1000);
    expect((await next(client, 'close'))[0]).toBe(1006);
    expect(client._closeFrameSent).toBe(false);
  });
});

describe('the opening handshake', () => {
  test('refused with a status that HTTP does not define has an empty body', async () => {
    const { url } = await serve({
      verifyClient: (_: unknown, answer: (isVerified: boolean, code: number) => void) => answer(false, 799),
    });
    const client = new WebSocket(url);
    client.on('error', () => {});
    const [, response] = (await next(client, 'unexpected-response')) as [unknown, IncomingMessage];
    const body = await response.toArray();
    expect([response.statusCode, body]).toEqual([799, []]);
    client.terminate();
  });
});

describe('compressed messages', () => {
  test('that are larger than the buffer of the Receiver pause the socket, and all arrive', async () => {
    const perMessageDeflate = { threshold: 0 };
    const { client, peer } = await open({ client: { perMessageDeflate }, server: { perMessageDeflate } });
    const sent = Array.from({ length: 5 }, () => randomBytes(100_000));
    const received: Buffer[] = [];
    let pauses = 0;
    peer._socket!.on('pause', () => pauses++);
    peer.on('message', (data: Buffer) => received.push(data));
    for (const data of sent) client.send(data);
    client.close();
    expect((await next(peer, 'close'))[0]).toBe(1005);
    expect(received.map((data, i) => data.equals(sent[i]!))).toEqual([true, true, true, true, true]);
    expect(pauses).toBeGreaterThan(0);
  });
});
