import { onTestFinished } from 'vitest';
import { type ReconnectingOptions, resolveReconnectingOptions } from '../../src/client/reconnecting/options.js';
import { ReconnectingClient } from '../../src/client/reconnecting/reconnecting-client.js';
import { HandshakeError, type WebSocketConnection } from '../../src/index.js';
import { connectedPair } from './connections.js';
import { FakeClock, settle } from './fake-clock.js';

/**
 * The server's side of a reconnecting client under test. The client connects to it in memory, and uses a fake clock.
 */
export class ReconnectingPeer {
  readonly clock = new FakeClock();
  /** The outcome of the next attempts: a connection, a refusal with this status, or this error. */
  answer: 'open' | number | Error = 'open';
  /** The times of the attempts. */
  readonly attempts: number[] = [];
  readonly servers: WebSocketConnection[] = [];
  readonly clients: WebSocketConnection[] = [];
  /** The messages that arrived, with the number of the connection. */
  readonly received: Array<readonly [connection: number, data: string]> = [];

  /** Opens one connection, as connect() would. */
  readonly open = async (): Promise<WebSocketConnection> => {
    this.attempts.push(this.clock.now());
    if (typeof this.answer === 'number') {
      throw new HandshakeError(`status ${this.answer}`, { phase: 'response', fault: 'peer', status: this.answer });
    }
    if (this.answer !== 'open') throw this.answer;
    const { client, server } = connectedPair();
    const number = this.servers.push(server);
    this.clients.push(client);
    server.on('message', data => this.received.push([number, String(data)]));
    return client;
  };

  /** The last connection. */
  get server(): WebSocketConnection {
    return this.servers.at(-1)!;
  }

  /** Creates a client that connects to this peer, and waits for its first attempt. */
  async client(options: ReconnectingOptions = {}): Promise<ReconnectingClient> {
    const client = this.created(options);
    await settle();
    return client;
  }

  /** Creates a client that has not made its first attempt. */
  created(options: ReconnectingOptions = {}): ReconnectingClient {
    const settings = resolveReconnectingOptions({ open: this.open, ...options });
    const client = new ReconnectingClient('ws://peer/', settings, this.clock);
    // Without a listener, a client that gives up is a warning.
    client.on('close', () => {});
    onTestFinished(() => void client.close());
    return client;
  }

  /** Ends the last connection without a closing handshake. */
  async lose(): Promise<void> {
    this.server.terminate();
    await settle();
  }

  /** Ends the last connection with a closing handshake. */
  async close(code?: number, reason?: string): Promise<void> {
    void this.server.close(code, reason);
    await settle();
  }
}
