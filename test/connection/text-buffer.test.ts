import { describe, expect, test } from 'vitest';
import { connectedPair, connectionAndPeer, type Setup } from '../helpers/connections.js';
import { turns } from '../helpers/turns.js';

const SETUP: Setup = { text: 'buffer' };

describe("text: 'buffer'", () => {
  test('delivers text as a Buffer, and the second argument of message distinguishes it from binary', async () => {
    const { client, server } = connectedPair(SETUP);
    const received: unknown[] = [];
    server.on('message', (data, isBinary) => received.push(data, isBinary));
    client.send('größe');
    client.send(Buffer.from('bytes'));
    await turns();
    expect(received).toEqual([Buffer.from('größe'), false, Buffer.from('bytes'), true]);
    client.terminate();
  });

  test('delivers a message in fragments, and one that was kept for a listener', async () => {
    const { connection, peer } = connectionAndPeer('server', SETUP);
    const { frames } = peer;
    peer.send(frames.text('gr', false), frames.continuation(Buffer.from('öße')), frames.binary(Buffer.from('b')));
    await turns();
    const received: unknown[] = [];
    connection.on('message', (data, isBinary) => received.push(data, isBinary));
    await turns();
    expect(received).toEqual([Buffer.from('größe'), false, Buffer.from('b'), true]);
    connection.terminate();
  });

  test('fails the connection with 1007 for a text that is not UTF-8 (§8.1)', async () => {
    const { connection, peer } = connectionAndPeer('server', SETUP);
    peer.send(peer.frames.text(Buffer.from([0x61, 0xff]) as never));
    expect(await peer.saw(1)).toEqual([expect.stringContaining('close 1007')]);
    connection.terminate();
  });

  test('lets messages() distinguish text from binary', async () => {
    const { client, server } = connectedPair(SETUP);
    client.send('text');
    client.send(Buffer.from('bytes'));
    const received: unknown[] = [];
    void client.close();
    for await (const message of server.messages()) received.push(message);
    expect(received).toEqual([
      { type: 'text', data: Buffer.from('text') },
      { type: 'binary', data: Buffer.from('bytes') },
    ]);
  });
});

test("text: 'string' is the default: text is a string", async () => {
  const { client, server } = connectedPair();
  const received: unknown[] = [];
  const loop = (async () => {
    for await (const message of server.messages()) received.push(message);
  })();
  client.send('text');
  client.send(Buffer.from('bytes'));
  await turns();
  await client.close();
  await loop;
  expect(received).toEqual([
    { type: 'text', data: 'text' },
    { type: 'binary', data: Buffer.from('bytes') },
  ]);
});

test.each<[unknown, string]>([
  [null, 'options must be an object, got null'],
  [{ stream: 1 }, 'stream must be a boolean, got 1'],
  [{ streams: true }, "unknown option 'streams': did you mean 'stream'?"],
])('messages(%j) throws', (options, message) => {
  const { connection } = connectionAndPeer();
  expect(() => connection.messages(options as never)).toThrow(message);
  connection.terminate();
});
