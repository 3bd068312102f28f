import { callSafely, warn } from '../application-code.js';
import { HandlerError, invalidType } from '../errors.js';
import type { TransportInfo } from './transport-info.js';

/**
 * Sees all bytes of a connection, including the opening handshake. With TLS, it sees the decrypted bytes.
 *
 * An array may be overwritten after the call returns: copy what you keep. If a method throws, a process warning is
 * emitted, and the tap is not called again. The connection goes on.
 */
export interface WireTap {
  /** The transport is connected, including TLS. This endpoint has sent nothing over it yet. */
  connected(transport: TransportInfo): void;
  sent(bytes: Uint8Array): void;
  received(bytes: Uint8Array): void;
  /** One side sent its FIN: it will send no more bytes. */
  ended(by: 'local' | 'remote'): void;
  /** The transport has closed. `error` is set if it failed. */
  closed(error?: Error): void;
}

/** A tap that never throws. After its first failure, a process warning is emitted, and the tap is not called again. */
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

const METHODS = ['connected', 'sent', 'received', 'ended', 'closed'] as const;

/** @throws {TypeError} if a value is not a WireTap */
export function checkTap(tap: WireTap): void {
  if (METHODS.every(name => typeof tap?.[name] === 'function')) return;
  throw invalidType('tap', `a WireTap with ${METHODS.join(', ')}`, tap);
}

/** Returns a tap that calls `tap` and never throws. */
export function guardTap(tap: WireTap): WireTap {
  return tap instanceof GuardedTap ? tap : new GuardedTap(tap);
}
