import { defineInterface, toScalarString, toUnsignedShort } from './web-idl.js';

/** The event `close`. */
export interface CloseEvent extends Event {
  /** Whether both Close frames were exchanged. */
  readonly wasClean: boolean;
  /** The code of the server's Close frame; 1005 if it had none, 1006 if no Close frame arrived (RFC 6455 §7.1.5). */
  readonly code: number;
  /** The reason in the server's Close frame, or ''. */
  readonly reason: string;
}

/** The properties of a CloseEvent, for its constructor. */
export interface CloseEventInit {
  readonly bubbles?: boolean;
  readonly cancelable?: boolean;
  readonly composed?: boolean;
  readonly wasClean?: boolean;
  readonly code?: number;
  readonly reason?: string;
}

/** The event `error`. In the standard, it is an Event without a cause. */
export interface ErrorEvent extends Event {
  /** The message of `error`. */
  readonly message: string;
  /** The cause of the failure, for example a HandshakeError or a ProtocolError. */
  readonly error: unknown;
}

/** The properties of an ErrorEvent, for its constructor. */
export interface ErrorEventInit {
  readonly bubbles?: boolean;
  readonly cancelable?: boolean;
  readonly composed?: boolean;
  readonly message?: string;
  readonly error?: unknown;
}

export type EventConstructor<E extends Event, Init> = {
  readonly prototype: E;
  new (type: string, init?: Init): E;
};

class OwnCloseEvent extends Event implements CloseEvent {
  readonly #wasClean: boolean;
  readonly #code: number;
  readonly #reason: string;

  static {
    Object.defineProperty(OwnCloseEvent, 'name', { value: 'CloseEvent' });
    defineInterface(OwnCloseEvent);
  }

  constructor(type: string, init: CloseEventInit = {}) {
    super(type, init);
    const { wasClean = false, code = 0, reason = '' } = init;
    this.#wasClean = Boolean(wasClean);
    this.#code = toUnsignedShort(code);
    this.#reason = toScalarString(reason);
  }

  get wasClean(): boolean {
    return this.#wasClean;
  }

  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }
}

class OwnErrorEvent extends Event implements ErrorEvent {
  readonly #message: string;
  readonly #error: unknown;

  static {
    Object.defineProperty(OwnErrorEvent, 'name', { value: 'ErrorEvent' });
    defineInterface(OwnErrorEvent);
  }

  constructor(type: string, init: ErrorEventInit = {}) {
    super(type, init);
    this.#message = String(init.message ?? '');
    this.#error = init.error;
  }

  get message(): string {
    return this.#message;
  }

  get error(): unknown {
    return this.#error;
  }
}

// The classes of the host, if it has them: an application may use `instanceof`. Node 20 has neither. Later versions
// load them at the first access, which takes 20 ms, so nothing reads them before it is needed.
const host = globalThis as {
  readonly CloseEvent?: EventConstructor<CloseEvent, CloseEventInit>;
  readonly ErrorEvent?: EventConstructor<ErrorEvent, ErrorEventInit>;
};

/** Returns the class of the event `close`: that of the host, if it has one. */
export function closeEventClass(): EventConstructor<CloseEvent, CloseEventInit> {
  return host.CloseEvent ?? OwnCloseEvent;
}

/** Returns the class of the event `error`: that of the host, if it has one. */
export function errorEventClass(): EventConstructor<ErrorEvent, ErrorEventInit> {
  return host.ErrorEvent ?? OwnErrorEvent;
}
