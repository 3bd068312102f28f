import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ServerOptions, type WebSocketConnection, WebSocketServer } from '../index.js';

/** How long a sender waits for receivers that are behind, in milliseconds. */
const PATIENCE = 1_000;

/**
 * Starts an echo server: every message goes back, or with `broadcast` to all the others.
 *
 * @throws what is wrong with the options; by rejection, why it cannot listen
 */
export async function startEcho(options: ServerOptions, broadcast = false): Promise<WebSocketServer> {
  // Any page may connect, by any name: an echo has nothing to steal.
  const server = new WebSocketServer({ ...options, origins: '*' });
  const relay = new Relay(server.clients);
  server.on('connection', connection => {
    connection.on('message', data => {
      if (broadcast) relay.send(connection, data);
      else echo(connection, data);
    });
  });
  await once(server, 'listening');
  return server;
}

/** e.g. `ws://127.0.0.1:9001` */
export function urlOf(server: WebSocketServer, isSecure: boolean): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `${isSecure ? 'wss' : 'ws'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Who sends and does not read is not read from, until what waits for it has left: so memory stays flat. */
function echo(connection: WebSocketConnection, data: string | Buffer): void {
  if (!connection.send(data)) void pauseUntil(connection, connection.drained());
}

async function pauseUntil(sender: WebSocketConnection, ready: Promise<unknown>): Promise<void> {
  sender.pause();
  await ready;
  sender.resume();
}

/** Messages from one to all the others. */
class Relay {
  readonly #all: ReadonlySet<WebSocketConnection>;
  /** Those that made a sender wait in vain. Until they have caught up, nobody waits for them. */
  readonly #laggards = new Set<WebSocketConnection>();

  constructor(all: ReadonlySet<WebSocketConnection>) {
    this.#all = all;
  }

  /** Where receivers are behind, the sender waits for them a while: it must not flood them, and they must not stop the others. */
  send(sender: WebSocketConnection, data: string | Buffer): void {
    const behind: WebSocketConnection[] = [];
    for (const receiver of this.#all) {
      if (receiver !== sender && !receiver.send(data) && !this.#laggards.has(receiver)) behind.push(receiver);
    }
    if (behind.length > 0) void pauseUntil(sender, Promise.all(behind.map(receiver => this.#caughtUp(receiver))));
  }

  /** Resolves when the receiver has taken what waits for it, or after PATIENCE. */
  #caughtUp(receiver: WebSocketConnection): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(() => {
        this.#laggards.add(receiver);
        resolve();
      }, PATIENCE);
      void receiver.drained().then(() => {
        clearTimeout(timer);
        this.#laggards.delete(receiver);
        resolve();
      });
    });
  }
}
