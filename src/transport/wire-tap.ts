import { callSafely, warn } from '../application-code.js';
import { HandlerError } from '../errors.js';
import type { TransportInfo } from './transport-info.js';

/**
 * Looks on while bytes go over a wire, the opening handshake's included. Inside TLS, it sees them as they are before encryption.
 * The arrays are lent for the call: what must be kept has to be copied. A tap that fails ends nothing: the
 * process is warned, and the tap is not called again.
 */
export interface WireTap {
  /** The transport stands, TLS included; no byte of ours has gone over it. */
  connected(transport: TransportInfo): void;
  sent(bytes: Uint8Array): void;
  received(bytes: Uint8Array): void;
  /** One side will send no more bytes: its FIN. */
  ended(by: 'local' | 'remote'): void;
  /** The transport is gone. The error is there where it did not end by two FINs. */
  closed(error?: Error): void;
}

/** A tap that can be called from anywhere: after its first failure, of which the process is warned, it is not called again. */
class GuardedTap implements WireTap {
  readonly #tap: WireTap;
  #hasFailed = false;

  constructor(tap: WireTap) {
    this.#tap = tap;
  }

  connected(transport: TransportInfo): void {
    this.#call('connected', () => this.#tap.connected(transport));
  }

  sent(bytes: Uint8Array): void {
    this.#call('sent', () => this.#tap.sent(bytes));
  }

  received(bytes: Uint8Array): void {
    this.#call('received', () => this.#tap.received(bytes));
  }

  ended(by: 'local' | 'remote'): void {
    this.#call('ended', () => this.#tap.ended(by));
  }

  closed(error?: Error): void {
    this.#call('closed', () => this.#tap.closed(error));
  }

  #call(method: keyof WireTap, call: () => unknown): void {
    if (this.#hasFailed) return;
    callSafely(call, thrown => {
      if (!this.#hasFailed) warn(new HandlerError(`tap.${method}`, thrown, 'option'));
      this.#hasFailed = true;
    });
  }
}

/** Makes a tap of the application's safe to call. */
export function guardTap(tap: WireTap): WireTap {
  return tap instanceof GuardedTap ? tap : new GuardedTap(tap);
}
