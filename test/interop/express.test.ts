import { once } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import express from 'express';
import session from 'express-session';
import { expect, onTestFinished, test } from 'vitest';
import { connect, HandshakeError, WebSocketServer } from '../../src/index.js';

type WithSession = IncomingMessage & { session: { user?: string } };

/** An application of Express where anyone can log in, with a WebSocket server as docs/server.md shows it. */
async function application() {
  type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
  const sessions = session({ secret: 'change me', resave: false, saveUninitialized: false });
  const loadSession = promisify(sessions as unknown as Middleware);
  const app = express();
  app.use(sessions);
  app.post('/login/:user', (request, response) => {
    Object.assign(request.session, { user: request.params.user });
    response.sendStatus(204);
  });
  const httpServer = app.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  const server = new WebSocketServer({
    server: httpServer,
    path: '/chat',
    authorize: async (request, { responseHeaders }) => {
      const incoming = request.incoming as WithSession;
      await loadSession(incoming, new ServerResponse(incoming));
      const { user } = incoming.session;
      responseHeaders.append('Set-Cookie', 'seen=1; HttpOnly');
      return user === undefined ? { status: 401 } : { user };
    },
  });
  server.on('connection', (connection, { incoming }) => {
    connection.send(`welcome, ${connection.context.user}, ${(incoming as WithSession).session.user}`);
  });
  onTestFinished(async () => {
    httpServer.close();
    await server.close();
  });
  const { port } = httpServer.address() as AddressInfo;
  return { http: `http://127.0.0.1:${port}`, url: `ws://127.0.0.1:${port}/chat` };
}

async function refusal(url: string, headers: Readonly<Record<string, string>>): Promise<HandshakeError> {
  const error = await connect(url, { headers }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HandshakeError);
  return error as HandshakeError;
}

test('the session of an Express login opens the WebSocket, and the 101 sets another cookie', async () => {
  const { http, url } = await application();
  const login = await fetch(`${http}/login/ada`, { method: 'POST' });
  const [cookie = ''] = login.headers.getSetCookie().map(line => line.split(';')[0]!);
  expect(cookie).toMatch(/^connect\.sid=/);
  const connection = await connect(url, { headers: { Cookie: cookie } });
  expect(connection.response!.headers.all('Set-Cookie')).toEqual(['seen=1; HttpOnly']);
  for await (const message of connection) {
    expect(message).toBe('welcome, ada, ada');
    break;
  }
});

test('no session, or one with a wrong signature, is refused with 401, without the cookie of the 101', async () => {
  const { url } = await application();
  for (const headers of [{}, { Cookie: 'connect.sid=s%3Amade-up.signature' }]) {
    const error = await refusal(url, headers);
    expect([error.status, error.headers.all('Set-Cookie')]).toEqual([401, []]);
  }
});
