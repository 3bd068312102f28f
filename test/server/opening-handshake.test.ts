import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { OPCODE } from '../../src/framing/opcode.js';
import type { WebSocketConnection } from '../../src/index.js';
import { headerOf, request } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

function text(message: string): Uint8Array {
  return encodeFrame('client', OPCODE.TEXT, message);
}

function gate(): { opened: Promise<true>; open: () => void } {
  let open = () => {};
  const opened = new Promise<true>(resolve => {
    open = () => resolve(true);
  });
  return { opened, open };
}

async function messagesOf(connection: WebSocketConnection, count: number): Promise<unknown[]> {
  const messages: unknown[] = [];
  for await (const message of connection) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}

describe('frames that arrive before the 101', () => {
  test('are delivered after `connection`, in order, if they are in the segment of the request', async () => {
    const { port, server } = await openServer();
    const events: unknown[] = [];
    server.on('connection', connection => {
      events.push('connection');
      connection.on('message', data => events.push(data));
    });
    const peer = await rawConnect(port);
    peer.write(Buffer.concat([Buffer.from(request()), text('one'), text('two')]));
    peer.write(text('three'));
    await expect.poll(() => events).toEqual(['connection', 'one', 'two', 'three']);
  });

  test('may be cut in the middle of a frame', async () => {
    const { port, server } = await openServer();
    const first = new Promise<unknown>(resolve => {
      server.on('connection', connection => connection.on('message', resolve));
    });
    const peer = await rawConnect(port);
    const frame = text('split');
    peer.write(Buffer.concat([Buffer.from(request()), frame.subarray(0, 4)]));
    await peer.head();
    peer.write(frame.subarray(4));
    expect(await first).toBe('split');
  });

  test('are all delivered, but reading stops at 64 KiB while authorize() decides', async () => {
    const { opened, open } = gate();
    const { port, connections } = await openServer({ authorize: () => opened });
    const peer = await rawConnect(port);
    const count = 600;
    const messages = Array.from({ length: count }, (_, i) => `${i} ${'x'.repeat(20_000)}`);
    peer.write(request());
    await wait(20);
    for (const message of messages) peer.write(text(message));
    // 12 MB: more than the kernel holds for a reader that has stopped.
    await wait(100);
    expect(peer.socket.writableLength).toBeGreaterThan(1_000_000);
    open();
    await peer.head();
    expect(await messagesOf(connections[0]!, count)).toEqual(messages);
  });

  test('are dropped if the request is refused', async () => {
    const { opened, open } = gate();
    const { port, connections } = await openServer({ authorize: () => opened.then((): false => false) });
    const peer = await rawConnect(port);
    peer.write(Buffer.concat([Buffer.from(request()), text('one'), Buffer.alloc(200_000)]));
    await wait(20);
    open();
    expect(await peer.head()).toContain(' 403 ');
    await peer.ended;
    expect(peer.error).toBeUndefined();
    expect(connections).toEqual([]);
  });

  test('fail the connection after the 101 if they are invalid [10.7-3]', async () => {
    const { port } = await openServer();
    const peer = await rawConnect(port);
    peer.write(Buffer.concat([Buffer.from(request()), Buffer.from([0x81, 0x01, 0x41])]));
    await peer.head();
    const [close] = await peer.frames('server', 1);
    expect(close).toMatchObject({ opcode: OPCODE.CLOSE });
    expect(close!.payload.readUInt16BE()).toBe(1002);
  });
});

