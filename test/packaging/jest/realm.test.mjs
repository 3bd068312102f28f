/** Runs under Jest, in each of its environments, with the package as it is installed (see ../jest.test.ts). jsdom's Blob cannot be read. */
import { Blob } from 'node:buffer';
import { once } from 'node:events';
import http from 'node:http';
import { connect, prepareMessage, WebSocketServer } from 'ws101';

const PERMESSAGE_DEFLATE = { threshold: 0, serverNoContextTakeover: false, clientNoContextTakeover: false };
const LARGE = 'ws101 under Jest; '.repeat(10_000);

/** What arrives at `receiver`, as text. */
async function texts(receiver, count) {
  const messages = [];
  for await (const message of receiver) {
    if (typeof message !== 'string') expect(Buffer.isBuffer(message)).toBe(true);
    if (messages.push(message.toString()) === count) break;
  }
  return messages;
}

test.each([
  ['plain', {}],
  ['compressed', { perMessageDeflate: PERMESSAGE_DEFLATE }],
])('a client and an attached server exchange messages of all kinds (%s)', async (_, options) => {
  const pages = http.createServer();
  const server = new WebSocketServer({ server: pages, ...options });
  const accepted = once(server, 'connection');
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const signal = new AbortController().signal;
  const client = await connect(new URL(`ws://127.0.0.1:${pages.address().port}/`), { signal, ...options });
  const [peer] = await accepted;
  for (const [sender, receiver] of [
    [client, peer],
    [peer, client],
  ]) {
    sender.send('grüße');
    sender.send(Buffer.from('Buffer'));
    sender.send(Uint8Array.of(0x75, 0x38));
    sender.send(Uint16Array.of(0x3631).buffer);
    sender.send(new Blob(['Blob']));
    sender.send(prepareMessage('prepared'));
    sender.send(Buffer.from(LARGE));
    expect(await sender.sendStream([Buffer.from('in '), Uint8Array.of(0x70)], { signal })).toBe(true);
    const expected = ['grüße', 'Buffer', 'u8', '16', 'Blob', 'prepared', LARGE, 'in p'];
    expect(await texts(receiver, expected.length)).toEqual(expected);
    expect(await sender.ping(Buffer.from('ping'))).toBeGreaterThanOrEqual(0);
  }
  expect(await client.close(1000)).toMatchObject({ code: 1000, wasClean: true });
  await server.close();
  pages.close();
});

test('keepalive pings', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', pingInterval: 50, pingTimeout: 5_000 });
  await once(server, 'listening');
  const client = await connect(`ws://127.0.0.1:${server.address().port}/`);
  const [payload] = await once(client, 'ping');
  expect(payload).toHaveLength(4);
  await server.close();
});

test('a signal ends an attempt to connect', async () => {
  const controller = new AbortController();
  controller.abort(new Error('no longer wanted'));
  await expect(connect('ws://127.0.0.1:1/', { signal: controller.signal })).rejects.toThrow('no longer wanted');
});
