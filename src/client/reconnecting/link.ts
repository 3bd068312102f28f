import type { CloseInfo } from '../../connection/close-info.js';
import type { UnsentMessage } from './unsent-queue.js';

/** How the connection of a Link ended. */
export type Ended = Pick<CloseInfo, 'code' | 'reason'> & Partial<Pick<CloseInfo, 'cause' | 'initiator'>>;

/** The common interface of both kinds of connection. */
export interface Link {
  /** Resolves when the connection can be used. Rejects if it closes first. */
  readonly opened: Promise<void>;
  /** Resolves when the connection has closed. Never rejects. */
  readonly closed: Promise<Ended>;
  /** Whether messages that arrive before forward() are kept. */
  readonly keepsMessages: boolean;
  /** Sends a message. Returns the same as WebSocketConnection.send(). */
  send(message: UnsentMessage): boolean | undefined;
  /** Calls `listener` when the connection takes messages again after send() returned false. */
  onDrain(listener: () => void): void;
  /** Calls `listener` with each message. Returns a function that stops it. */
  forward(listener: (data: unknown, isBinary: boolean) => void): () => void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
  /** Closes the connection because application code failed. */
  fail(): void;
}
