import { onTestFinished } from 'vitest';
import type { ServerOptions } from '../../src/index.js';
import { type BinaryType, CloseEvent, ErrorEvent, WebSocket, type WebSocketInit } from '../../src/websocket/index.js';
import { FRAMES } from './frames.js';
import { switchingProtocols } from './http-heads.js';
import { openServer } from './open-server.js';
import { type RawPeer, rawServer } from './raw-peer.js';

/** A WebSocket of browsers under test, with the events that it fired. */
export interface Observed {
  readonly socket: WebSocket;
  readonly events: Event[];
  /** Resolves with the event `close`. */
  readonly closed: Promise<CloseEvent>;
  next(type: string): Promise<Event>;
}

export function observe(socket: WebSocket): Observed {
  const events: Event[] = [];
  for (const type of ['open', 'message', 'error', 'close']) socket.addEventListener(type, event => events.push(event));
  const next = (type: string) => new Promise<Event>(resolve => socket.addEventListener(type, resolve, { once: true }));
  onTestFinished(() => socket.close());
  return { socket, events, next, closed: next('close') as Promise<CloseEvent> };
}

/** Opens a server that sends every message back, and selects the first subprotocol that is offered. */
export async function echoServer(options: ServerOptions = {}) {
  const opened = await openServer({ subprotocols: ['echo', 'chat', 'null'], ...options });
  opened.server.on('connection', connection => {
    connection.on('message', (data, isBinary) => {
      connection.send(data, { type: isBinary ? 'binary' : 'text' });
    });
  });
  return { ...opened, url: `ws://127.0.0.1:${opened.port}/` };
}

/** Opens a WebSocket to an echo server, and waits until it is open. */
export async function openEcho(
  protocols: string | string[] | WebSocketInit = [],
  options: ServerOptions = {},
): Promise<Observed & Awaited<ReturnType<typeof echoServer>>> {
  const server = await echoServer(options);
  const observed = observe(new WebSocket(server.url, protocols));
  await observed.next('open');
  return { ...server, ...observed };
}

/** Opens a WebSocket to a server whose bytes the test writes. */
export async function openRaw(
  protocols: string[] | WebSocketInit = [],
  ...lines: string[]
): Promise<Observed & { peer: RawPeer }> {
  const server = await rawServer();
  const accepted = server.next();
  const observed = observe(new WebSocket(`ws://127.0.0.1:${server.port}/`, protocols));
  const opened = observed.next('open');
  const peer = await accepted;
  peer.write(switchingProtocols(await peer.head(), ...lines));
  await opened;
  return { ...observed, peer };
}

/** Sends a message to an echo server, and returns the `data` of the event that follows. */
export async function echoOf(
  message: Parameters<WebSocket['send']>[0],
  binaryType: BinaryType = 'blob',
): Promise<unknown> {
  const { socket, next } = await openEcho();
  socket.binaryType = binaryType;
  socket.send(message);
  return ((await next('message')) as MessageEvent).data;
}

export { CloseEvent, ErrorEvent, FRAMES, WebSocket };
