import type { Handler } from './event-map.js';

interface EventHandler {
  value: object | null;
  /** The listener that calls the handler. It stays the same while the handler changes. */
  readonly listener: (event: Event) => void;
}

/** The event handler attributes of an EventTarget: for example `onopen` (HTML §8.1.8.1). */
export class EventHandlers {
  readonly #target: EventTarget;
  readonly #handlers = new Map<string, EventHandler>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get<E>(type: string): Handler<E> {
    return (this.#handlers.get(type)?.value ?? null) as Handler<E>;
  }

  set<E>(type: string, value: Handler<E>): void {
    const handler = this.#handlers.get(type);
    // [LegacyTreatNonObjectAsNull]: anything but an object or a function counts as null.
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
      // "To deactivate an event handler": its place among the listeners is lost.
      if (handler !== undefined) this.#target.removeEventListener(type, handler.listener);
      this.#handlers.delete(type);
    } else if (handler !== undefined) {
      // "To activate an event handler: if eventHandler's listener is not null, then return": it keeps its place.
      handler.value = value;
    } else {
      this.#activate(type, value);
    }
  }

  #activate(type: string, value: object): void {
    const handler: EventHandler = {
      value,
      listener: event => {
        // An object that can't be called is a valid handler that does nothing.
        if (typeof handler.value === 'function') handler.value.call(this.#target, event);
      },
    };
    this.#handlers.set(type, handler);
    this.#target.addEventListener(type, handler.listener);
  }
}
