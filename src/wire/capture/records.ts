import { toBase64 } from '#platform';
import type { Conversation, Side, WireEvent } from '../conversation.js';
import { fromBase64 } from './base64.js';
import { type Capture, Notes } from './capture.js';

/** The beginning of a connection. */
export interface OpenEvent {
  readonly type: 'open';
  readonly time?: number | undefined;
  /** The address and port of the client, if known. */
  readonly client: string | undefined;
  readonly server: string | undefined;
  readonly isTls?: boolean | undefined;
}

/**
 * Returns one event as a line of JSON, without the line end. `readCapture()` reads such lines. Bytes are in base64, and
 * `time` is in milliseconds since 1970:
 *
 *     {"connection":1,"event":"open","time":1700000000000.5,"client":"127.0.0.1:5000","server":"127.0.0.1:80"}
 *     {"connection":1,"event":"bytes","time":1700000000001,"from":"client","bytes":"R0VU"}
 *     {"connection":1,"event":"gap","from":"server","length":1448}
 *     {"connection":1,"event":"end","from":"server","how":"fin"}
 *     {"connection":1,"event":"message","from":"server","opcode":1,"data":"aGk="}
 */
export function recordLine(connection: number, event: WireEvent | OpenEvent): string {
  const { type, ...fields } = event;
  const bytes =
    type === 'bytes' ? { bytes: toBase64(event.bytes) } : type === 'message' ? { data: toBase64(event.data) } : {};
  return JSON.stringify({ connection, event: type, ...fields, ...bytes });
}

/** Returns whether a line is what recordLine() returns. */
export function isRecord(line: string): boolean {
  const record = parsed(line);
  return typeof record?.connection === 'number' && typeof record.event === 'string';
}

interface Building extends Conversation {
  readonly events: WireEvent[];
}

/** Reads what recordLine() returned. */
export function readRecords(bytes: Uint8Array): Capture {
  const notes = new Notes();
  const conversations: Building[] = [];
  const current = new Map<number, Building>();
  for (const { line, offset } of linesOf(bytes)) {
    if (line.trim() === '') continue;
    const record = parsed(line);
    const event = record === undefined ? undefined : eventOf(record);
    const number = record?.connection;
    if (event === undefined || typeof number !== 'number') {
      notes.add(`byte ${offset}: this line is not a record of an event, so it is left out: ${line.slice(0, 60)}`);
      continue;
    }
    let conversation = current.get(number);
    // Several runs may be in one file, so a number can open again.
    if (conversation === undefined || event.type === 'open') {
      const { client, server, isTls } = event.type === 'open' ? event : NOTHING_KNOWN;
      conversation = { id: conversations.length + 1, client, server, isTls, events: [], notes: [] };
      conversations.push(conversation);
      current.set(number, conversation);
    }
    if (event.type !== 'open') conversation.events.push(event);
  }
  return { format: 'lines', conversations, notes: notes.all() };
}

const NOTHING_KNOWN = { client: undefined, server: undefined, isTls: undefined };

type Fields = Readonly<Record<string, unknown>>;

function parsed(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the event of a record, or undefined if a field is missing or wrong. */
function eventOf(record: Fields): WireEvent | OpenEvent | undefined {
  const { event: type, from, length, how, opcode } = record;
  const time = typeof record.time === 'number' ? record.time : undefined;
  if (type === 'open') {
    const isTls = typeof record.isTls === 'boolean' ? record.isTls : undefined;
    return { type, time, client: text(record.client), server: text(record.server), isTls };
  }
  if (!isSide(from)) return undefined;
  if (type === 'gap') return isCount(length) ? { type, from, time, length } : undefined;
  if (type === 'end') return how === 'fin' || how === 'reset' ? { type, from, time, how } : undefined;
  const data = fromBase64(text(type === 'message' ? record.data : record.bytes) ?? '?');
  if (data === undefined) return undefined;
  if (type === 'bytes') return { type, from, time, bytes: data };
  return type === 'message' && isCount(opcode) && opcode < 16 ? { type, from, time, opcode, data } : undefined;
}

function isSide(value: unknown): value is Side {
  return value === 'client' || value === 'server';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Decodes line by line, since all of a large file may be longer than a string can be. */
function* linesOf(bytes: Uint8Array): Generator<{ readonly line: string; readonly offset: number }> {
  const decoder = new TextDecoder();
  for (let offset = 0; offset < bytes.length; ) {
    const newline = bytes.indexOf(LF, offset);
    const end = newline === -1 ? bytes.length : newline;
    yield { line: decoder.decode(bytes.subarray(offset, end)), offset };
    offset = end + 1;
  }
}

const LF = 0x0a;
