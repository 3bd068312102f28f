import type { ClientRequest, IncomingMessage } from 'node:http';

/** The values of `readyState`: CONNECTING, OPEN, CLOSING and CLOSED. */
export type ReadyState = 0 | 1 | 2 | 3;

/** What `message` delivers, by the type of the message and `binaryType`. */
export type RawData = Buffer | ArrayBuffer | Buffer[];

/** The events of a WebSocket, with the arguments of their listeners. */
export interface WebSocketEvents {
  open: [];
  /** Text is a Buffer too. */
  message: [data: RawData, isBinary: boolean];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** `close` follows. */
  error: [error: Error];
  close: [code: number, reason: Buffer];
  /** The response of the server, which may still be refused. */
  upgrade: [response: IncomingMessage];
  redirect: [url: string, request: ClientRequest];
  /** The response of a server that does not open a WebSocket. Without a listener, `error` is emitted. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
}
