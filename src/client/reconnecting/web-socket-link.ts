import { ConnectionLostError } from '../../errors.js';
import { CLOSE_CODE } from '../../framing/close-code.js';
import { isUint8Array } from '../../host-values.js';
import type { Ended, Link } from './link.js';
import type { UnsentMessage } from './unsent-queue.js';

/** A W3C WebSocket of a browser, of Node, of this package, or of another one. */
export interface WebSocketLike {
  readonly readyState: number;
  send(data: string | ArrayBufferView | ArrayBuffer | Blob): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
}

const [OPEN, CLOSED] = [1, 3];

/** The link of a W3C WebSocket, which reports neither backpressure nor why it failed. */
export class WebSocketLink implements Link {
  readonly #socket: WebSocketLike;
  readonly opened: Promise<void>;
  readonly closed: Promise<Ended>;
  readonly keepsMessages = false;
  #ended!: (ended: Ended) => void;

  constructor(socket: WebSocketLike) {
    this.#socket = socket;
    const { readyState } = socket;
    this.closed = new Promise(resolve => {
      this.#ended = resolve;
    });
    socket.addEventListener('close', event => {
      const { code, reason } = event as Event & Ended;
      this.#ended({ code, reason });
    });
    if (readyState === CLOSED) this.#ended({ code: CLOSE_CODE.ABNORMAL_CLOSURE, reason: '' });
    // Some implementations throw if an `error` event has no listener.
    socket.addEventListener('error', () => {});
    this.opened = readyState === OPEN ? Promise.resolve() : this.#untilOpen();
    this.opened.catch(() => {});
  }

  #untilOpen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.addEventListener('open', () => resolve());
      void this.closed.then(({ code, reason }) =>
        reject(new ConnectionLostError(`the WebSocket closed before it was open: ${code} ${reason}`.trimEnd())),
      );
    });
  }

  send({ data, options }: UnsentMessage): boolean | undefined {
    if (this.#socket.readyState !== OPEN) return undefined;
    try {
      this.#socket.send(typed(data, options?.type) as string | Uint8Array | Blob);
      return true;
    } catch (error) {
      // The arguments are right, so the connection is at fault. The message is for the next one.
      this.abandon(error);
      return undefined;
    }
  }

  onDrain(): void {}

  forward(listener: (data: unknown, isBinary: boolean) => void): () => void {
    const onMessage = (event: Event) => {
      const { data } = event as Event & { readonly data: unknown };
      listener(data, typeof data !== 'string');
    };
    this.#socket.addEventListener('message', onMessage);
    return () => this.#socket.removeEventListener('message', onMessage);
  }

  /** close() of a W3C WebSocket accepts 1000 and 3000 to 4999 only. Without another code, the peer gets 1005. */
  close(code?: number, reason?: string): void {
    if (code === CLOSE_CODE.NORMAL_CLOSURE || (code !== undefined && code >= 3_000)) this.#socket.close(code, reason);
    else this.#socket.close();
  }

  /** close() of a W3C WebSocket does not accept 1011. */
  fail(): void {
    this.#socket.close();
  }

  /**
   * Treats the connection as lost. A W3C WebSocket cannot be destroyed, and its closing handshake may take minutes to
   * fail.
   */
  abandon(cause: unknown): void {
    // First, because close() may fire the event, which knows no cause.
    this.#ended({ code: CLOSE_CODE.ABNORMAL_CLOSURE, reason: '', cause: cause as Error });
    this.#socket.close();
  }
}

/** A W3C WebSocket chooses the type of a message by the type of its data. */
function typed(data: UnsentMessage['data'], type: 'text' | 'binary' | undefined): UnsentMessage['data'] {
  if (type === 'text' && isUint8Array(data)) return new TextDecoder().decode(data);
  if (type === 'binary' && typeof data === 'string') return new TextEncoder().encode(data);
  return data;
}
