import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type CloseInfo, type ServerOptions, type WebSocketConnection, WebSocketServer } from '../../../src/index.js';

/** Our echo server, and what it saw. */
export interface EchoServer {
  readonly server: WebSocketServer;
  readonly port: number;
  readonly url: string;
  /** How the first connection ended. */
  readonly closed: Promise<CloseInfo>;
  /** The payloads of the Pings that arrived, as text. */
  readonly pings: readonly string[];
}

/**
 * Opens our echo server on a free port of 127.0.0.1, until the test finishes. The text `close CODE REASON` makes it
 * close, `ping TEXT` makes it ping and send `pong TEXT` when the Pong arrives, `fragments` makes it send `one two
 * three` in three frames.
 */
export async function startEchoServer(options: ServerOptions = {}): Promise<EchoServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => server.close({ timeout: 0 }));
  const echo = watch(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const scheme = options.tls === undefined ? 'ws' : 'wss';
  return { server, port, url: `${scheme}://127.0.0.1:${port}/`, ...echo };
}

/** Makes our server echo. */
export function watch(server: WebSocketServer): Pick<EchoServer, 'closed' | 'pings'> {
  const pings: string[] = [];
  const closed = new Promise<CloseInfo>(resolve => {
    server.on('connection', connection => {
      connection.on('message', data => answer(connection, data));
      connection.on('ping', payload => pings.push(payload.toString()));
      connection.on('close', resolve);
    });
  });
  return { closed, pings };
}

async function answer(connection: WebSocketConnection, data: string | Buffer): Promise<void> {
  const [command, argument = '', ...rest] = typeof data === 'string' ? data.split(' ') : [];
  if (command === 'close') {
    await connection.close(Number(argument), rest.join(' '));
  } else if (command === 'ping') {
    const latency = await connection.ping(argument);
    connection.send(latency === undefined ? 'no pong' : `pong ${argument}`);
  } else if (command === 'fragments') {
    await connection.sendStream(['one ', 'two ', 'three']);
  } else {
    connection.send(data);
  }
}
