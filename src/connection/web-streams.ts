import { ConnectionLostError } from '../errors.js';
import type { CloseInfo } from './close-info.js';
import type { Message } from './inbox.js';
import type { Sendable } from './payload.js';
import type { WebSocketConnection } from './websocket-connection.js';

/**
 * The differences between the streams of a connection and those of WebSocketStream. If a promise rejects, so does the
 * call of the stream.
 */
export interface StreamRules<Received, Sent> {
  /** Returns a message as a chunk. */
  receive(message: Message): Received;
  /** Returns a chunk as a message. Throws if it cannot be one. */
  send(chunk: Sent): Sendable;
  /** Called when the application cancels the stream of messages. */
  cancel(reason: unknown): Promise<unknown>;
  /** Called when the application has written everything. */
  close(): Promise<unknown>;
  /** Called when the application aborts its writing. */
  abort(reason: unknown): Promise<unknown>;
  /** Returns the error of a stream that can't continue because the connection has ended. */
  failure(info: CloseInfo): Error;
}

/** The rules of `connection.readable` and `connection.writable`. */
export function nativeRules(connection: WebSocketConnection): StreamRules<Message, Sendable> {
  return {
    receive: message => message,
    send: chunk => chunk,
    cancel: () => connection.close(),
    close: async () => {
      const info = await connection.close();
      if (info.cause !== undefined) throw info.cause;
    },
    // As with sendStream(): the peer must not mistake a part for the whole.
    abort: () => connection.close(1011),
    failure: info => info.cause ?? new ConnectionLostError('the connection has closed, so nothing can be written'),
  };
}

/** Makes a stream of the messages of a connection. It takes a message when a reader requests one. */
export function makeReadable<Received>(
  connection: WebSocketConnection,
  { receive, cancel, failure }: StreamRules<Received, never>,
): ReadableStream<Received> {
  const messages = connection[Symbol.asyncIterator]();
  return new ReadableStream<Received>(
    {
      async pull(controller) {
        const { done, value } = await messages.next().catch(async () => {
          throw failure(await connection.closed);
        });
        if (done === true) controller.close();
        else controller.enqueue(receive(value));
      },
      async cancel(reason) {
        await messages.return?.();
        await cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Makes a stream that sends each chunk as a message. A write is complete when at most `highWaterMark` bytes wait. */
export function makeWritable<Sent>(
  connection: WebSocketConnection,
  { send, close, abort, failure }: StreamRules<unknown, Sent>,
): WritableStream<Sent> {
  let isEnding = false;
  return new WritableStream<Sent>({
    start(controller) {
      void connection.closed.then(info => {
        if (!isEnding) controller.error(failure(info));
      });
    },
    async write(chunk) {
      const isTaken = connection.send(send(chunk));
      if (isTaken === true) return;
      if (isTaken === undefined || !(await connection.drained())) throw failure(await connection.closed);
    },
    async close() {
      isEnding = true;
      await close();
    },
    async abort(reason) {
      isEnding = true;
      await abort(reason);
    },
  });
}
