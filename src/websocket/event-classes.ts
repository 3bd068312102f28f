import type * as events from './events.js';
import { closeEventClass, type EventConstructor, errorEventClass } from './events.js';

/** The event `close`. */
export type CloseEvent = events.CloseEvent;
/** The event `error`. */
export type ErrorEvent = events.ErrorEvent;

/** The class of the event `close`: that of the host, if it has one. */
export const CloseEvent: EventConstructor<CloseEvent, events.CloseEventInit> = closeEventClass();
/** The class of the event `error`: that of the host, if it has one. */
export const ErrorEvent: EventConstructor<ErrorEvent, events.ErrorEventInit> = errorEventClass();
