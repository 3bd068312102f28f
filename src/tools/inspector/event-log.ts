import type { LiveRecord, Side } from '../../wire/index.js';

/** The memory of the log in bytes. Old records are dropped beyond it. */
const LOG_LIMIT = 2 ** 25;

/** What a record costs besides its data. */
const RECORD_COST = 256;

/** How many bytes of the start of each side are kept: more than an opening handshake without large cookies needs. */
const KEPT_START = 4096;

/** How many closed connections are kept after their records were dropped. */
const KEPT_CLOSED = 200;

/** A record and its place in the log. */
interface Numbered {
  readonly number: number;
  readonly record: LiveRecord;
}

/** The records of a connection that are kept for pages that join late. */
interface Outline {
  readonly records: Numbered[];
  readonly offsets: Record<Side, number>;
  ends: number;
}

/** What a reader of the log gets. */
export interface Excerpt {
  readonly records: LiveRecord[];
  /** Where to continue. */
  readonly next: number;
  /** How many records before those were dropped. */
  readonly dropped: number;
}

/**
 * The recent records of all connections. When it is full, the oldest are dropped, except the start of each connection,
 * without which its frames could not be decoded, and its end.
 */
export class EventLog {
  readonly #limit: number;
  /** The first `#taken` entries were dropped. */
  #records: LiveRecord[] = [];
  #taken = 0;
  /** The number of the oldest record that was not dropped. */
  #first = 0;
  #size = 0;
  readonly #outlines = new Map<number, Outline>();
  #closed = 0;

  constructor(limit: number = LOG_LIMIT) {
    this.#limit = limit;
  }

  /** The number of the next record. */
  get end(): number {
    return this.#first + this.#records.length - this.#taken;
  }

  /** Adds a record, which must own its memory. */
  push(record: LiveRecord): void {
    this.#outline(record);
    this.#records.push(record);
    this.#size += costOf(record);
    while (this.#size > this.#limit && this.#taken < this.#records.length) this.#dropFirst();
  }

  /** Returns how many bytes a side has sent so far. */
  offsetOf(connection: number, side: Side): number {
    return this.#outlines.get(connection)?.offsets[side] ?? 0;
  }

  /** Returns records from `number` on: those kept of the dropped ones, and then at least one and about `size` bytes. */
  read(number: number, size: number): Excerpt {
    const isBehind = number < this.#first;
    const kept = isBehind ? this.#keptBetween(number, this.#first) : [];
    const records = kept;
    const start = isBehind ? this.#first : number;
    let next = start;
    for (let sum = 0; next < this.end && sum < size; next++) {
      const record = this.#records[this.#taken + next - this.#first]!;
      records.push(record);
      sum += costOf(record);
    }
    const dropped = isBehind ? this.#first - number - (records.length - (next - start)) : 0;
    return { records, next, dropped };
  }

  #dropFirst(): void {
    this.#size -= costOf(this.#records[this.#taken]!);
    this.#taken++;
    this.#first++;
    if (this.#taken < 1024 || this.#taken * 2 < this.#records.length) return;
    this.#records = this.#records.slice(this.#taken);
    this.#taken = 0;
  }

  #outline(record: LiveRecord): void {
    const numbered = { number: this.end, record };
    if (record.type === 'open') {
      this.#outlines.set(record.connection, { records: [numbered], offsets: { client: 0, server: 0 }, ends: 0 });
      return;
    }
    const outline = this.#outlines.get(record.connection);
    if (outline === undefined) return;
    const { event, offset } = record;
    if (event.type === 'end') {
      outline.records.push(numbered);
      outline.ends++;
      if (outline.ends === 2) this.#closedOne();
      return;
    }
    if (event.type === 'bytes' && offset < KEPT_START) outline.records.push(numbered);
    const length = event.type === 'bytes' ? event.bytes.length : event.type === 'gap' ? event.length : 0;
    outline.offsets[event.from] = offset + length;
  }

  #closedOne(): void {
    this.#closed++;
    if (this.#closed <= KEPT_CLOSED) return;
    for (const [connection, { ends }] of this.#outlines) {
      if (ends < 2) continue;
      this.#outlines.delete(connection);
      this.#closed--;
      return;
    }
  }

  #keptBetween(start: number, end: number): LiveRecord[] {
    const kept: Numbered[] = [];
    for (const { records } of this.#outlines.values()) {
      for (const numbered of records) if (numbered.number >= start && numbered.number < end) kept.push(numbered);
    }
    return kept.sort((a, b) => a.number - b.number).map(({ record }) => record);
  }
}

function costOf(record: LiveRecord): number {
  if (record.type === 'open') return RECORD_COST;
  const { event } = record;
  return RECORD_COST + (event.type === 'bytes' ? event.bytes.length : event.type === 'message' ? event.data.length : 0);
}
