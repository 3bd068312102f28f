import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { inflate } from '../tools/index.js';
import {
  type Capture,
  CaptureError,
  type Conversation,
  ConversationDecoder,
  type ConversationSummary,
  diagnose,
  Explanation,
  type FrameItem,
  factsOf,
  itemRecord,
  PLAIN,
  printableText,
  readCapture,
  summaryRecord,
  type WireItem,
  wrapped,
} from '../wire/index.js';
import { COLORS, usesColor } from './colors.js';
import { columnsOf } from './columns.js';
import { diagnosisLines } from './doctor-report.js';
import { EXIT, type ExitCode, UsageError } from './exit-code.js';
import { type ExplainArguments, parseExplainArguments } from './explain-arguments.js';
import { EXPLAIN_HELP } from './explain-help.js';
import { plural } from './plural.js';
import type { StandardStreams } from './terminal.js';

/** With more frames, only those that break a rule are shown field by field. */
const FEW_FRAMES = 8;

/** How much of a payload is kept, in memory and in JSON. */
const MAX_KEPT = 65_536;

/** A connection, and what is known of it. */
interface Explained {
  readonly conversation: Conversation;
  readonly summary: ConversationSummary;
}

/** Runs `ws101 explain`. */
export async function explain(args: readonly string[], streams: StandardStreams): Promise<ExitCode> {
  const parsed = parseExplainArguments(args);
  if (parsed === 'help') {
    streams.stdout.write(EXPLAIN_HELP);
    return EXIT.OK;
  }
  const capture = captureOf(await bytesOf(parsed.file, streams.stdin), parsed.file);
  const all = capture.conversations.map(conversation => ({ conversation, summary: summaryOf(conversation) }));
  const chosen = choose(all, parsed.stream);
  const output = new Output(streams, parsed);
  if (parsed.json) for (const one of chosen) output.json(one);
  else output.people(capture.notes, all, chosen);
  await output.flushed();
  return chosen.every(({ summary }) => summary.isFine) ? EXIT.OK : EXIT.FAILURE;
}

