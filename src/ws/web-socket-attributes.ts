import { attributeOf, type EventName, setAttribute } from './event-target.js';
import { READY_STATE } from './socket-link.js';
import type { WebSocket } from './web-socket.js';

const PROPERTIES = ['binaryType', 'bufferedAmount', 'extensions', 'isPaused', 'protocol', 'readyState', 'url'];
const EVENTS: readonly EventName[] = ['open', 'error', 'close', 'message'];

/**
 * Defines the constants of a class and its prototype, and enumerable properties, which a class declaration can't
 * contain.
 */
export function defineAttributes({ prototype }: typeof WebSocket): void {
  for (const name of PROPERTIES) Object.defineProperty(prototype, name, { enumerable: true });
  for (const [name, value] of Object.entries(READY_STATE)) {
    const constant = { enumerable: true, value };
    Object.defineProperty(prototype, name, constant);
    Object.defineProperty(prototype.constructor, name, constant);
  }
  for (const name of EVENTS) {
    Object.defineProperty(prototype, `on${name}`, {
      enumerable: true,
      configurable: true,
      get(this: WebSocket) {
        return attributeOf(this, name);
      },
      set(this: WebSocket, listener: unknown) {
        setAttribute(this, name, listener);
      },
    });
  }
}
