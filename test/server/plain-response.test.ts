import http from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { connect, type PlainRequest, type ServerOptions, WebSocketServer } from '../../src/index.js';
import { openServer } from '../helpers/open-server.js';

/** Sends a request, and returns the response with its body. */
function request(port: number, options: http.RequestOptions = {}): Promise<[http.IncomingMessage, string]> {
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: '127.0.0.1', port, agent: false, ...options }, async response => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve([response, body]);
    });
    sent.on('error', reject).end();
  });
}

const health: ServerOptions = { respond: ({ path }) => (path === '/health' ? { body: 'ok' } : undefined) };

describe('respond', () => {
  test('answers a GET that asks for no WebSocket', async () => {
    const { port, refusals } = await openServer(health);
    const [response, body] = await request(port, { path: '/health?full' });
    expect([response.statusCode, response.headers['content-type'], response.headers.connection, body]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'close',
      'ok',
    ]);
    expect(refusals).toEqual([]);
  });

  test('answers HEAD without the body', async () => {
    const { port } = await openServer(health);
    const [response, body] = await request(port, { path: '/health', method: 'HEAD' });
    expect([response.statusCode, body]).toEqual([200, '']);
  });

  test('gets the request', async () => {
    const requests: PlainRequest[] = [];
    const { port } = await openServer({
      respond: request => {
        requests.push(request);
        return { status: 503, reason: 'Draining', headers: { 'Retry-After': '5', 'Content-Type': 'text/html' } };
      },
    });
    const [response] = await request(port, { path: '/a?b=c', headers: { 'X-Probe': '1' } });
    expect([response.statusCode, response.statusMessage]).toEqual([503, 'Draining']);
    expect(response.headers).toMatchObject({ 'retry-after': '5', 'content-type': 'text/html', 'content-length': '0' });
    expect(requests[0]).toMatchObject({ method: 'GET', path: '/a', query: 'b=c', host: `127.0.0.1:${port}` });
    expect(requests[0]?.headers.get('X-Probe')).toBe('1');
  });

  test('may answer 204, which has no body', async () => {
    const { port } = await openServer({ respond: () => ({ status: 204, body: 'ignored' }) });
    const [response, body] = await request(port);
    expect([response.statusCode, response.headers['content-length'], body]).toEqual([204, undefined, '']);
  });

  test('answers a client that offers h2c with every request', async () => {
    const { port } = await openServer(health);
    const headers = { Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' };
    const [response, body] = await request(port, { path: '/health', headers });
    expect([response.statusCode, body]).toEqual([200, 'ok']);
  });

  test('that returns undefined refuses the request as before', async () => {
    const { port, refusals } = await openServer(health);
    const [response] = await request(port, { path: '/other' });
    expect(response.statusCode).toBe(426);
    expect(refusals.map(([status]) => status)).toEqual([426]);
  });

  test.each([
    ['a target that is no path', { path: '*' }],
    ['another method', { method: 'POST', path: '/health' }],
    ['an upgrade that is not valid', { path: '/health', headers: { Upgrade: 'websocket', Connection: 'Upgrade' } }],
  ])('is not asked about %s', async (_, options) => {
    const respond = vi.fn();
    const { port, refusals } = await openServer({ respond });
    await request(port, options);
    expect(respond).not.toHaveBeenCalled();
    expect(refusals).toHaveLength(1);
  });

  test('does not affect connections', async () => {
    const { port } = await openServer(health);
    const connection = await connect(`ws://127.0.0.1:${port}/health`);
    expect((await connection.close()).wasClean).toBe(true);
  });

  test.each<[string, unknown, string]>([
    ['throws', () => JSON.parse('{'), 'respond() failed'],
    ['returns a promise', async () => ({ body: 'late' }), 'synchronously'],
    ['returns a status below 200', () => ({ status: 101 }), 'status must be an integer from 200 to 599, got 101'],
    ['returns a wrong body', () => ({ body: 5 }), 'body must be a string, got 5'],
    ['returns an unknown property', () => ({ text: 'a' }), "unknown option 'text'"],
    ['returns a header that cannot be sent', () => ({ headers: { 'a b': 'c' } }), 'headers'],
    ['returns a reason that cannot be sent', () => ({ reason: 'a\nb' }), 'reason must be'],
    ['returns no object', () => 5, 'the response must be an object, got 5'],
  ])('that %s answers 500, and is reported', async (_, respond, message) => {
    const { port, failures } = await openServer({ respond: respond as () => undefined });
    const [response] = await request(port);
    expect(response.statusCode).toBe(500);
    expect(failures.map(([error]) => error.message)).toEqual([expect.stringContaining(message)]);
  });

  test.each([{ noServer: true }, { server: http.createServer() }])(
    'is refused with %o, which has its own answers',
    options => {
      expect(() => new WebSocketServer({ ...options, ...health })).toThrow(
        'respond works with port or socketPath only',
      );
    },
  );
});
