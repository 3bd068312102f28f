import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ServerOptions, type WebSocketConnection, WebSocketServer } from '../index.js';

/** How long a sender waits for slow receivers, in milliseconds. */
const PATIENCE = 1_000;

/**
 * Starts a server that sends every message back, or with `broadcast` to all other clients.
 *
 * @throws if an option is wrong or the server cannot listen
 */
export async function startEcho(options: ServerOptions, broadcast = false): Promise<WebSocketServer> {
  // Pages of any origin may connect: an echo server has nothing to protect.
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

/** For example `ws://127.0.0.1:9001`. */
export function urlOf(server: WebSocketServer, isSecure: boolean): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `${isSecure ? 'wss' : 'ws'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Stops reading from a client that does not read its echoes, so that memory use stays flat. */
function echo(connection: WebSocketConnection, data: string | Buffer): void {
  if (!connection.send(data)) void pauseUntil(connection, connection.drained());
}

async function pauseUntil(sender: WebSocketConnection, ready: Promise<unknown>): Promise<void> {
  sender.pause();
  await ready;
  sender.resume();
}

/** Sends each message of one client to all others. */
class Relay {
  readonly #all: ReadonlySet<WebSocketConnection>;
  /** Receivers that took longer than PATIENCE. Senders do not wait for them until they have caught up. */
  readonly #laggards = new Set<WebSocketConnection>();

  constructor(all: ReadonlySet<WebSocketConnection>) {
    this.#all = all;
  }

  /**
   * Makes the sender wait a while for slow receivers: it must not flood them, and they must not block everyone else.
   */
  send(sender: WebSocketConnection, data: string | Buffer): void {
    const behind: WebSocketConnection[] = [];
    for (const receiver of this.#all) {
      if (receiver !== sender && !receiver.send(data) && !this.#laggards.has(receiver)) behind.push(receiver);
    }
    if (behind.length > 0) void pauseUntil(sender, Promise.all(behind.map(receiver => this.#caughtUp(receiver))));
  }

  /** Resolves when the receiver has taken what is queued for it, or after PATIENCE. */
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
