import type { Conversation, WireEvent } from '../conversation.js';
import { splitSides } from '../split-sides.js';
import { type Capture, CaptureError, type CaptureFormat, counted, Notes } from './capture.js';
import { isDebugLog, readDebugLog } from './debug-log.js';
import { readHar } from './har.js';
import { readDump } from './hex-dump.js';
import { type Chunk, readHexText } from './hex-text.js';
import { conversationsIn } from './packets.js';
import { isPcap, pcapPackets } from './pcap.js';
import { isPcapng, pcapngPackets } from './pcapng.js';
import { isRecord, readRecords } from './records.js';
import { linkTypeOf, type Packet } from './segment.js';
import { textOf } from './text.js';

/**
 * Reads a capture of any format: pcap, pcapng, HAR, the lines of `recordLine()`, a hex dump, hex digits, or the bytes of
 * a connection. The content decides which; `name` is only for messages. Throws a `CaptureError` if it is none of them.
 * What is broken within a capture becomes a note.
 */
export function readCapture(bytes: Uint8Array, name?: string): Capture {
  try {
    return read(bytes);
  } catch (error) {
    if (!(error instanceof CaptureError) || name === undefined) throw error;
    throw new CaptureError(`${name}: ${error.message}`, error.offset);
  }
}

function read(bytes: Uint8Array): Capture {
  if (bytes.length === 0) throw new CaptureError('expected a capture, got 0 bytes');
  const other = OTHERS.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte));
  if (other !== undefined) throw new CaptureError(`expected a capture, got ${other.what}`, 0);
  const notes = new Notes();
  const note = (text: string) => notes.add(text);
  if (isPcap(bytes)) return ofPackets('pcap', bytes, pcapPackets(bytes, note), notes);
  if (isPcapng(bytes)) return ofPackets('pcapng', bytes, pcapngPackets(bytes, note), notes);
  const text = textOf(bytes);
  if (text === undefined || HEAD.test(text)) return ofChunks('bytes', [{ bytes, from: undefined }], []);
  if (text.trim() === '') throw new CaptureError('expected a capture, got only white space', 0);
  if (/^\s*\{/.test(text)) return readJson(bytes, text);
  if (isDebugLog(text)) return { format: 'log', conversations: readDebugLog(text), notes: [] };
  const chunks = readDump(text, notes) ?? readHexText(text);
  return ofDumpedPackets(chunks, notes) ?? ofChunks('dump', chunks, notes.all());
}

function ofPackets(format: CaptureFormat, file: Uint8Array, packets: Iterable<Packet>, notes: Notes): Capture {
  const conversations = conversationsIn(file, packets, note => notes.add(note));
  return { format, conversations, notes: notes.all() };
}

/** A dump can be of packets: what tcpdump -X prints, and what Wireshark copies. */
function ofDumpedPackets(chunks: readonly Chunk[], notes: Notes): Capture | undefined {
  if (chunks[0] === undefined || linkTypeOf(chunks[0].bytes) === undefined) return undefined;
  let others = 0;
  const file = new Uint8Array(chunks.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const packets: Packet[] = [];
  let start = 0;
  for (const { bytes } of chunks) {
    const linkType = linkTypeOf(bytes);
    if (linkType === undefined) {
      // tshark -x also prints what it has put together or unmasked.
      others++;
      continue;
    }
    file.set(bytes, start);
    packets.push({ time: undefined, linkType, start, end: start + bytes.length, length: bytes.length });
    start += bytes.length;
  }
  if (others > 0)
    notes.add(`left out: ${counted(others, 'dump')} that ${others === 1 ? 'is' : 'are'} not of a packet of TCP`);
  return ofPackets('dump', file, packets, notes);
}

/** Files that are no captures, and what to do. */
const OTHERS: ReadonlyArray<{ readonly magic: readonly number[]; readonly what: string }> = [
  { magic: [0x1f, 0x8b], what: 'a gzip file: decompress it first' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], what: 'a Zstandard file: decompress it first' },
  { magic: [0x50, 0x4b, 0x03, 0x04], what: 'a ZIP file: unpack it first' },
];

/** Text that is the bytes themselves: the head of a request or of a response. */
const HEAD = /^[\r\n]*(HTTP\/|[A-Z]{2,10} [/*h])/;

function readJson(bytes: Uint8Array, text: string): Capture {
  if (isRecord(text.trimStart().split('\n', 1)[0]!)) return readRecords(bytes);
  let json: unknown;
  try {
    json = JSON.parse(text.trimStart());
  } catch (error) {
    throw new CaptureError(
      `expected a HAR file or lines of ws101 tap, got broken JSON: ${(error as Error).message}`,
      0,
    );
  }
  if (json !== null && Object.hasOwn(Object(json), 'log')) return readHar(json as Record<string, unknown>);
  throw new CaptureError('expected a HAR file or lines of ws101 tap, got other JSON', 0);
}

/** Makes one connection of bytes without a container. */
function ofChunks(format: CaptureFormat, chunks: readonly Chunk[], notes: readonly string[]): Capture {
  const events = chunks.flatMap(({ bytes, from }): WireEvent[] =>
    from === undefined ? splitSides(bytes, undefined) : [{ type: 'bytes', from, time: undefined, bytes }],
  );
  if (events.length === 0) throw new CaptureError('expected bytes, got none', 0);
  const conversation: Conversation = { id: 1, client: undefined, server: undefined, events, notes: [] };
  return { format, conversations: [conversation], notes };
}
