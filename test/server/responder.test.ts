/** Another version of HTTP needs a Responder and no rule of its own for negotiation: here HTTP/2 (RFC 8441 §5). */
import { once } from 'node:events';
import http2, { type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { HeaderFields, type HeaderLine } from '../../src/handshake/header-fields.js';
import { negotiate, refusePath } from '../../src/handshake/negotiation.js';
import type { Refusal } from '../../src/handshake/refusal.js';
import type { AddressedRequest } from '../../src/handshake/request.js';
import { WebSocketConnection } from '../../src/index.js';
import { type HandshakeOwner, OpeningHandshake } from '../../src/server/opening-handshake.js';
import type { Responder } from '../../src/server/responder.js';
import { resolveServerOptions } from '../../src/server/settings.js';

const HTTP2_RESPONDER: Responder = {
  accept: (stream, _request, headers) => respond(stream, 200, headers),
  refuse: (stream, refusal) => {
    respond(stream, refusal.status, refusal.headers);
    stream.write(refusal.body);
  },
};

function respond(stream: Duplex, status: number, lines: Iterable<HeaderLine>): void {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of lines) headers[name.toLowerCase()] = [...(headers[name.toLowerCase()] ?? []), value];
  (stream as ServerHttp2Stream).respond({ ':status': status, ...headers });
}

function addressed(pseudo: IncomingHttpHeaders): AddressedRequest {
  const lines = Object.entries(pseudo).filter(([name]) => !name.startsWith(':')) as HeaderLine[];
  const headers = new HeaderFields(lines);
  const path = pseudo[':path']!;
  const host = pseudo[':authority']!;
  return { method: 'CONNECT', target: path, path, query: '', host, headers, origin: headers.get('Origin') };
}

/** Opens a server of node:http2 that takes WebSockets, and returns a client session and what the server refused. */
async function openHttp2() {
  const settings = resolveServerOptions<string>({
    noServer: true,
    path: '/chat',
    subprotocols: ['a'],
    authorize: (_request, { responseHeaders }) => {
      responseHeaders.append('Set-Cookie', 'x=1');
      responseHeaders.append('Set-Cookie', 'y=2');
      return 'ada';
    },
  });
  const refused: number[] = [];
  const owner: HandshakeOwner<string> = {
    settings,
    hasRoom: true,
    pending: new Set(),
    refusedSockets: new Set(),
    upgraded: (stream, { request, subprotocol, extensions }) => {
      const connection = new WebSocketConnection(stream, {
        role: 'server',
        subprotocol,
        extensions,
        context: request.context,
      });
      connection.on('message', data => connection.send(`${connection.context}: ${data}`));
      return connection;
    },
    taken() {},
    refused: ({ status }: Refusal) => void refused.push(status),
    handlerFailed() {},
  };
  const server = http2.createServer({ settings: { enableConnectProtocol: true } });
  server.on('stream', (stream, pseudo) => {
    const request = addressed(pseudo);
    const outcome = refusePath(request, settings.policy) ?? negotiate(request, settings.policy);
    new OpeningHandshake(stream, HTTP2_RESPONDER, owner).decide(outcome, new Uint8Array(0), request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    session.destroy();
    server.close();
  });
  await once(session, 'remoteSettings');
  const open = async (headers: Record<string, string>) => {
    const stream = session.request(
      { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat', 'sec-websocket-version': '13', ...headers },
      { endStream: false },
    );
    const [response] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    return { stream, response };
  };
  return { open, refused };
}

test('a WebSocket opens over HTTP/2 with the status 200, and messages pass', async () => {
  const { open } = await openHttp2();
  const { stream, response } = await open({ 'sec-websocket-protocol': 'b, a' });
  expect(response).toMatchObject({
    ':status': 200,
    'sec-websocket-protocol': 'a',
    'set-cookie': ['x=1', 'y=2'],
  });
  expect(response).not.toHaveProperty('sec-websocket-accept');
  const client = new WebSocketConnection(stream, { role: 'client', subprotocol: 'a', extensions: '' });
  client.send('hello');
  expect((await once(client, 'message'))[0]).toBe('ada: hello');
  client.terminate();
});

test.each<[string, number, Record<string, string>]>([
  ['path', 404, { ':path': '/other' }],
  ['Origin', 403, { origin: 'https://evil.example' }],
  ['version', 426, { 'sec-websocket-version': '8' }],
])('the rule for the %s refuses over HTTP/2 with %i', async (_, status, headers) => {
  const { open, refused } = await openHttp2();
  const { response } = await open(headers);
  expect(response[':status']).toBe(status);
  expect(refused).toEqual([status]);
});
