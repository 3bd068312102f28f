import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as here from '../src/index.js';
import { libraryInRealm } from './helpers/foreign-realm.js';
import { httpServer } from './helpers/http-server.js';

type Library = typeof here;
type Options = here.ServerOptions & here.ConnectOptions;

const LARGE = Buffer.alloc(200_000, 'ws101 in another realm; ');
const COMPRESSED: Options = {
  perMessageDeflate: { threshold: 0, serverNoContextTakeover: false, clientNoContextTakeover: false },
};

/** Opens a server and a client of the same copy of the library, and connects them. */
async function connected(library: Library, options: Options = {}) {
  const server = new library.WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  onTestFinished(() => server.close({ timeout: 0 }));
  const accepted = once(server, 'connection');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = await library.connect(new URL(`ws://127.0.0.1:${port}/`), options);
  onTestFinished(() => client.terminate());
  return { server, client, peer: (await accepted)[0] as here.WebSocketConnection };
}

/** Returns the first `count` messages that arrive at `receiver`, as text. */
function textsAt(receiver: here.WebSocketConnection, count: number): Promise<string[]> {
  return new Promise(resolve => {
    const texts: string[] = [];
    receiver.on('message', data => {
      texts.push(data.toString());
      if (texts.length === count) resolve(texts);
    });
  });
}

describe.each([
  ['of the host', {}],
  // As in jest-environment-node.
  ['of the host, Uint8Array and ArrayBuffer', { Uint8Array, ArrayBuffer }],
  ['of the host, Promise and the errors', { Promise, Error, TypeError, RangeError, AggregateError }],
])('the library in another realm that shares the globals %s', async (_, globals) => {
  const library = await libraryInRealm(globals);

  test.each([
    ['plain', {}],
    ['compressed', COMPRESSED],
  ])('sends all kinds of data, in both roles (%s)', async (_, options) => {
    const { client, peer } = await connected(library, options);
    for (const [sender, receiver] of [
      [client, peer],
      [peer, client],
    ] as const) {
      const texts = textsAt(receiver, 8);
      sender.send('text');
      sender.send(Buffer.from('Buffer'));
      sender.send(new TextEncoder().encode('Uint8Array'));
      sender.send(Uint16Array.of(0x4948));
      sender.send(new TextEncoder().encode('ArrayBuffer').buffer);
      sender.send(new Blob(['Blob']));
      sender.send(library.prepareMessage(Buffer.from('prepared')));
      sender.send(LARGE);
      expect(await texts).toEqual([
        'text',
        'Buffer',
        'Uint8Array',
        'HI',
        'ArrayBuffer',
        'Blob',
        'prepared',
        LARGE.toString(),
      ]);
    }
    expect(await client.close(1000, 'done')).toMatchObject({ code: 1000, wasClean: true });
  });

  test.each([
    ['plain', {}],
    ['compressed', COMPRESSED],
  ])('sends streams of Buffers and streams of text (%s)', async (_, options) => {
    const { client, peer } = await connected(library, options);
    const texts = textsAt(peer, 2);
    expect(await client.sendStream([Buffer.from('in '), new TextEncoder().encode('parts')])).toBe(true);
    expect(
      await client.sendStream(
        (async function* () {
          yield* ['more ', 'parts'];
        })(),
      ),
    ).toBe(true);
    expect(await texts).toEqual(['in parts', 'more parts']);
  });

  test('measures the round trip of a Ping, with and without a payload', async () => {
    const { client } = await connected(library);
    expect(await client.ping()).toBeGreaterThanOrEqual(0);
    expect(await client.ping(Buffer.from('payload'))).toBeGreaterThanOrEqual(0);
  });

  test('sends keepalive Pings, which are answered', async () => {
    const { client, peer } = await connected(library, { pingInterval: 50, pingTimeout: 5_000 });
    await Promise.all([once(client, 'ping'), once(peer, 'ping')]);
    await expect.poll(() => client.latency).toBeGreaterThanOrEqual(0);
    expect(client.state).toBe('open');
  });

  test('accepts upgrades from a node:http server', async () => {
    const { server: pages, port } = await httpServer();
    const server = new library.WebSocketServer({ server: pages });
    server.on('connection', connection => connection.on('message', data => connection.send(data)));
    const client = await library.connect(`ws://127.0.0.1:${port}/`);
    client.send('hello');
    expect(await textsAt(client, 1)).toEqual(['hello']);
    await server.close({ timeout: 0 });
  });

  test('accepts AbortSignals of the outer realm', async () => {
    const { client } = await connected(library);
    const reason = new Error('no longer wanted');
    const endless = client.sendStream(
      (async function* (): AsyncGenerator<string> {
        await new Promise(() => {});
      })(),
      { signal: AbortSignal.abort(reason) },
    );
    await expect(endless).rejects.toBe(reason);
    const failed = library.connect('ws://127.0.0.1:1/', { signal: AbortSignal.abort(reason) });
    await expect(failed).rejects.toBe(reason);
  });

  test('reports the message of an error of the outer realm', async () => {
    const server = http.createServer().listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await expect(library.connect(`ws://localhost:${port}/`)).rejects.toMatchObject({
      phase: 'connect',
      message: expect.stringContaining('ECONNREFUSED'),
      hint: expect.stringContaining('nothing listens at this port'),
    });

    const { client, peer } = await connected(library);
    const fault = new Error('a fault in the outer realm');
    client.on('message', () => {
      throw fault;
    });
    const reported = once(client, 'handlerError');
    peer.send('x');
    expect(await reported).toMatchObject([{ cause: fault, message: expect.stringContaining(fault.message) }]);

    const other = await connected(library);
    const sent = other.client.sendStream(
      (async function* () {
        yield 'x';
        throw fault;
      })(),
    );
    await expect(sent).rejects.toBe(fault);
    expect((await other.client.closed).cause).toBe(fault);
  });

  test('throws a TypeError for values that are not messages', async () => {
    const { client } = await connected(library);
    for (const data of [5, {}, [], null, Promise.resolve('x')]) {
      expect(() => client.send(data as never)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'WS101_INVALID_ARGUMENT' }),
      );
    }
    expect(client.state).toBe('open');
  });
});

describe('two copies of the library', () => {
  test("accept each other's prepared messages", async () => {
    const other = await libraryInRealm();
    for (const [owner, sender] of [
      [other, here],
      [here, other],
    ]) {
      const { server, client, peer } = await connected(sender!, COMPRESSED);
      const [text, bytes] = [owner!.prepareMessage('text'), owner!.prepareMessage(Buffer.from('bytes'))];
      const texts = textsAt(client, 3);
      peer.send(text);
      peer.send(bytes);
      expect(server.broadcast(text)).toBe(1);
      expect(await texts).toEqual(['text', 'bytes', 'text']);
    }
  });
});
