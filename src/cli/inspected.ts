import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectOptions, dial, type ServerOptions, type TransportInfo, type WireTap } from '../index.js';
import { type Inspector, inspector } from '../tools/index.js';

/** Node publishes every socket that a server accepts here. */
const ACCEPTED = 'net.server.socket';

/** The inspector page for the connections of a server. */
export interface InspectedServer {
  readonly page: Inspector;
  readonly tap: NonNullable<ServerOptions['tap']>;
}

/**
 * Starts the inspector page for a server. It can send frames by hand, even those that the server itself would never
 * send, so they are written to the socket. The sockets of TLS are not published.
 *
 * @param html the page. Default: the one of the package
 */
export async function inspectServer(title: string, html?: string): Promise<InspectedServer> {
  const sockets = new Map<string, Socket>();
  const endpoints = new Map<number, string>();
  const accepted = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    const endpoint = endpointsOf(socket);
    sockets.set(endpoint, socket);
    socket.once('close', () => sockets.delete(endpoint));
  };
  const page = await inspector({
    title,
    page: html,
    send: { from: ['server'], send: (id, _, frame) => write(sockets.get(endpoints.get(id) ?? ''), id, frame) },
  });
  subscribe(ACCEPTED, accepted);
  let count = 0;
  return {
    page: {
      ...page,
      close: () => {
        unsubscribe(ACCEPTED, accepted);
        return page.close();
      },
    },
    tap: () => {
      const tap = page.tap('server');
      let id = 0;
      return {
        ...tap,
        connected: transport => {
          // As the page counts.
          id = ++count;
          // Below TLS, frames cannot be written.
          if (transport.tls === undefined) endpoints.set(id, endpointsOf(transport));
          tap.connected(transport);
        },
        closed: error => {
          endpoints.delete(id);
          tap.closed(error);
        },
      };
    },
  };
}

function endpointsOf({ localPort, remoteAddress, remotePort }: TransportInfo): string {
  return `${localPort} ${remoteAddress} ${remotePort}`;
}

/** The inspector page for the connection of a client. */
export interface InspectedClient {
  readonly page: Inspector;
  readonly tap: WireTap;
  readonly dial: NonNullable<ConnectOptions['dial']>;
}

/** Starts the inspector page for a client. It can send frames by hand. */
export async function inspectClient(title: string, html?: string): Promise<InspectedClient> {
  let socket: Duplex | undefined;
  const send = (id: number, _: unknown, frame: Uint8Array): void => {
    write(socket, id, frame);
    // The tap of a client sees only what the library sends.
    tap.sent(frame);
  };
  const page = await inspector({ title, page: html, send: { from: ['client'], send } });
  const tap = page.tap('client');
  return {
    page,
    tap,
    dial: async (...given) => {
      const transport = await dial(...given);
      socket = transport;
      return transport;
    },
  };
}

function write(socket: Duplex | undefined, id: number, frame: Uint8Array): void {
  if (socket === undefined || !socket.writable) throw new Error(`connection ${id} is closed, or cannot be written to`);
  socket.write(frame);
}
