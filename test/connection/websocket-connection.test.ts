import { expect, test } from 'vitest';
import { WebSocketConnection } from '../../src/connection/websocket-connection.js';
import { transportOf } from '../../src/transport/transport.js';
import { connectionAndPeer } from '../helpers/connections.js';
import { duplexPair } from '../helpers/duplex-pair.js';

test('has the results of the opening handshake, and needs no settings', async () => {
  const [socket] = duplexPair();
  const transport = { remoteAddress: '192.0.2.7', remotePort: 4711 };
  const connection = new WebSocketConnection(transportOf(socket, transport), {
    role: 'server',
    subprotocol: 'chat',
    extensions: 'x-test; a=1',
  });
  expect(connection).toMatchObject({
    role: 'server',
    subprotocol: 'chat',
    extensions: 'x-test; a=1',
    transport,
    state: 'open',
    bufferedAmount: 0,
    latency: undefined,
    isPaused: false,
  });
  connection.terminate();
  await connection.closed;
});

test.each(['sendStream', 'drained', 'flushed', 'ping'] as const)(
  '%s() rejects if its options are wrong',
  async method => {
    const { connection } = connectionAndPeer();
    const call = (options: unknown) =>
      method === 'sendStream'
        ? connection.sendStream(['x'], options as never)
        : method === 'ping'
          ? connection.ping('x', options as never)
          : connection[method](options as never);
    await expect(call(null)).rejects.toThrow(TypeError);
    await expect(call(null)).rejects.toThrow(/options.*an object/);
    await expect(call('signal')).rejects.toThrow(/options.*an object/);
    await expect(call({ signal: 5 })).rejects.toThrow(/signal.*an AbortSignal/);
    connection.terminate();
  },
);
