import { ConnectionLostError } from '../errors.js';
import { now } from '../timers.js';
import { type KeepaliveGroup, type KeepaliveMember, keepAlive } from './keepalive.js';
import type { SentPing } from './pinger.js';
import type { Reading } from './reading.js';

/** Keepalive needs no answer to its Pings: the arrival of bytes is enough. */
function ignoreAnswer(): void {}

/** Keepalive of one connection: sends its Pings, and looks for signs of life of its peer. */
export class ConnectionKeepalive implements KeepaliveMember {
  readonly #reading: Reading;
  readonly #group: KeepaliveGroup;
  /** The last Ping that keepalive sent. */
  #ping: SentPing | undefined;
  heardAt = 0;
  pingedAt = 0;
  /** Whether output waited at the last tick, and how many bytes had been taken by then. */
  #waitedAtTick = false;
  #takenAtTick = 0;

  constructor(reading: Reading) {
    this.#reading = reading;
    const { pingInterval, pingTimeout } = reading.settings;
    this.#group = keepAlive(this, pingInterval, pingTimeout);
  }

  /** Sends no more Pings, and no longer ends the connection. */
  stop(): void {
    this.#group.remove(this);
  }

  get wasHeard(): boolean {
    return this.#reading.wasHeard;
  }

  set wasHeard(value: boolean) {
    this.#reading.wasHeard = value;
  }

  get isListening(): boolean {
    return !this.#reading.gate.isStoppedByApplication;
  }

  sendKeepalivePing(): void {
    const { pinger, outbox } = this.#reading;
    const payload = pinger.nextPayload();
    outbox.ping(payload);
    // Only the last Ping is remembered. If the peer sends bytes but no Pongs, they would pile up.
    if (this.#ping !== undefined) pinger.forget(this.#ping);
    this.#ping = pinger.await(payload, ignoreAnswer);
  }

  /**
   * Bytes that the kernel takes at once say nothing about the peer. It may still be reading bytes that the kernel
   * holds.
   */
  tookOutput(): boolean {
    const { taken, isBlocked, busyUntil } = this.#reading.backlog.writer;
    const hasTaken = this.#waitedAtTick && taken > this.#takenAtTick;
    this.#waitedAtTick = isBlocked;
    this.#takenAtTick = taken;
    return hasTaken || (busyUntil > 0 && now() < busyUntil);
  }

  keepaliveTimedOut(silence: number): void {
    const message = `no sign of life from the peer for ${Math.round(silence)} ms, and no answer to a ping (pingInterval, pingTimeout)`;
    const { closing } = this.#reading;
    closing.initiator ??= 'network';
    closing.terminate(new ConnectionLostError(message, 'WS101_KEEPALIVE_TIMEOUT'));
  }
}
