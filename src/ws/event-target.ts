import type { EventEmitter } from 'node:events';
import { kForOnEventAttribute, kListener } from './constants.js';

/** The events of the browser's WebSocket, and addEventListener() and `on…` on top of an EventEmitter. */

/** An event of a WebSocket. */
export class Event {
  readonly #type: string;
  #target: unknown = null;

  constructor(type: string) {
    this.#type = type;
  }

  /** The WebSocket. */
  get target(): unknown {
    return this.#target;
  }

  /** The name of the event. */
  get type(): string {
    return this.#type;
  }

  /** Sets the target of an event that is being dispatched. */
  static dispatchedTo<E extends Event>(event: E, target: unknown): E {
    event.#target = target;
    return event;
  }
}

/** The WebSocket has closed. */
export class CloseEvent extends Event {
  readonly #options: { code?: number; reason?: string; wasClean?: boolean };

  constructor(type: string, options: { code?: number; reason?: string; wasClean?: boolean } = {}) {
    super(type);
    this.#options = options;
  }

  /** The close code. */
  get code(): number {
    return this.#options.code ?? 0;
  }

  /** The close reason. */
  get reason(): string {
    return this.#options.reason ?? '';
  }

  /** Whether both Close frames were exchanged. */
  get wasClean(): boolean {
    return this.#options.wasClean ?? false;
  }
}

/** The WebSocket has failed. */
export class ErrorEvent extends Event {
  readonly #options: { error?: unknown; message?: string };

  constructor(type: string, options: { error?: unknown; message?: string } = {}) {
    super(type);
    this.#options = options;
  }

  /** The error. */
  get error(): Anything {
    return this.#options.error ?? null;
  }

  /** The message of the error. */
  get message(): string {
    return this.#options.message ?? '';
  }
}

/** A message was received. */
export class MessageEvent extends Event {
  readonly #data: unknown;

  constructor(type: string, options: { data?: unknown } = {}) {
    super(type);
    this.#data = options.data ?? null;
  }

  /** The message: text as a string, binary in the form of `binaryType`. */
  get data(): Anything {
    return this.#data;
  }
}

for (const [{ prototype }, ...names] of [
  [Event, 'target', 'type'],
  [CloseEvent, 'code', 'reason', 'wasClean'],
  [ErrorEvent, 'error', 'message'],
  [MessageEvent, 'data'],
] as const) {
  for (const name of names) Object.defineProperty(prototype, name, { enumerable: true });
}

// biome-ignore lint/suspicious/noExplicitAny: as in the types of `ws` and of the DOM
type Anything = any;

export type EventName = 'open' | 'message' | 'close' | 'error';
export type EventListener = ((event: Event) => void) | { handleEvent(event: Event): void };

/** The state of a closed WebSocket for its CloseEvent. */
interface Closable extends EventEmitter {
  _closeFrameReceived: boolean;
  _closeFrameSent: boolean;
}

/** How the event of each name is made from the arguments that the emitter passes. */
const EVENTS: { readonly [name in EventName]: (target: Closable, ...args: never[]) => Event } = {
  open: () => new Event('open'),
  message: (_, data: Buffer, isBinary: boolean) => new MessageEvent('message', { data: isBinary ? data : `${data}` }),
  close: ({ _closeFrameReceived, _closeFrameSent }, code: number, reason: Buffer) =>
    new CloseEvent('close', { code, reason: `${reason}`, wasClean: _closeFrameReceived && _closeFrameSent }),
  error: (_, error: Error) => new ErrorEvent('error', { error, message: error.message }),
};

type Marked = ((...args: unknown[]) => void) & { [kListener]?: EventListener; [kForOnEventAttribute]?: boolean };

function findListener(target: EventEmitter, name: string, matches: (listener: Marked) => boolean): Marked | undefined {
  return (target.listeners(name) as Marked[]).find(matches);
}

/** Adds a listener, unless it is there already. Names of other events are ignored. */
export function addEventListener(
  target: Closable,
  name: string,
  listener: EventListener,
  options: { once?: boolean | undefined; [kForOnEventAttribute]?: boolean } = {},
): void {
  const isAttribute = options[kForOnEventAttribute] === true;
  if (!isAttribute && findListener(target, name, known => isSame(known, listener)) !== undefined) return;
  if (!Object.hasOwn(EVENTS, name)) return;
  const makeEvent = EVENTS[name as EventName] as (target: Closable, ...args: unknown[]) => Event;
  const wrapper = (...args: unknown[]): void => {
    const event = Event.dispatchedTo(makeEvent(target, ...args), target);
    if (typeof listener === 'object' && typeof listener.handleEvent === 'function') listener.handleEvent(event);
    else (listener as (event: Event) => void).call(target, event);
  };
  Object.assign(wrapper, { [kForOnEventAttribute]: isAttribute, [kListener]: listener });
  if (options.once) target.once(name, wrapper);
  else target.on(name, wrapper);
}

function isSame(known: Marked, listener: EventListener): boolean {
  return known[kListener] === listener && !known[kForOnEventAttribute];
}

/** Removes a listener that addEventListener() has added. */
export function removeEventListener(target: EventEmitter, name: string, listener: EventListener): void {
  const known = findListener(target, name, known => isSame(known, listener));
  if (known !== undefined) target.removeListener(name, known);
}

/** Returns the listener of an `on…` attribute, or null. */
export function attributeOf(target: EventEmitter, name: EventName): EventListener | null {
  return findListener(target, name, known => known[kForOnEventAttribute] === true)?.[kListener] ?? null;
}

/** Replaces the listener of an `on…` attribute. Anything but a function removes it. */
export function setAttribute(target: Closable, name: EventName, listener: unknown): void {
  const known = findListener(target, name, known => known[kForOnEventAttribute] === true);
  if (known !== undefined) target.removeListener(name, known);
  if (typeof listener !== 'function') return;
  addEventListener(target, name, listener as EventListener, { [kForOnEventAttribute]: true });
}
