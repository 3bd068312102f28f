import type { CloseInfo } from '../../connection/close-info.js';
import type { WebSocketConnection } from '../../connection/websocket-connection.js';
import { CLOSE_CODE } from '../../framing/close-code.js';
import type { Link } from './link.js';
import type { UnsentMessage } from './unsent-queue.js';

/** A connection of this package. */
export class ConnectionLink implements Link {
  readonly #connection: WebSocketConnection;
  readonly opened: Promise<void> = Promise.resolve();
  readonly keepsMessages = true;

  constructor(connection: WebSocketConnection) {
    this.#connection = connection;
  }

  get closed(): Promise<CloseInfo> {
    return this.#connection.closed;
  }

  send({ data, options }: UnsentMessage): boolean | undefined {
    return this.#connection.send(data, options);
  }

  onDrain(listener: () => void): void {
    this.#connection.on('drain', listener);
  }

  forward(listener: (data: unknown, isBinary: boolean) => void): () => void {
    this.#connection.on('message', listener);
    return () => this.#connection.off('message', listener);
  }

  close(code?: number, reason?: string): void {
    void this.#connection.close(code, reason);
  }

  fail(): void {
    void this.#connection.close(CLOSE_CODE.INTERNAL_ERROR);
  }
}
