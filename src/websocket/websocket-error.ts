import { invalidType } from '../errors.js';
import { checkClose } from './close-arguments.js';
import { defineInterface, enforceUnsignedShort, toScalarString } from './web-idl.js';

/** A close code and a reason, for close(). `closed` resolves to one too. */
export interface WebSocketCloseInfo {
  /** The close code. For close(), 1000 or 3000 to 4999. */
  readonly closeCode?: number;
  /** The close reason. For close(), at most 123 bytes of UTF-8. */
  readonly reason?: string;
}

/** The end of a connection that was not closed cleanly. An application must not send its code. */
export class UncleanEnd implements WebSocketCloseInfo {
  readonly closeCode: number;
  readonly reason: string;
  readonly cause: unknown;

  constructor(closeCode: number, reason: string, cause: unknown) {
    this.closeCode = closeCode;
    this.reason = reason;
    this.cause = cause;
  }
}

/**
 * The error of a WebSocketStream that failed. Passed to cancel() or abort() of one of its streams, it sets the close
 * code and the reason.
 */
export class WebSocketError extends DOMException {
  readonly #closeCode: number | null;
  readonly #reason: string;

  static {
    defineInterface(WebSocketError);
  }

  /**
   * @throws {DOMException} InvalidAccessError if the code must not be sent, SyntaxError if the reason is too long
   */
  constructor(message = '', init: WebSocketCloseInfo = {}) {
    super(message, 'WebSocketError');
    if (init instanceof UncleanEnd) {
      this.#closeCode = init.closeCode;
      this.#reason = init.reason;
      Object.defineProperty(this, 'cause', { value: init.cause, configurable: true, writable: true });
      return;
    }
    const { closeCode, reason } = toCloseInfo(init);
    this.#closeCode = closeCode ?? null;
    this.#reason = reason;
  }

  /** The close code; null if there is none. */
  get closeCode(): number | null {
    return this.#closeCode;
  }

  /** The close reason, or ''. */
  get reason(): string {
    return this.#reason;
  }
}

/**
 * Converts and checks a WebSocketCloseInfo. A reason without a code gets the code 1000.
 *
 * @throws {TypeError | DOMException}
 */
export function toCloseInfo(info: WebSocketCloseInfo | null | undefined): {
  readonly closeCode: number | undefined;
  readonly reason: string;
} {
  if (typeof info !== 'object' && typeof info !== 'function' && info !== undefined) {
    throw invalidType('closeInfo', 'an object', info);
  }
  const { closeCode, reason = '' } = info ?? {};
  const code = closeCode === undefined ? undefined : enforceUnsignedShort('closeCode', closeCode);
  const text = toScalarString(reason);
  return { closeCode: checkClose(code, text), reason: text };
}
