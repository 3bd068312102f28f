import type { Duplex } from 'node:stream';
import { ServerHandshake } from '../handshake/http1/server-handshake.js';
import { Refusal } from '../handshake/refusal.js';
import { clearTimeout, setTimeout } from '../timers.js';
import { destroySocket, ownSocket, type SocketOwner } from '../transport/socket-owner.js';
import { type Pending, Upgrade, type UpgradeOwner } from './upgrade.js';

/**
 * Reads the opening handshake from a socket that we accepted ourselves, within an absolute deadline: a client that sends a byte now
 * and then gains nothing by it.
 */
export class Reception<Context> implements SocketOwner, Pending {
  readonly #socket: Duplex;
  readonly #owner: UpgradeOwner<Context>;
  readonly #handshake: ServerHandshake;
  readonly #timer: NodeJS.Timeout;

  /** @param timeLeft until the deadline, in milliseconds */
  constructor(socket: Duplex, owner: UpgradeOwner<Context>, timeLeft: number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#handshake = new ServerHandshake(owner.settings.headLimits, owner.settings.policy);
    const detail = 'The request did not come whole within handshakeTimeout.';
    this.#timer = setTimeout(() => this.refuse(new Refusal(408, { detail })), Math.max(0, timeLeft));
    owner.pending.add(this);
    ownSocket(socket, this);
  }

  /** Ends what has not become a request yet. */
  refuse(refusal: Refusal): void {
    this.#handOn().refuse(refusal);
  }

  socketData(chunk: Uint8Array): void {
    const outcome = this.#handshake.receive(chunk);
    // The function that was given as `origins` may have closed the server, which refused this.
    if (outcome === undefined || !this.#owner.pending.has(this)) return;
    this.#handOn().decide(outcome, this.#handshake.rest, this.#handshake.head);
  }

  // Our sockets stay half open, so that a FIN does not close them. But who ends his side before the 101 has no use for one.
  socketEnd(): void {
    destroySocket(this.#socket);
  }

  // What goes wrong with the transport shows in its end.
  socketError(): void {}

  socketClose(): void {
    this.#leave();
  }

  #handOn(): Upgrade<Context> {
    this.#leave();
    return new Upgrade(this.#socket, this.#owner);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#owner.pending.delete(this);
  }
}
