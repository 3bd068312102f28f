import type { Duplex } from 'node:stream';

/** What a socket tells whoever has it: first the opening handshake, then the connection. */
export interface SocketOwner {
  socketData(chunk: Uint8Array): void;
  /** The peer's FIN, behind all of its data. */
  socketEnd(): void;
  /** What was written has left. */
  socketDrain(): void;
  socketError(error: Error): void;
  /** The socket is gone; nothing follows. */
  socketClose(): void;
}

const OWNER = Symbol('owner');

type OwnedSocket = Duplex & { [OWNER]: SocketOwner };

/**
 * Has `owner` told what `socket` tells, in place of the owner before it.
 *
 * A socket gets its listeners once, and all sockets have the same five functions: a closure for each would be a fifth of all the memory of
 * an idle connection, and taking listeners away again would make node keep those of a socket in a hash table, which is another tenth.
 */
export function ownSocket(socket: Duplex, owner: SocketOwner): void {
  const owned = socket as OwnedSocket;
  const isNew = owned[OWNER] === undefined;
  owned[OWNER] = owner;
  if (!isNew) return;
  socket.on('data', tellData);
  socket.on('end', tellEnd);
  socket.on('drain', tellDrain);
  socket.on('error', tellError);
  socket.on('close', tellClose);
}

function tellData(this: OwnedSocket, chunk: Uint8Array): void {
  this[OWNER].socketData(chunk);
}

function tellEnd(this: OwnedSocket): void {
  this[OWNER].socketEnd();
}

function tellDrain(this: OwnedSocket): void {
  this[OWNER].socketDrain();
}

function tellError(this: OwnedSocket, error: Error): void {
  this[OWNER].socketError(error);
}

function tellClose(this: OwnedSocket): void {
  this[OWNER].socketClose();
}
