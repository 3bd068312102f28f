import type { Duplex } from 'node:stream';
import { clearTimeout, setTimeout } from '../timers.js';
import type { WireTap } from './wire-tap.js';

/** Receives the events of a socket: first the opening handshake, then the connection. */
export interface SocketOwner {
  socketData(chunk: Uint8Array): void;
  /** The peer sent its FIN. All of its data came before. */
  socketEnd(): void;
  socketError(error: Error): void;
  /** The socket has closed. No event follows. */
  socketClose(): void;
}

/**
 * How long a destroyed socket may take to emit 'close', in milliseconds. Node's sockets need a turn or two of the event
 * loop.
 */
export const CLOSE_EVENT_TIME = 100;

const OWNER = Symbol('owner');
const CLOSE_TIMER = Symbol('closeTimer');
const TAP = Symbol('tap');

type OwnedSocket = Duplex & { [OWNER]: SocketOwner; [CLOSE_TIMER]?: NodeJS.Timeout; [TAP]?: WireTap | undefined };

/** The owner of sockets that have closed or were disowned. */
const NO_OWNER: SocketOwner = {
  socketData() {},
  socketEnd() {},
  socketError() {},
  socketClose() {},
};

/**
 * Makes `owner` receive the events of `socket`, instead of the previous owner.
 *
 * A socket gets its listeners once, and all sockets share the same four functions. Closures for each socket would take
 * a fifth of the memory of an idle connection. Removing listeners would make Node keep the listeners of that socket in
 * a hash table, which takes another tenth.
 */
export function ownSocket(socket: Duplex, owner: SocketOwner): void {
  const owned = socket as OwnedSocket;
  const isNew = owned[OWNER] === undefined;
  owned[OWNER] = owner;
  if (!isNew) return;
  socket.on('data', owned[TAP] === undefined ? onData : onTappedData);
  socket.on('end', onEnd);
  socket.on('error', onError);
  socket.on('close', onClose);
}

/**
 * Makes `tap` see what is read from a socket and written to it, whoever owns it. Call it before ownSocket(). A socket
 * without a tap costs nothing, because the methods of this one are replaced.
 *
 * @param tap must not throw: see guardTap()
 */
export function tapSocket(socket: Duplex, tap: WireTap): void {
  (socket as OwnedSocket)[TAP] = tap;
  const { write, end } = socket;
  let hasEnded = false;
  const sent = ([chunk, encoding]: unknown[]) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : chunk;
    if (ArrayBuffer.isView(bytes) && bytes.byteLength > 0) tap.sent(bytes as Uint8Array);
  };
  socket.write = (...given: unknown[]) => {
    sent(given);
    return Reflect.apply(write, socket, given);
  };
  socket.end = (...given: unknown[]) => {
    sent(given);
    if (!hasEnded) tap.ended('local');
    hasEnded = true;
    return Reflect.apply(end, socket, given);
  };
}

/** Whether ownSocket() was ever called with `socket`. */
export function isOwned(socket: Duplex): boolean {
  return (socket as OwnedSocket)[OWNER] !== undefined;
}

/** Ignores all later events of a socket. Call it when other code takes over the socket. */
export function disownSocket(socket: Duplex): void {
  (socket as OwnedSocket)[OWNER] = NO_OWNER;
}

/**
 * Destroys an owned socket. Its owner's socketClose() is called within 100 ms even if the socket never emits 'close': a
 * custom Duplex may have `emitClose: false`, a `_destroy()` that never calls back, or a `destroy()` that does nothing.
 */
export function destroySocket(socket: Duplex): void {
  const owned = socket as OwnedSocket;
  try {
    socket.destroy();
  } catch {
    // A custom Duplex may throw. socketClose() is called all the same.
  }
  if (owned[OWNER] !== NO_OWNER) owned[CLOSE_TIMER] ??= setTimeout(endOwnership, CLOSE_EVENT_TIME, owned);
}

function endOwnership(socket: OwnedSocket): void {
  clearTimeout(socket[CLOSE_TIMER]);
  const tap = socket[TAP];
  if (tap !== undefined) {
    socket[TAP] = undefined;
    tap.closed(socket.errored ?? undefined);
  }
  const owner = socket[OWNER];
  socket[OWNER] = NO_OWNER;
  owner.socketClose();
}

function onData(this: OwnedSocket, chunk: Uint8Array): void {
  this[OWNER].socketData(chunk);
}

function onTappedData(this: OwnedSocket, chunk: Uint8Array): void {
  this[TAP]?.received(chunk);
  this[OWNER].socketData(chunk);
}

function onEnd(this: OwnedSocket): void {
  this[TAP]?.ended('remote');
  this[OWNER].socketEnd();
}

function onError(this: OwnedSocket, error: Error): void {
  this[OWNER].socketError(error);
}

function onClose(this: OwnedSocket): void {
  endOwnership(this);
}
