import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connect } from '../../src/client/connect.js';
import type { WebSocketConnection } from '../../src/connection/websocket-connection.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';
import { collectMessages, connectionAndPeer, connectionOver } from '../helpers/connections.js';
import { IS_MUTATION_RUN } from '../helpers/mutation-run.js';
import { tcpPair, tlsPair } from '../helpers/sockets.js';

/** Sizes around every threshold on the way out: copied at once, one slab, several slabs, one write, several writes. */
const SIZES = [1, 16_384, 16_385, 20_000, 65_000, 66_000, 300_000, IS_MUTATION_RUN ? 400_000 : 8 * 1024 * 1024];

/** What callers do to memory that they have just given to send(). */
const MISUSES: ReadonlyArray<[what: string, misuse: (bytes: Uint8Array<ArrayBuffer>) => void]> = [
  ['overwritten', bytes => void bytes.fill(0xee)],
  ['detached', bytes => void structuredClone(bytes.buffer, { transfer: [bytes.buffer] })],
];

const TRANSPORTS: ReadonlyArray<[string, () => Promise<[Duplex, Duplex]>]> = [
  ['TCP', tcpPair],
  ['TLS', tlsPair],
];

async function received(messages: unknown[], count: number): Promise<Buffer[]> {
  while (messages.length < count) await setImmediate();
  return messages as Buffer[];
}

describe.each(TRANSPORTS)('over %s', (_transport, makePair) => {
  describe.each(['client', 'server'] as const)('memory passed to send() of a %s', role => {
    test.each(MISUSES)('may be %s as soon as send() returns', async (_what, misuse) => {
      const [client, server] = await makePair();
      const [near, far] = role === 'client' ? [client, server] : [server, client];
      const sender = connectionOver(near, role);
      const receiver = connectionOver(far, role === 'client' ? 'server' : 'client');
      const messages = collectMessages(receiver);
      for (const size of SIZES) {
        const bytes = new Uint8Array(size).fill(size & 0x7f);
        sender.send(bytes);
        misuse(bytes);
        // The next message must not overwrite the payload before it.
        sender.send('between');
      }
      const all = await received(messages, 2 * SIZES.length);
      SIZES.forEach((size, i) => {
        const message = all[2 * i]!;
        expect([message.length, message.every(byte => byte === (size & 0x7f))]).toEqual([size, true]);
        expect(all[2 * i + 1]).toBe('between');
      });
      sender.terminate();
      receiver.terminate();
    });
  });
});

test('memory of a WebAssembly module may grow, and a resizable buffer may shrink, as soon as send() returns', async () => {
  const [near, far] = await tcpPair();
  const sender = connectionOver(near, 'server');
  const receiver = connectionOver(far, 'client');
  const messages = collectMessages(receiver);
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Memory: new (options: { initial: number }) => { buffer: ArrayBuffer; grow(pages: number): void } };
  };
  const memory = new WebAssembly.Memory({ initial: 4 });
  const view = new Uint8Array(memory.buffer, 0, 200_000).fill(1);
  sender.send(view);
  memory.grow(1);
  const Resizable = ArrayBuffer as unknown as new (
    size: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(size: number): void };
  const buffer = new Resizable(200_000, { maxByteLength: 400_000 });
  sender.send(new Uint8Array(buffer).fill(2));
  buffer.resize(10);
  const [first, second] = await received(messages, 2);
  expect([first!.length, first!.every(byte => byte === 1)]).toEqual([200_000, true]);
  expect([second!.length, second!.every(byte => byte === 2)]).toEqual([200_000, true]);
  sender.terminate();
  receiver.terminate();
});

describe.each(['client', 'server'] as const)('sendStream() of a %s', role => {
  test('copies each piece before it asks for the next, so that the source may reuse one buffer', async () => {
    const [client, server] = await tcpPair();
    const [near, far] = role === 'client' ? [client, server] : [server, client];
    const sender = connectionOver(near, role);
    const receiver = connectionOver(far, role === 'client' ? 'server' : 'client');
    const messages = collectMessages(receiver);
    const block = Buffer.alloc(20_000);
    await sender.sendStream(
      (function* () {
        for (let i = 0; i < 100; i++) yield block.fill(i);
      })(),
    );
    block.fill(0xee);
    const [message] = await received(messages, 1);
    const values = Array.from({ length: 100 }, (_, i) => message!.subarray(i * 20_000, (i + 1) * 20_000));
    expect(values.filter((part, i) => !part.every(byte => byte === i))).toEqual([]);
    sender.terminate();
    receiver.terminate();
  });
});

describe('memory passed to send() while another message is being sent', () => {
  const OCCUPATIONS: ReadonlyArray<[string, (connection: WebSocketConnection) => unknown]> = [
    ['a stream', connection => connection.sendStream(['x', 'y'])],
    ['a Blob', connection => connection.send(new Blob(['x']))],
  ];

  test.each(OCCUPATIONS)('%s: may be overwritten as soon as send() returns', async (_what, occupy) => {
    const { connection, peer } = connectionAndPeer('server');
    occupy(connection);
    const bytes = new Uint8Array([1, 2, 3]);
    connection.send(bytes);
    bytes.fill(9);
    await peer.until(() => peer.seenFrames.at(-1)?.payload.length === 3);
    expect([...peer.seenFrames.at(-1)!.payload]).toEqual([1, 2, 3]);
    connection.terminate();
  });
});

test('memory passed to send() of a connection that compresses may be overwritten, whatever its size', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 0 } });
  await once(server, 'listening');
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  const client = await connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    perMessageDeflate: { threshold: 0 },
  });
  const messages = collectMessages(client);
  for (const size of SIZES.slice(0, -1)) {
    const bytes = new Uint8Array(size).fill(size & 0x7f);
    client.send(bytes);
    bytes.fill(0xee);
  }
  const echoes = await received(messages, SIZES.length - 1);
  SIZES.slice(0, -1).forEach((size, i) => {
    expect([echoes[i]!.length, echoes[i]!.every(byte => byte === (size & 0x7f))]).toEqual([size, true]);
  });
  await client.close();
  await server.close();
});
