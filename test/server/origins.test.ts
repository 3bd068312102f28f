import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ServerOptions, WebSocketServer } from '../../src/index.js';
import { request } from '../helpers/http-heads.js';
import { openServer, type Watched, watch } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

type Opened = Watched<unknown> & { readonly port: number };

/** The same server on a port of its own, and on a server of node:http. */
const HOMES: ReadonlyArray<readonly [name: string, open: (options: ServerOptions) => Promise<Opened>]> = [
  ['on a port of its own', openServer],
  [
    'on a server of node:http',
    async options => {
      const server = http.createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo;
      return { ...watch(new WebSocketServer({ server, ...options })), port };
    },
  ],
];

async function answerOf(port: number, origin: string): Promise<{ status: number; body: string }> {
  const peer = await rawConnect(port);
  peer.write(request({ set: { Origin: origin } }));
  const status = Number((await peer.head()).slice(9, 12));
  if (status === 101) peer.socket.destroy();
  else await peer.ended;
  return { status, body: peer.text };
}

describe.each(HOMES)('%s', (_, open) => {
  test('`refused` has the request and the reason; the client learns only that its Origin is not allowed', async () => {
    const { port, refusals, details } = await open({ origins: ['https://app.example'] });
    const { status, body } = await answerOf(port, 'https://evil.example');
    expect(status).toBe(403);
    expect(refusals).toEqual([
      [403, expect.objectContaining({ origin: 'https://evil.example', host: 'server.example.com', path: '/chat' })],
    ]);
    expect(details[0]).toMatch(
      /Origin "https:\/\/evil\.example" is not in the option origins, \["https:\/\/app\.example"\]/,
    );
    expect(body).not.toContain('app.example');
  });

  test('the function `origins` decides, synchronously', async () => {
    const { port, requests, failures } = await open({ origins: origin => origin.endsWith('.example') });
    expect((await answerOf(port, 'https://a.example')).status).toBe(101);
    expect((await answerOf(port, 'https://a.evil')).status).toBe(403);
    expect(requests).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['throws', () => JSON.parse('a secret'), /^origins\(\) failed: .*JSON/],
    ['is asynchronous', async () => true, /^origins\(\) failed: origins\(\) must return true or false/],
    ['rejects', async () => Promise.reject(new Error('a secret')), /^origins\(\) failed: .*got a Promise/],
    ['returns undefined', () => undefined, /^origins\(\) failed: .*got undefined/],
  ])('a function that %s causes a 500 and a handlerError', async (_name, origins, message) => {
    const { port, failures, refusals, details, connections } = await open({ origins: origins as () => boolean });
    const { status, body } = await answerOf(port, 'https://a.example');
    expect(status).toBe(500);
    expect(body).toBe('The server failed.\n');
    expect(failures).toEqual([[expect.objectContaining({ message: expect.stringMatching(message) }), undefined]]);
    expect(refusals).toEqual([[500, expect.objectContaining({ path: '/chat' })]]);
    expect(details).toEqual(['origins() failed: see the handlerError event.']);
    expect(connections).toEqual([]);
  });

  test.each([true, false])(
    'one that closes the server and returns %s: 503 once, and authorize() is not asked',
    async answer => {
      let asked = 0;
      const { port, server, refusals, connections } = await open({
        origins: () => {
          void server.close();
          return answer;
        },
        authorize: () => ++asked,
      });
      const { status, body } = await answerOf(port, 'https://a.example');
      expect(status).toBe(503);
      expect(body).not.toContain('HTTP/1.1');
      await server.close();
      expect(refusals.map(([code]) => code)).toEqual([503]);
      expect([connections, asked]).toEqual([[], 0]);
    },
  );
});
