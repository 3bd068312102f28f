import { expect, test } from 'vitest';
import { type ServerOptions, WebSocketServer } from '../../src/index.js';
import { request } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

/** Opens a server, sends a request, and returns the head of the response and the failures reported by `handlerError`. */
async function answerOf(options: ServerOptions<unknown>) {
  const { port, failures, requests } = await openServer(options);
  const peer = await rawConnect(port);
  peer.write(request());
  const head = await peer.head();
  return { head, lines: head.split('\r\n').slice(1, -2), failures, requests };
}

const OWN_HEADERS = ['Connection', 'upgrade', 'Sec-WebSocket-Accept', 'sec-websocket-x', 'Content-Length', 'Trailer'];

test('authorize() adds headers to the 101, with several lines of one name', async () => {
  const { head } = await answerOf({
    authorize: async (_request, { responseHeaders }) => {
      responseHeaders.append('Set-Cookie', 'a=1');
      responseHeaders.append('Set-Cookie', 'b=2');
      responseHeaders.append('X-Old', '1');
      responseHeaders.set('x-old', '2');
      return true;
    },
  });
  expect(head).toMatch(/^HTTP\/1\.1 101 /);
  expect(head).toContain('\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nx-old: 2\r\n\r\n');
  expect(head).not.toContain('X-Old');
});

test.each<[string, ServerOptions['headers']]>([
  ['an object', { 'Set-Cookie': ['a=1', 'b=2'] }],
  [
    'lines',
    [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ],
  ],
  ['a function', () => ({ 'Set-Cookie': ['a=1', 'b=2'] })],
])('the option headers, as %s, adds headers to the 101', async (_, headers) => {
  expect((await answerOf({ headers: headers! })).head).toContain('\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n');
});

test('the function headers() gets the request with its context, and may return nothing', async () => {
  const seen: unknown[] = [];
  const { head } = await answerOf({
    authorize: () => 'ada',
    headers: ({ path, context }) => void seen.push([path, context]),
  });
  expect(head).toMatch(/^HTTP\/1\.1 101 /);
  expect(seen).toEqual([['/chat', 'ada']]);
});

test('the headers of the option come before those of authorize()', async () => {
  const { head } = await answerOf({
    headers: { 'Set-Cookie': 'a=1' },
    authorize: (_request, { responseHeaders }) => {
      responseHeaders.append('Set-Cookie', 'b=2');
      return true;
    },
  });
  expect(head).toContain('\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n');
});

test('a refusal does not have these headers', async () => {
  const { head } = await answerOf({
    headers: { 'X-A': '1' },
    authorize: (_request, { responseHeaders }) => {
      responseHeaders.append('X-B', '2');
      return false;
    },
  });
  expect(head).toMatch(/^HTTP\/1\.1 403 /);
  expect(head).not.toMatch(/X-[AB]/);
});

test.each(OWN_HEADERS)('the constructor throws if the option headers has %s', name => {
  expect(() => new WebSocketServer({ noServer: true, headers: { [name]: 'x' } })).toThrow(RangeError);
});

test.each(OWN_HEADERS)('authorize() that sets %s fails, and the request is refused with 500', async name => {
  const { head, failures } = await answerOf({
    authorize: (_request, { responseHeaders }) => {
      responseHeaders.append(name, 'x');
      return true;
    },
  });
  expect(head).toMatch(/^HTTP\/1\.1 500 /);
  expect(failures[0]![0].message).toMatch(/^authorize\(\) failed: /);
  expect(failures[0]![0].cause).toBeInstanceOf(RangeError);
});

test.each<[string, () => unknown]>([
  ['returns Upgrade', () => ({ Upgrade: 'h2c' })],
  ['returns a line end', () => ({ 'X-A': 'a\r\nX-B: b' })],
  ['returns a promise', () => Promise.resolve({})],
  [
    'throws',
    () => {
      throw new Error('oops');
    },
  ],
])('headers() that %s fails, and the request is refused with 500', async (_, headers) => {
  const { head, failures } = await answerOf({ headers: headers as () => undefined });
  expect(head).toMatch(/^HTTP\/1\.1 500 /);
  expect(failures.map(([{ message }]) => message)).toEqual([expect.stringMatching(/^headers\(\) failed: /)]);
});
