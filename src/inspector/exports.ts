import { harOf } from '../wire/capture/har-writer.js';
import { PcapngWriter } from '../wire/capture/pcapng-writer.js';
import { recordLine } from '../wire/capture/records.js';
import type { Conversation } from '../wire/conversation.js';
import { inflate } from './inflate.js';

/** A file to save. */
export interface ExportedFile {
  readonly name: string;
  readonly type: string;
  readonly content: string | Uint8Array;
}

/** A format that connections can be saved in. */
export interface ExportFormat {
  readonly label: string;
  readonly ending: string;
  readonly type: string;
  write(conversations: readonly Conversation[]): string | Uint8Array;
}

export const FORMATS: readonly ExportFormat[] = [
  {
    label: 'JSON Lines',
    ending: 'jsonl',
    type: 'application/jsonl',
    write: conversations => conversations.flatMap(linesOf).join(''),
  },
  {
    label: 'HAR',
    ending: 'har',
    type: 'application/json',
    write: conversations => harOf(conversations, { inflate }),
  },
  { label: 'pcapng, for Wireshark', ending: 'pcapng', type: 'application/x-pcapng', write: pcapngOf },
];

/** Saves connections in a format. No DOM. */
export function exported({ ending, type, write }: ExportFormat, conversations: readonly Conversation[]): ExportedFile {
  const [only] = conversations;
  const name = conversations.length === 1 ? `connection-${only!.id}` : 'connections';
  return { name: `ws101-${name}.${ending}`, type, content: write(conversations) };
}

function linesOf({ id, client, server, isTls, events }: Conversation): string[] {
  const time = events[0]?.time;
  return [
    recordLine(id, { type: 'open', time, client, server, isTls }),
    ...events.map(event => recordLine(id, event)),
  ].map(line => `${line}\n`);
}

/** Returns the packets of all connections, in the order of their times. */
function pcapngOf(conversations: readonly Conversation[]): Uint8Array {
  const writer = new PcapngWriter();
  const events = conversations.flatMap(({ id, events }) => events.map(event => ({ id, event })));
  events.sort((a, b) => (a.event.time ?? 0) - (b.event.time ?? 0));
  const parts = [writer.start()];
  const opened = new Set<number>();
  for (const { id, event } of events) {
    if (!opened.has(id))
      parts.push(writer.open(id, { ...conversations.find(one => one.id === id)!, time: event.time }));
    opened.add(id);
    parts.push(writer.event(id, event));
  }
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}
