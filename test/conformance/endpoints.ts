import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, type WebSocketConnection, WebSocketServer } from '../../src/index.js';
import type { Application, ConformanceCase } from './conformance-case.js';
import type { Endpoint, EndReport } from './tester.js';

/** Our client and our server, as the tester sees them. */

export const client: Endpoint = {
  role: 'client',
  connect: async (url, { application }) => serve(await connect(url), application),
};

export interface ServerEndpoint {
  readonly endpoint: Endpoint;
  close(): Promise<void>;
}

export async function startServer(): Promise<ServerEndpoint> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const expected = new Map<string, (connection: WebSocketConnection) => void>();
  server.on('connection', (connection, request) => {
    expected.get(request.target)?.(connection);
    expected.delete(request.target);
  });
  await once(server, 'listening');
  const attend = async (target: string, { application }: ConformanceCase): Promise<EndReport> =>
    new Promise(resolve => {
      expected.set(target, connection => void serve(connection, application).then(resolve));
    });
  const { port } = server.address() as AddressInfo;
  return { endpoint: { role: 'server', port, attend }, close: () => server.close() };
}

async function serve(connection: WebSocketConnection, application?: Application): Promise<EndReport> {
  connection.on('message', message => {
    if (application?.does === 'close') void connection.close(application.code, application.reason);
    else if (application?.does === 'stream') void connection.sendStream(piecesOf(message, application.pieceSize));
    else connection.send(message);
  });
  const { code, wasClean } = await connection.closed;
  return { code, wasClean };
}

async function* piecesOf(message: string | Buffer, size: number): AsyncGenerator<string | Buffer> {
  for (let at = 0; at < message.length; at += size) yield message.slice(at, at + size);
}