async function bytesOf(file: string | undefined, stdin: Readable): Promise<Uint8Array> {
  if (file === undefined) {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function captureOf(bytes: Uint8Array, file: string | undefined): Capture {
  try {
    return readCapture(bytes, file);
  } catch (error) {
    if (error instanceof CaptureError) throw new UsageError(error.message);
    throw error;
  }
}

/** Decodes a connection without keeping what is found. */
function summaryOf(conversation: Conversation): ConversationSummary {
  const decoder = new ConversationDecoder({ inflate, maxPayload: 0, maxMessage: 0 });
  for (const event of conversation.events) decoder.push(event);
  decoder.end();
  return decoder.summary();
}

function* itemsOf(conversation: Conversation): Generator<WireItem> {
  const decoder = new ConversationDecoder({ inflate, maxPayload: MAX_KEPT, maxMessage: MAX_KEPT });
  for (const event of conversation.events) yield* decoder.push(event);
  yield* decoder.end();
}

/** Returns the connections that carry a WebSocket, or all if none does. */
function choose(all: readonly Explained[], stream: number | undefined): readonly Explained[] {
  if (stream !== undefined) {
    const one = all.filter(({ conversation }) => conversation.id === stream);
    if (one.length > 0) return one;
    const ids = all.map(({ conversation }) => conversation.id);
    throw new UsageError(`--stream must be one of ${ids.slice(0, 20).join(', ')}, got ${stream}`);
  }
  const webSockets = all.filter(isWebSocket);
  return webSockets.length > 0 ? webSockets : all;
}

function isWebSocket({ summary }: Explained): boolean {
  return summary.handshake !== 'none' && summary.request?.isWebSocket !== false;
}

class Output {
  readonly #streams: StandardStreams;
  readonly #arguments: ExplainArguments;

  constructor(streams: StandardStreams, parsed: ExplainArguments) {
    this.#streams = streams;
    this.#arguments = parsed;
  }

  /** Waits until the reader has taken what was written. */
  async flushed(): Promise<void> {
    const { stdout } = this.#streams;
    if (stdout.writableNeedDrain) await new Promise(resolve => stdout.once('drain', resolve).once('close', resolve));
  }

  json({ conversation, summary }: Explained): void {
    const { stdout } = this.#streams;
    const { id, client, server, notes } = conversation;
    const write = (record: object) => this.#line(JSON.stringify({ connection: id, ...record }));
    write({ type: 'connection', client, server, notes });
    for (const item of itemsOf(conversation)) {
      if (stdout.destroyed) return;
      if (!this.#isHidden(item)) write(itemRecord(item));
    }
    write(summaryRecord(summary));
    for (const diagnosis of diagnose(factsOf(summary))) write({ type: 'diagnosis', ...diagnosis });
  }

  people(notes: readonly string[], all: readonly Explained[], chosen: readonly Explained[]): void {
    const [only, second] = chosen;
    if (only === undefined) this.#line('There are no connections in this capture.');
    else if (second === undefined) this.#explain(only, othersText(all, only), notes);
    else this.#list(chosen, all, notes);
  }

  #rows(text: string, margin: string, paint: (text: string) => string = same): void {
    for (const row of wrapped(printableText(text), this.#columns - margin.length, 0)) this.#line(paint(margin + row));
  }

  /** Lists connections, each with its verdict. */
  #list(chosen: readonly Explained[], all: readonly Explained[], notes: readonly string[]): void {
    const { good, bad, note } = this.#paint;
    const left = all.length - chosen.length;
    const plain = left === 0 ? '' : `, and ${plural(left, 'connection')} without WebSocket`;
    this.#line(`${chosen.length} WebSocket connections${plain}`);
    for (const text of notes) this.#rows(text, '', note);
    for (const { conversation, summary } of chosen) {
      this.#line('');
      this.#line(
        `${summary.isFine ? good('✓') : bad('✗')} ${conversation.id}  ${note(placeOf(conversation, summary))}`,
      );
      this.#rows(summary.verdict, '    ');
    }
    this.#line('');
    this.#line(`ws101 explain ${this.#arguments.file ?? '-'} --stream N shows connection N.`);
  }

  #explain({ conversation, summary }: Explained, others: string, notes: readonly string[]): void {
    const { frames } = this.#arguments;
    const isFew = summary.sides.client.frames + summary.sides.server.frames <= FEW_FRAMES;
    const detailOf = (frame: FrameItem) => {
      if (frames === undefined) return isFew || frame.error !== undefined ? 'fields' : 'line';
      return frame.index >= frames[0] && frame.index <= frames[1] ? 'fields' : 'none';
    };
    const explanation = new Explanation({
      write: line => this.#line(line),
      paint: this.#paint,
      columns: this.#columns,
      start: summary.start,
      detailOf,
    });
    explanation.verdict(summary);
    const { note } = this.#paint;
    const place = [placeOf(conversation, summary), others].filter(part => part !== '').join('; ');
    if (place !== '') this.#rows(`connection ${conversation.id}: ${place}`, '', note);
    for (const text of [...notes, ...conversation.notes]) this.#rows(text, '', note);
    const count = summary.sides.client.frames + summary.sides.server.frames;
    if (frames !== undefined && frames[0] > count) this.#line(`The capture has ${plural(count, 'frame')}.`);
    for (const item of itemsOf(conversation)) {
      // The reader, such as head, has seen enough.
      if (this.#streams.stdout.destroyed) return;
      if (frames === undefined || item.type === 'frame' || item.type === 'message') explanation.item(item);
    }
    if (frames !== undefined) return;
    explanation.summary(summary);
    if (!isFew) this.#rows('--frames 3-7 shows frames 3 to 7 bit by bit.', '', note);
    const style = { paint: this.#paint, warn: this.#paint.heading, columns: this.#columns };
    for (const diagnosis of diagnose(factsOf(summary))) {
      for (const line of ['', ...diagnosisLines(diagnosis, style)]) this.#line(line);
    }
  }

  #isHidden(item: WireItem): boolean {
    const { frames } = this.#arguments;
    if (frames === undefined) return false;
    return item.type !== 'frame' || item.index < frames[0] || item.index > frames[1];
  }

  get #columns(): number {
    return columnsOf(this.#streams.stdout, process.env);
  }

  get #paint() {
    return usesColor(this.#streams.stdout, process.env) ? COLORS : PLAIN;
  }

  #line(line: string): void {
    this.#streams.stdout.write(`${line}\n`);
  }
}

/** For example `127.0.0.1:50000 → 127.0.0.1:80, 2026-11-29T10:00:00.000Z`. */
function placeOf({ client, server }: Conversation, { start }: ConversationSummary): string {
  const addresses =
    client === undefined && server === undefined ? [] : [`${client ?? 'client'} → ${server ?? 'server'}`];
  // A capture may have any number for a time.
  const isDate = start !== undefined && Math.abs(start) < MAX_DATE;
  return printableText([...addresses, ...(isDate ? [new Date(start).toISOString()] : [])].join(', '));
}

const MAX_DATE = 8.64e15;

function othersText(all: readonly Explained[], only: Explained): string {
  const others = all.filter(one => one !== only);
  const webSockets = others.filter(isWebSocket).length;
  const plain = others.length - webSockets;
  return [
    ...(webSockets === 0 ? [] : [`${plural(webSockets, 'other WebSocket connection')}`]),
    ...(plain === 0 ? [] : [`${plural(plain, 'connection')} without WebSocket`]),
  ].join(', ');
}

function same(text: string): string {
  return text;
}
