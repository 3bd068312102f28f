import { EventEmitter } from 'node:events';

type Name =
  | 'setMaxListeners'
  | 'removeAllListeners'
  | 'on'
  | 'once'
  | 'off'
  | 'addListener'
  | 'removeListener'
  | 'prependListener'
  | 'prependOnceListener';

/** An EventEmitter whose listeners have typed arguments, and the emitter as `this`, as in the types of `ws`. */
export interface TypedEmitter<Events extends { [name in keyof Events]: unknown[] }> extends Omit<EventEmitter, Name> {
  setMaxListeners(count: number): this;
  removeAllListeners(event?: string | symbol): this;
  on<E extends keyof Events>(event: E, listener: (this: this, ...args: Events[E]) => void): this;
  on(event: string | symbol, listener: AnyListener<this>): this;
  once<E extends keyof Events>(event: E, listener: (this: this, ...args: Events[E]) => void): this;
  once(event: string | symbol, listener: AnyListener<this>): this;
  off<E extends keyof Events>(event: E, listener: (this: this, ...args: Events[E]) => void): this;
  off(event: string | symbol, listener: AnyListener<this>): this;
  addListener<E extends keyof Events>(event: E, listener: (this: this, ...args: Events[E]) => void): this;
  addListener(event: string | symbol, listener: AnyListener<this>): this;
  removeListener<E extends keyof Events>(event: E, listener: (this: this, ...args: Events[E]) => void): this;
  removeListener(event: string | symbol, listener: AnyListener<this>): this;
  prependListener<E extends keyof Events>(event: E, listener: (this: this, ...args: Events[E]) => void): this;
  prependListener(event: string | symbol, listener: AnyListener<this>): this;
  prependOnceListener<E extends keyof Events>(event: E, listener: (this: this, ...args: Events[E]) => void): this;
  prependOnceListener(event: string | symbol, listener: AnyListener<this>): this;
}

// biome-ignore lint/suspicious/noExplicitAny: the arguments of an event that is not declared are unknown
type AnyListener<This> = (this: This, ...args: any[]) => void;

/** Node's EventEmitter. Only the types of its methods differ. */
export const TypedEmitter: new <Events extends { [name in keyof Events]: unknown[] }>() => TypedEmitter<Events> =
  EventEmitter as never;
