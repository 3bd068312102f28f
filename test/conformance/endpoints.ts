import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, type WebSocketConnection, WebSocketServer } from '../../src/index.js';
import type { Application, CaseExtension, ConformanceCase } from './conformance-case.js';
import type { Endpoint, EndReport, ReadyServer } from './tester.js';

/** Our client and our server, as the tester uses them. */

export const client: Endpoint = {
  role: 'client',
  connect: async (url, { application, extension }) =>
    serve(await connect(url, { perMessageDeflate: extension?.settings ?? false }), application),
};

export interface ServerEndpoint {
  readonly endpoint: Endpoint;
  close(): Promise<void>;
}

/** Starts a server for the cases without an extension, and one for each set of extension options. */
export function serverEndpoint(): ServerEndpoint {
  const servers = new Map<CaseExtension['settings'] | undefined, Promise<WebSocketServer>>();
  const expected = new Map<string, (connection: WebSocketConnection) => void>();

  async function start(settings: CaseExtension['settings'] | undefined): Promise<WebSocketServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: settings ?? false });
    server.on('connection', (connection, request) => {
      expected.get(request.target)?.(connection);
      expected.delete(request.target);
    });
    await once(server, 'listening');
    return server;
  }

  async function prepare(target: string, { application, extension }: ConformanceCase): Promise<ReadyServer> {
    const settings = extension?.settings;
    const starting = servers.get(settings) ?? start(settings);
    servers.set(settings, starting);
    const { port } = (await starting).address() as AddressInfo;
    const report = new Promise<EndReport>(resolve => {
      expected.set(target, connection => void serve(connection, application).then(resolve));
    });
    return { port, report };
  }

  const close = async () => {
    await Promise.all([...servers.values()].map(async server => (await server).close()));
  };
  return { endpoint: { role: 'server', prepare }, close };
}

async function serve(connection: WebSocketConnection, application?: Application): Promise<EndReport> {
  connection.on('message', message => {
    if (application?.does === 'close') {
      void connection.close(application.code, application.reason);
      if (application.sendsAfterClose === true) connection.send(message);
    } else if (application?.does === 'stream') void connection.sendStream(piecesOf(message, application.pieceSize));
    else connection.send(message);
  });
  const { code, wasClean } = await connection.closed;
  return { code, wasClean };
}

async function* piecesOf(message: string | Buffer, size: number): AsyncGenerator<string | Buffer> {
  for (let at = 0; at < message.length; at += size) yield message.slice(at, at + size);
}
