import { onTestFinished } from 'vitest';
import { type Tap, type TapOptions, type TappedConnection, tap } from '../../../src/tools/index.js';
import type { Side, WireEvent } from '../../../src/wire/index.js';

/** What a tap has reported. */
export interface TapReport {
  readonly tap: Tap;
  readonly opened: TappedConnection[];
  readonly events: Array<readonly [connection: number, event: WireEvent]>;
  readonly notes: string[];
  /** The bytes of one side of a connection. */
  bytes(from: Side, connection?: number): Buffer;
  /** The ends of a connection, such as `client fin`. */
  ends(connection?: number): string[];
}

/** Starts a tap before a server on a port of 127.0.0.1. It closes when the test finishes. */
export async function startedTap(port: number, options: Partial<TapOptions> = {}): Promise<TapReport> {
  const opened: TappedConnection[] = [];
  const events: Array<readonly [number, WireEvent]> = [];
  const notes: string[] = [];
  const started = await tap({
    target: `ws://127.0.0.1:${port}`,
    onOpen: connection => opened.push(connection),
    onEvent: (connection, event) => {
      events.push([connection, event.type === 'bytes' ? { ...event, bytes: Buffer.from(event.bytes) } : event]);
      return undefined;
    },
    onNote: (_, note) => notes.push(note),
    ...options,
  });
  onTestFinished(() => started.close());
  const of = (connection: number) => events.filter(([id]) => id === connection).map(([, event]) => event);
  return {
    tap: started,
    opened,
    events,
    notes,
    bytes: (from, connection = 1) =>
      Buffer.concat(of(connection).map(event => (event.type === 'bytes' && event.from === from ? event.bytes : NONE))),
    ends: (connection = 1) =>
      of(connection).flatMap(event => (event.type === 'end' ? `${event.from} ${event.how}` : [])),
  };
}

const NONE = Buffer.alloc(0);
