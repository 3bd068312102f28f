import type { Duplex } from 'node:stream';
import { Refusal } from '../handshake/refusal.js';
import { ServerHandshake } from '../handshake/server-handshake.js';
import { Upgrade, type UpgradeOwner } from './upgrade.js';

/**
 * Reads the opening handshake from a socket that we accepted ourselves, within an absolute deadline: a client that sends a byte now
 * and then gains nothing by it.
 */
export class Reception<Context> {
  readonly #socket: Duplex;
  readonly #handshake: ServerHandshake;
  /** What the request is handed to once it has been read. */
  readonly upgrade: Upgrade<Context>;
  readonly #timer: NodeJS.Timeout;
  readonly #onData = (chunk: Uint8Array): void => this.#receive(chunk);
  readonly #onClose = (): void => this.#leave();

  /** @param timeLeft until the deadline, in milliseconds */
  constructor(socket: Duplex, owner: UpgradeOwner<Context>, timeLeft: number) {
    this.#socket = socket;
    this.#handshake = new ServerHandshake(owner.settings.headLimits, owner.settings.policy);
    this.upgrade = new Upgrade(socket, owner);
    this.#timer = setTimeout(() => this.refuse(new Refusal(408)), Math.max(0, timeLeft));
    socket.on('data', this.#onData);
    socket.on('close', this.#onClose);
  }

  /** Ends what has not become a request yet. */
  refuse(refusal: Refusal): void {
    this.#leave();
    this.upgrade.refuse(refusal, undefined);
  }

  #receive(chunk: Uint8Array): void {
    const outcome = this.#handshake.receive(chunk);
    if (outcome === undefined) return;
    this.#leave();
    void this.upgrade.decide(outcome, this.#handshake.rest);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#socket.off('data', this.#onData);
    this.#socket.off('close', this.#onClose);
  }
}
