import type { Duplex } from 'node:stream';
import { clearTimeout, setTimeout } from '../timers.js';

/** What a socket tells whoever has it: first the opening handshake, then the connection. */
export interface SocketOwner {
  socketData(chunk: Uint8Array): void;
  /** The peer's FIN, behind all of its data. */
  socketEnd(): void;
  socketError(error: Error): void;
  /** The socket is gone; nothing follows. */
  socketClose(): void;
}

/** How long a destroyed socket has to emit 'close', in milliseconds. Node's own sockets need a turn or two of the event loop. */
export const CLOSE_EVENT_TIME = 100;

const OWNER = Symbol('owner');
const CLOSE_TIMER = Symbol('closeTimer');

type OwnedSocket = Duplex & { [OWNER]: SocketOwner; [CLOSE_TIMER]?: NodeJS.Timeout };

/** Owns the sockets that have closed, or that somebody else has. */
const NOBODY: SocketOwner = {
  socketData() {},
  socketEnd() {},
  socketError() {},
  socketClose() {},
};

/**
 * Has `owner` told what `socket` tells, in place of the owner before it.
 *
 * A socket gets its listeners once, and all sockets have the same four functions: a closure for each would be a fifth of all the memory of
 * an idle connection, and taking listeners away again would make node keep those of a socket in a hash table, which is another tenth.
 */
export function ownSocket(socket: Duplex, owner: SocketOwner): void {
  const owned = socket as OwnedSocket;
  const isNew = owned[OWNER] === undefined;
  owned[OWNER] = owner;
  if (!isNew) return;
  socket.on('data', tellData);
  socket.on('end', tellEnd);
  socket.on('error', tellError);
  socket.on('close', tellClose);
}

/** Whether ownSocket() was called with `socket`, whatever became of it. */
export function isOwned(socket: Duplex): boolean {
  return (socket as OwnedSocket)[OWNER] !== undefined;
}

/** Leaves a socket to somebody else: nobody is told of it any more. */
export function disownSocket(socket: Duplex): void {
  (socket as OwnedSocket)[OWNER] = NOBODY;
}

/**
 * Destroys an owned socket. Its owner is told of the end within 100 ms, even if the socket never emits 'close': a Duplex may have
 * `emitClose: false`, a `_destroy()` that never calls back, or a `destroy()` that does nothing.
 */
export function destroySocket(socket: Duplex): void {
  const owned = socket as OwnedSocket;
  try {
    socket.destroy();
  } catch {
    // A Duplex of the application's own. The end is told all the same.
  }
  if (owned[OWNER] !== NOBODY) owned[CLOSE_TIMER] ??= setTimeout(endOwnership, CLOSE_EVENT_TIME, owned);
}

function endOwnership(socket: OwnedSocket): void {
  clearTimeout(socket[CLOSE_TIMER]);
  const owner = socket[OWNER];
  socket[OWNER] = NOBODY;
  owner.socketClose();
}

function tellData(this: OwnedSocket, chunk: Uint8Array): void {
  this[OWNER].socketData(chunk);
}

function tellEnd(this: OwnedSocket): void {
  this[OWNER].socketEnd();
}

function tellError(this: OwnedSocket, error: Error): void {
  this[OWNER].socketError(error);
}

function tellClose(this: OwnedSocket): void {
  endOwnership(this);
}
