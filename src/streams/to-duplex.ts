import { Duplex } from 'node:stream';
import type { Message, MessageIterator } from '../connection/inbox.js';
import type { Sendable } from '../connection/payload.js';
import { WebSocketConnection } from '../connection/websocket-connection.js';
import { ConnectionLostError, invalidType } from '../errors.js';
import { isError } from '../host-values.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import { nextTick } from '../timers.js';

/** Options of toDuplex(). */
export interface DuplexOptions {
  /**
   * Whether each chunk that is read is one message. By default, the stream is a sequence of bytes: messages are joined,
   * and text is read as UTF-8.
   */
  readonly objectMode?: boolean;
}

const DUPLEX_OPTION_NAMES: OptionNames<DuplexOptions> = { objectMode: true };

type Callback = (error?: Error | null) => void;

/**
 * Returns a connection as a Duplex of node:stream, for example for pipeline().
 *
 *     await pipeline(createReadStream('video.mp4'), toDuplex(connection));
 *
 * Each chunk that is written is sent as one message: a string as text, anything else as binary. Backpressure works in
 * both directions.
 *
 *     end()               starts the closing handshake after everything written. `finish` follows when it is complete.
 *     the peer closes     `end` follows after the last message. Later writes fail.
 *     connection lost     the stream is destroyed with the cause
 *     destroy(error)      closes the connection with 1011
 *     destroy()           terminates the connection
 *
 * A WebSocket has no half-close: after end(), only messages that are on their way still arrive. While the stream
 * exists, it must be the only reader of the connection.
 *
 * @throws {TypeError} if an argument has the wrong type
 */
export function toDuplex(connection: WebSocketConnection, options: DuplexOptions = {}): Duplex {
  if (!(connection instanceof WebSocketConnection)) {
    throw invalidType('connection', 'a WebSocketConnection', connection);
  }
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  checkOptionNames(options, DUPLEX_OPTION_NAMES);
  const { objectMode = false } = options;
  if (typeof objectMode !== 'boolean') throw invalidType('objectMode', 'a boolean', objectMode);
  return new ConnectionStream(connection, objectMode);
}

class ConnectionStream extends Duplex {
  readonly #connection: WebSocketConnection;
  readonly #messages: MessageIterator;

  constructor(connection: WebSocketConnection, objectMode: boolean) {
    // Without `decodeStrings: false`, a string would become a Buffer, and be sent as binary.
    super({ objectMode, decodeStrings: false, allowHalfOpen: false });
    this.#connection = connection;
    this.#messages = connection[Symbol.asyncIterator]();
    // Waits for a message at once, so that the loss of the connection destroys the stream even if it is not read.
    this.read(0);
  }

  override _read(): void {
    this.#messages.next().then(
      // In a separate tick, so that a listener that throws does not cause a rejection.
      ({ done, value }) => (done === true ? void this.#ended() : nextTick(() => this.#deliver(value))),
      cause => this.destroy(cause),
    );
  }

  #deliver(message: Message): void {
    if (this.readableObjectMode) this.push(message);
    // An empty chunk does not complete a call of _read().
    else if (message.length === 0) this._read();
    else this.push(typeof message === 'string' ? Buffer.from(message) : message);
  }

  async #ended(): Promise<void> {
    const { dropped } = await this.#connection.closed;
    if (dropped === 0) this.push(null);
    else this.destroy(new ConnectionLostError(`${dropped} messages that arrived after end() were not read in time`));
  }

  override _write(chunk: Sendable, encoding: string, callback: Callback): void {
    const message = typeof chunk === 'string' ? toText(chunk, encoding) : chunk;
    let isTaken: boolean | undefined;
    try {
      isTaken = this.#connection.send(message);
    } catch (error) {
      callback(error as Error);
      return;
    }
    if (isTaken === true) callback();
    else void this.#whenDrained(callback);
  }

  async #whenDrained(callback: Callback): Promise<void> {
    const isOpen = await this.#connection.drained();
    const cause = isOpen ? null : await this.#failure();
    nextTick(() => callback(cause));
  }

  async #failure(): Promise<Error> {
    const { cause } = await this.#connection.closed;
    return cause ?? new ConnectionLostError('the peer has closed the connection, so nothing can be written');
  }

  override _final(callback: Callback): void {
    void this.#connection.close().then(({ cause }) => nextTick(() => callback(cause ?? null)));
  }

  override _destroy(error: Error | null, callback: Callback): void {
    if (isError(error)) void this.#connection.close(1011);
    else if (this.#connection.state === 'open') this.#connection.terminate();
    void this.#messages.return?.();
    callback(error);
  }
}

/** Returns a written string as it is, unless it is bytes in another encoding: `write('ff', 'hex')`. */
function toText(chunk: string, encoding: string): string | Buffer {
  const isText = encoding === 'utf8' || encoding === 'utf-8' || !Buffer.isEncoding(encoding);
  return isText ? chunk : Buffer.from(chunk, encoding);
}
