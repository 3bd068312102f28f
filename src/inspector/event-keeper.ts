import type { Side, WireEvent } from '../wire/conversation.js';

/** What an event costs besides its bytes. */
const EVENT_COST = 100;

/** How many bytes of the start of each side are kept: the opening handshake, without which nothing can be decoded. */
const KEPT_START = 4096;

/** The events of a connection for an export. Older ones can be dropped, which leaves gaps. No DOM. */
export class EventKeeper {
  #events: WireEvent[] = [];
  readonly #sent: Record<Side, number> = { client: 0, server: 0 };
  #cost = 0;
  /** How many events of the start are never dropped. */
  #kept = 0;

  get events(): readonly WireEvent[] {
    return this.#events;
  }

  /** About how much memory the events take, in bytes. */
  get cost(): number {
    return this.#cost;
  }

  push(event: WireEvent): void {
    if (this.#kept === this.#events.length && this.#sent[event.from] < KEPT_START) this.#kept++;
    this.#events.push(event);
    this.#sent[event.from] += lengthOf(event);
    this.#cost += costOf(event);
  }

  /** Drops the older half of the events. */
  shrink(): void {
    const end = Math.max(this.#kept, Math.ceil(this.#events.length / 2));
    const dropped = this.#events.slice(this.#kept, end);
    const gaps = (['client', 'server'] as const).flatMap((from): WireEvent[] => {
      const own = dropped.filter(event => event.from === from);
      const length = own.reduce((sum, event) => sum + lengthOf(event), 0);
      return length === 0 ? [] : [{ type: 'gap', from, time: own.at(-1)?.time, length }];
    });
    this.#events = [...this.#events.slice(0, this.#kept), ...gaps, ...this.#events.slice(end)];
    this.#cost = this.#events.reduce((sum, event) => sum + costOf(event), 0);
  }
}

function lengthOf(event: WireEvent): number {
  return event.type === 'bytes' ? event.bytes.length : event.type === 'gap' ? event.length : 0;
}

function costOf(event: WireEvent): number {
  return EVENT_COST + (event.type === 'bytes' ? event.bytes.length : event.type === 'message' ? event.data.length : 0);
}
