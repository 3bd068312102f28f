import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { headerOf, request } from '../../helpers/http-heads.js';
import { openServer } from '../../helpers/open-server.js';
import { type RawPeer, rawConnect } from '../../helpers/raw-peer.js';

/** Reads a refusal to its end: head, body by its Content-Length, FIN. */
async function refusalOf(peer: RawPeer): Promise<{ status: number; head: string; body: string }> {
  const head = await peer.head();
  await peer.ended;
  expect(peer.received.length).toBe(Number(headerOf(head, 'Content-Length')));
  return { status: Number(head.slice(9, 12)), head, body: peer.text };
}

describe('a valid request', () => {
  test('is answered with the 101 of RFC 6455 §1.3 [4.2.2-1]', async () => {
    const { port, requests } = await openServer();
    const peer = await rawConnect(port);
    peer.write(request({ line: 'GET /chat?room=1 HTTP/1.1' }));
    expect(await peer.head()).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
    expect(requests[0]).toMatchObject({ target: '/chat?room=1', path: '/chat', query: 'room=1' });
  });

  test('byte by byte', async () => {
    const { port, requests } = await openServer();
    const peer = await rawConnect(port);
    for (const byte of request()) {
      peer.write(byte);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(await peer.head()).toContain(' 101 ');
    expect(requests).toHaveLength(1);
  });

  test('of 10,000 bytes, in many pieces', async () => {
    const { port } = await openServer();
    const peer = await rawConnect(port);
    const text = request({ add: [`X-Long: ${'x'.repeat(10_000)}`] });
    for (let i = 0; i < text.length; i += 997) {
      peer.write(text.slice(i, i + 997));
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(await peer.head()).toContain(' 101 ');
  });
});

describe('a refused request gets a complete response, and the connection ends [4.2.1-1] [7.2.2-1] [10.7-2] [10.7-4]', () => {
  test.each<[name: string, head: string, status: number, target: string | undefined]>([
    ['a plain GET', request({ set: { Upgrade: undefined, Connection: undefined } }), 426, '/chat'],
    ['another path', request({ line: 'GET /other HTTP/1.1' }), 404, '/other'],
    ['POST', request({ line: 'POST /chat HTTP/1.1' }), 405, '/chat'],
    ['HTTP/1.0', request({ line: 'GET /chat HTTP/1.0' }), 400, '/chat'],
    ['HTTP/2.0', request({ line: 'GET /chat HTTP/2.0' }), 505, '/chat'],
    ['no Host', request({ set: { Host: undefined } }), 400, '/chat'],
    ['two Hosts', request({ add: ['Host: server.example.com'] }), 400, '/chat'],
    ['a body', request({ add: ['Content-Length: 4'] }), 400, '/chat'],
    ['another version of the protocol', request({ set: { 'Sec-WebSocket-Version': '8' } }), 426, '/chat'],
    ['a page of another server', request({ set: { Origin: 'https://evil.example' } }), 403, '/chat'],
    ['bytes that are not HTTP', 'hello\r\n\r\n', 400, undefined],
    ['a target that is too long', `GET /${'x'.repeat(17_000)}`, 414, undefined],
    ['a head that is too large', request({ add: [`X: ${'x'.repeat(17_000)}`] }), 431, undefined],
    ['a TLS ClientHello', '\x16\x03\x01\x02\x00', 400, undefined],
  ])('%s', async (_name, head, status, target) => {
    const { port, refusals, details, connections } = await openServer({ path: '/chat' });
    const peer = await rawConnect(port);
    // Whatever comes behind is neither a frame nor a second request.
    peer.write(`${head}\x81\x80\x00\x00\x00\x00${request()}`);
    const answer = await refusalOf(peer);
    expect(answer.status).toBe(status);
    expect(headerOf(answer.head, 'Connection')).toMatch(/^close/);
    expect(refusals).toEqual([[status, target && expect.objectContaining({ target, transport: expect.anything() })]]);
    // What a rule of the server's own refuses, the operator is told more of than the client.
    const isOwnRule = status === 404 || status === 403;
    if (!isOwnRule) expect(Buffer.from(answer.body, 'latin1').toString()).toContain(details[0]);
    expect(connections).toEqual([]);
    peer.socket.end();
    await peer.closed;
  });

  test('a 426 names the version and the protocol [4.2.2-6] [4.4-1]', async () => {
    const { port } = await openServer();
    const peer = await rawConnect(port);
    peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const { head, body } = await refusalOf(peer);
    expect(headerOf(head, 'Upgrade')).toBe('websocket');
    expect(headerOf(head, 'Connection')).toBe('close, Upgrade');
    expect(headerOf(head, 'Sec-WebSocket-Version')).toBe('13');
    expect(body).toContain('WebSocket');
  });

  test('maxHeadSize and maxHeaderLines', async () => {
    const { port } = await openServer({ maxHeadSize: 300, maxHeaderLines: 6 });
    for (const [head, status] of [
      [request({ add: ['X: 1'] }), 101],
      [request({ add: ['X: 1', 'Y: 2'] }), 431],
      [request({ add: [`X: ${'x'.repeat(200)}`] }), 431],
    ] as const) {
      const peer = await rawConnect(port);
      peer.write(head);
      expect(await peer.head()).toContain(`HTTP/1.1 ${status} `);
    }
  });

  test('origins and hosts', async () => {
    const { port } = await openServer({ origins: ['https://a.example'], hosts: ['server.example.com'] });
    for (const [set, status] of [
      [{ Origin: 'https://a.example' }, 101],
      [{ Origin: 'https://a.example:8443' }, 403],
      [{ Origin: 'null' }, 403],
      [{ Origin: 'https://a.example', Host: 'rebound.example' }, 403],
    ] as const) {
      const peer = await rawConnect(port);
      peer.write(request({ set }));
      expect(await peer.head()).toContain(`HTTP/1.1 ${status} `);
    }
  });
});

describe('the deadline is absolute (408)', () => {
  test('no byte arrives', async () => {
    const { port, refusals, details } = await openServer({ handshakeTimeout: 30 });
    const peer = await rawConnect(port);
    expect(await refusalOf(peer)).toMatchObject({ status: 408 });
    expect(refusals).toEqual([[408, undefined]]);
    expect(details).toEqual(['The request did not arrive within handshakeTimeout.']);
  });

  test('bytes trickle', async () => {
    const { port } = await openServer({ handshakeTimeout: 100 });
    const peer = await rawConnect(port);
    const text = request();
    let sent = 0;
    const timer = setInterval(() => peer.write(text[sent++]!), 10);
    expect(await refusalOf(peer)).toMatchObject({ status: 408 });
    clearInterval(timer);
    expect(sent).toBeLessThan(50);
  });

  test('it ends with the request', async () => {
    const { port, connections } = await openServer({
      handshakeTimeout: 40,
      authorize: () => wait(80).then(() => true),
    });
    const peer = await rawConnect(port);
    peer.write(request());
    expect(await peer.head()).toContain(' 101 ');
    await wait(60);
    expect(connections[0]!.state).toBe('open');
  });
});

describe('a client that disconnects in the middle of its request', () => {
  test.each(['end', 'reset'] as const)('%s at every seventh byte: its socket is freed', async how => {
    const { port, server, refusals, connections } = await openServer();
    const text = request();
    for (let i = 0; i < text.length; i += 7) {
      const peer = await rawConnect(port);
      if (how === 'end') peer.socket.end(text.slice(0, i));
      else peer.socket.write(text.slice(0, i), () => peer.reset());
      await peer.closed;
    }
    await server.close({ timeout: 60_000 });
    expect(connections).toEqual([]);
    // One whose reset has not been noticed by now is refused by close().
    for (const [status] of refusals) expect(status).toBe(503);
  });
});

describe('a refused client', () => {
  test('that goes on sending is read for a while, so that it can receive the response', async () => {
    const { port } = await openServer();
    const peer = await rawConnect(port);
    peer.write(`POST / HTTP/1.1\r\nHost: a\r\n\r\n${'x'.repeat(500_000)}`);
    expect(await refusalOf(peer)).toMatchObject({ status: 405 });
    expect(peer.error).toBeUndefined();
  });

  test('that never ends its side is destroyed after a second', async () => {
    const { port, server } = await openServer();
    const peer = await rawConnect(port);
    peer.write('POST / HTTP/1.1\r\nHost: a\r\n\r\n');
    await peer.ended;
    const started = performance.now();
    await server.close({ timeout: 60_000 });
    expect(performance.now() - started).toBeGreaterThan(500);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
