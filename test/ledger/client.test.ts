/** Requirements for a client that no other test shows. */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../src/index.js';
import { switchingProtocols } from '../helpers/http-heads.js';
import { rawServer } from '../helpers/raw-peer.js';

describe('the opening handshake of a client', () => {
  test('sends nothing after its request until the response is complete [4.1-40]', async () => {
    const server = await rawServer();
    const connected = connect(`ws://127.0.0.1:${server.port}/`).then(connection => connection.send('sent'));
    const peer = await server.next();
    const response = switchingProtocols(await peer.head());
    peer.write(response.slice(0, -1));
    await wait(30);
    expect(peer.received).toHaveLength(0);
    peer.write(response.slice(-1));
    await connected;
    const [frame] = await peer.frames('client', 1);
    expect(frame!.payload.toString()).toBe('sent');
  });

  test('ends TCP without a frame if it fails [7.1.7-1] [7.2.1-1] [10.7-2]', async () => {
    const server = await rawServer(async peer => {
      const response = switchingProtocols(await peer.head());
      peer.write(response.replace('Connection: Upgrade', 'Connection: close'));
    });
    const failed = connect(`ws://127.0.0.1:${server.port}/`);
    await expect(failed).rejects.toMatchObject({ phase: 'response', status: 101 });
    const [peer] = server.peers;
    await peer!.gone;
    expect(peer!.received).toHaveLength(0);
  });
});

test('permessage-deflate is not used if it was offered and not accepted [9.1-6] [7692/6.1-2]', async () => {
  const server = await rawServer(async peer => peer.write(switchingProtocols(await peer.head())));
  const perMessageDeflate = { threshold: 0 };
  const connection = await connect(`ws://127.0.0.1:${server.port}/`, { perMessageDeflate });
  onTestFinished(() => connection.terminate());
  const text = 'again and '.repeat(500);
  connection.send(text);
  // The helper that reads frames knows no extension. It would throw for RSV1.
  const [frame] = await server.peers[0]!.frames('client', 1);
  expect(frame!.payload.toString()).toBe(text);
});

test('masking keys and Sec-WebSocket-Key come from node:crypto [5.3-3] [5.3-4] [10.3-1] [4.1-29]', async () => {
  const randomFillSync = vi.fn((bytes: Uint8Array) => bytes.fill(7));
  vi.doMock('node:crypto', async original => ({ ...(await original<object>()), randomFillSync }));
  vi.resetModules();
  onTestFinished(() => {
    vi.doUnmock('node:crypto');
    vi.resetModules();
  });
  const { randomMaskingKey } = await import('../../src/framing/masking-key.js');
  const { createKey } = await import('../../src/handshake/http1/key.js');
  expect(randomMaskingKey()).toBe(0x07070707);
  expect(createKey()).toBe(Buffer.alloc(16, 7).toString('base64'));
  expect(randomFillSync).toHaveBeenCalledTimes(2);
});
