import type { Side, WireEvent } from './conversation.js';

/**
 * How a server reports live connections to the inspector page: binary messages, each a sequence of records.
 *
 *     kind (8 bits) | side (8) | detail (16) | connection (32) | time (64, float) | offset (64, float) | length (32) | data
 *
 * All numbers are big-endian. An unknown time is NaN. A page can join late, and a server drops old records: the offset
 * of the bytes shows what is missing.
 */

/** What happened on a live connection. */
export type LiveRecord =
  | {
      readonly type: 'open';
      readonly connection: number;
      readonly client: string | undefined;
      readonly server: string | undefined;
      readonly isTls: boolean;
      readonly time: number | undefined;
    }
  | {
      readonly type: 'event';
      readonly connection: number;
      readonly event: WireEvent;
      /** How many bytes the side had sent before this event. */
      readonly offset: number;
    };

/** The size of a record without its data. */
export const RECORD_HEADER = 28;

const KINDS = ['open', 'bytes', 'gap', 'end', 'message'] as const;
const SIDES: readonly Side[] = ['client', 'server'];
const ENDS = ['fin', 'reset'] as const;
const EMPTY = new Uint8Array(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Encodes records as one binary message. */
export function encodeRecords(records: readonly LiveRecord[]): Uint8Array {
  const parts = records.map(record => ({ record, data: dataOf(record) }));
  const batch = new Uint8Array(parts.reduce((sum, { data }) => sum + RECORD_HEADER + data.length, 0));
  const view = new DataView(batch.buffer);
  let at = 0;
  for (const { record, data } of parts) {
    writeHeader(view, at, record, data.length);
    batch.set(data, at + RECORD_HEADER);
    at += RECORD_HEADER + data.length;
  }
  return batch;
}

/** Decodes a binary message. The bytes of its records are views of `batch`. Records of unknown kinds are skipped. */
export function decodeRecords(batch: Uint8Array): LiveRecord[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const records: LiveRecord[] = [];
  for (let at = 0; at + RECORD_HEADER <= batch.length; ) {
    const end = at + RECORD_HEADER + view.getUint32(at + 24);
    const record = readRecord(view, at, batch.subarray(at + RECORD_HEADER, end));
    if (record !== undefined) records.push(record);
    at = end;
  }
  return records;
}

function dataOf(record: LiveRecord): Uint8Array {
  if (record.type === 'open') {
    const { client, server, isTls } = record;
    return encoder.encode(JSON.stringify({ client, server, isTls }));
  }
  const { event } = record;
  if (event.type === 'bytes') return event.bytes;
  return event.type === 'message' ? event.data : EMPTY;
}

function writeHeader(view: DataView, at: number, record: LiveRecord, length: number): void {
  const source = record.type === 'open' ? record : record.event;
  view.setUint8(at, KINDS.indexOf(source.type));
  view.setUint32(at + 4, record.connection);
  view.setFloat64(at + 8, source.time ?? Number.NaN);
  view.setUint32(at + 24, length);
  if (record.type === 'open') return;
  const { event, offset } = record;
  view.setUint8(at + 1, SIDES.indexOf(event.from));
  view.setUint16(at + 2, event.type === 'end' ? ENDS.indexOf(event.how) : event.type === 'message' ? event.opcode : 0);
  // The length of a gap is the difference to the offset of the next bytes.
  view.setFloat64(at + 16, event.type === 'gap' ? offset + event.length : offset);
}

function readRecord(view: DataView, at: number, data: Uint8Array): LiveRecord | undefined {
  const type = KINDS[view.getUint8(at)];
  const from = SIDES[view.getUint8(at + 1)];
  const detail = view.getUint16(at + 2);
  const connection = view.getUint32(at + 4);
  const clock = view.getFloat64(at + 8);
  const time = Number.isNaN(clock) ? undefined : clock;
  const offset = view.getFloat64(at + 16);
  if (type === 'open') {
    const { client, server, isTls } = JSON.parse(decoder.decode(data));
    return { type, connection, client, server, isTls, time };
  }
  if (from === undefined) return undefined;
  const eventRecord = (event: WireEvent): LiveRecord => ({ type: 'event', connection, event, offset });
  if (type === 'bytes') return eventRecord({ type, from, time, bytes: data });
  if (type === 'message') return eventRecord({ type, from, time, opcode: detail, data });
  if (type === 'end') return eventRecord({ type, from, time, how: ENDS[detail] ?? 'fin' });
  return type === 'gap' ? eventRecord({ type, from, time, length: 0 }) : undefined;
}