describe('subprotocols', () => {
  const offering = (...names: string[]) => request({ set: { 'Sec-WebSocket-Protocol': names.join(', ') } });

  test.each<[supported: string[], offered: string[], chosen: string | undefined]>([
    [['a', 'b'], ['b', 'a'], 'b'],
    [['a', 'b'], ['x', 'a'], 'a'],
    [['a', 'b'], ['x'], undefined],
    [['a'], ['A'], undefined],
    [[], ['a'], undefined],
  ])('of %j, a client that offers %j gets %s [4.2.2-8] [4.2.2-9]', async (supported, offered, chosen) => {
    const { port, connections } = await openServer({ subprotocols: supported });
    const peer = await rawConnect(port);
    peer.write(offering(...offered));
    expect(headerOf(await peer.head(), 'Sec-WebSocket-Protocol')).toBe(chosen);
    expect(connections[0]!.subprotocol).toBe(chosen ?? '');
  });

  test('none is selected if the option is left out', async () => {
    const { port } = await openServer();
    const peer = await rawConnect(port);
    peer.write(offering('a'));
    expect(headerOf(await peer.head(), 'Sec-WebSocket-Protocol')).toBeUndefined();
  });

  test('a function chooses, knowing the request', async () => {
    const { port, connections } = await openServer({
      subprotocols: (offered, { path }) => offered.find(name => path.endsWith(name)),
    });
    for (const [line, chosen] of [
      ['GET /b HTTP/1.1', 'b'],
      ['GET /c HTTP/1.1', ''],
    ] as const) {
      const peer = await rawConnect(port);
      peer.write(request({ line, set: { 'Sec-WebSocket-Protocol': 'a, b' } }));
      await peer.head();
      expect(connections.at(-1)!.subprotocol).toBe(chosen);
    }
  });

  test.each<[name: string, choose: () => unknown, message: RegExp]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
      /^subprotocols\(\) failed: oops$/,
    ],
    [
      'chooses what was not offered',
      () => 'other',
      /^subprotocols\(\) failed: subprotocol must be one that the client offered/,
    ],
    [
      'returns a promise',
      async () => 'a',
      /^subprotocols\(\) failed: subprotocols\(\) must return a string or undefined synchronously, got a Promise$/,
    ],
    [
      'rejects',
      () => Promise.reject(new Error('oops')),
      /^subprotocols\(\) failed: subprotocols\(\) must return a string or undefined synchronously, got a Promise$/,
    ],
  ])('a function that %s causes a 500 and a handlerError', async (_name, choose, message) => {
    const { port, failures, refusals, connections } = await openServer({ subprotocols: choose as () => string });
    const peer = await rawConnect(port);
    peer.write(offering('a'));
    expect(await peer.head()).toContain(' 500 ');
    await peer.ended;
    expect(failures.map(([error]) => error.message)).toEqual([expect.stringMatching(message)]);
    expect(refusals).toEqual([[500, expect.objectContaining({ path: '/chat' })]]);
    expect(connections).toEqual([]);
  });

  test('a function that shuts down the server causes a 503', async () => {
    const { port, server, connections } = await openServer({
      subprotocols: offered => {
        void server.close();
        return offered[0];
      },
    });
    const peer = await rawConnect(port);
    peer.write(offering('a'));
    expect(await peer.head()).toContain(' 503 ');
    await peer.ended;
    expect(peer.text).not.toContain(' 101 ');
    await server.close();
    expect(connections).toEqual([]);
  });
});

describe('maxConnections', () => {
  test('one more connection is refused with 503 until one has closed', async () => {
    const { port, server, connections, refusals, details } = await openServer({ maxConnections: 2 });
    const ask = async () => {
      const peer = await rawConnect(port);
      peer.write(request());
      return (await peer.head()).slice(9, 12);
    };
    expect([await ask(), await ask(), await ask()]).toEqual(['101', '101', '503']);
    expect(refusals).toEqual([[503, expect.objectContaining({ path: '/chat' })]]);
    expect(details).toEqual(['The server has 2 connections, as many as maxConnections allows.']);
    expect(server.clients.size).toBe(2);
    connections[0]!.terminate();
    await connections[0]!.closed;
    expect(await ask()).toBe('101');
  });

  test('holds if several authorize() calls resolve at the same time', async () => {
    const { opened, open } = gate();
    let asked = 0;
    const { port, server } = await openServer({
      maxConnections: 1,
      authorize: () => {
        asked++;
        return opened;
      },
    });
    const peers = await Promise.all([1, 2, 3].map(() => rawConnect(port)));
    for (const peer of peers) peer.write(request());
    await expect.poll(() => asked).toBe(3);
    open();
    const statuses = await Promise.all(peers.map(async peer => (await peer.head()).slice(9, 12)));
    expect(statuses.sort()).toEqual(['101', '503', '503']);
    expect(server.clients.size).toBe(1);
  });

  test('0 refuses every request without calling authorize()', async () => {
    let asked = 0;
    const { port } = await openServer({ maxConnections: 0, authorize: () => void asked++ });
    const peer = await rawConnect(port);
    peer.write(request());
    expect(await peer.head()).toContain(' 503 ');
    expect(asked).toBe(0);
  });
});

test('Expect: 100-continue gets a 100 before the 101 (RFC 9110 §7.8)', async () => {
  const { port } = await openServer();
  const peer = await rawConnect(port);
  peer.write(request({ add: ['Expect: 100-continue'] }));
  expect(await peer.head()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  expect(await peer.head()).toContain(' 101 ');
});
