import { closeCodeName } from '../framing/close-code.js';
import { isViolation, parseClosePayload } from '../framing/close-payload.js';
import { headerLength, RSV1, RSV2, RSV3, writeHeader } from '../framing/frame-header.js';
import { OPCODE, opcodeName } from '../framing/opcode.js';
import { acceptOf } from '../handshake/http1/key.js';
import type { Side, WireEvent } from '../wire/conversation.js';
import { FrameWatcher, type WatchedFrame } from '../wire/frame-watcher.js';
import { HeadLines } from '../wire/head-lines.js';
import {
  headerOf,
  proveAccept,
  requestHeaderNote,
  requestLineNote,
  responseHeaderNote,
  statusLineNote,
  statusOf,
} from '../wire/head-notes.js';
import type { LiveRecord } from '../wire/live-record.js';
import type { FrameContext } from './components/frame-detail.js';
import type { Step } from './components/sequence-diagram.js';
import { Meter } from './meter.js';
import { durationText, hexPair } from './text.js';
import type { FieldView, FrameView, HeadLineView, HeadView } from './views.js';

export type State = 'connecting' | 'open' | 'closing' | 'closed' | 'refused' | 'failed';

const decoder = new TextDecoder();

/** One connection, decoded as its events arrive. No DOM. */
export class ConversationModel {
  readonly id: number;
  readonly client: string | undefined;
  readonly server: string | undefined;
  readonly isTls: boolean;
  readonly start: number | undefined;
  readonly heads: HeadView[] = [];
  readonly conclusions: HeadLineView[] = [];
  readonly frames: FrameView[] = [];
  readonly steps: Step[] = [];
  readonly meter = new Meter();
  readonly counts = { frames: 0, bytes: 0, wrong: 0 };
  target = '…';
  state: State = 'connecting';
  readonly #heads: Readonly<Record<Side, HeadReader>> = { client: new HeadReader(), server: new HeadReader() };
  #watchers: Readonly<Record<Side, FrameWatcher>> | undefined;
  #time: number | undefined;
  #key = '';
  readonly #ends: Side[] = [];
  readonly #closes: Side[] = [];

  constructor({ connection, client, server, isTls, time }: Extract<LiveRecord, { type: 'open' }>) {
    this.id = connection;
    this.client = client;
    this.server = server;
    this.isTls = isTls;
    this.start = time;
    this.#step('tcp', undefined, `${client ?? 'client'} connected to ${server ?? 'server'}`, isTls ? 'with TLS' : '');
  }

  push(event: WireEvent): void {
    this.#time = event.time;
    if (event.type === 'bytes') {
      this.counts.bytes += event.bytes.length;
      this.meter.count(event.time, 0, event.bytes.length, 0);
      this.#bytes(event.from, event.bytes);
    } else if (event.type === 'end') this.#end(event.from, event.how);
  }

  context(frame: FrameView): FrameContext {
    return { fields: fieldsOf(frame), start: this.start };
  }

  #bytes(from: Side, bytes: Uint8Array): void {
    const head = this.#heads[from];
    const start = head.isWhole ? 0 : head.take(bytes);
    if (start === undefined) return;
    if (this.heads.length < (from === 'client' ? 1 : 2)) this.#head(from, head);
    this.#watchers?.[from].push(bytes, start);
  }

  #head(from: Side, head: HeadReader): void {
    const [first = '', ...headers] = head.lines;
    const status = from === 'server' ? statusOf(first) : undefined;
    const lines = headers.map((text): HeadLineView => {
      const [name, value] = headerOf(text);
      const note = from === 'client' ? requestHeaderNote(name) : responseHeaderNote(name, value, status);
      if (name === 'sec-websocket-key') this.#key = value;
      return { text, note, verdict: note.startsWith('wrong') ? 'bad' : 'neutral' };
    });
    const note = from === 'client' ? requestLineNote(first) : statusLineNote(status);
    const verdict = status === undefined ? 'neutral' : status === 101 ? 'good' : 'bad';
    this.heads.push({ from, time: this.#time, lines: [{ text: first, note, verdict }, ...lines] });
    this.#step('handshake', from, first, note, verdict);
    if (from === 'client') this.target = first.split(' ')[1] ?? '…';
    else if (status !== 101) this.state = 'refused';
    else this.#open(headers);
  }

  #open(headers: readonly string[]): void {
    const values = new Map(headers.map(headerOf));
    const proof = proveAccept(this.#key, values.get('sec-websocket-accept'), acceptOf(this.#key));
    for (const text of proof.lines) this.conclusions.push({ text, note: '', verdict: 'neutral' });
    this.conclusions.push({ text: proof.verdict, note: '', verdict: proof.isRight ? 'good' : 'bad' });
    this.state = proof.isRight ? 'open' : 'failed';
    const compresses = values.get('sec-websocket-extensions')?.includes('permessage-deflate') === true;
    const watch = (from: Side) => new FrameWatcher(from, frame => this.#frame(from, frame), compresses);
    this.#watchers = { client: watch('client'), server: watch('server') };
  }

  #frame(from: Side, watched: WatchedFrame): void {
    const frame = frameView(from, watched, this.frames.length + 1, this.#time);
    const key = `${from === 'client' ? 'client' : 'server'} ${Array.from(frame.payload, hexPair).join('')}`;
    if (frame.opcode === OPCODE.PING) this.meter.ping(key, this.#time);
    const other = from === 'client' ? 'server' : 'client';
    let note = frame.note;
    if (frame.opcode === OPCODE.PONG) {
      const latency = this.meter.pong(key.replace(from, other), this.#time);
      if (latency !== undefined) note = `round trip ${durationText(latency)}`;
    }
    const shown = { ...frame, note };
    this.frames.push(shown);
    this.counts.frames++;
    this.meter.count(this.#time, 1, 0, frame.payloadLength);
    const isClose = frame.opcode === OPCODE.CLOSE;
    if (frame.error !== undefined) {
      this.counts.wrong++;
      this.state = 'failed';
    } else if (isClose) {
      this.#closes.push(from);
      this.state = 'closing';
    }
    const verdict = frame.error === undefined ? 'neutral' : 'bad';
    this.steps.push({
      act: isClose ? 'closing' : 'frames',
      from,
      time: this.#time,
      label: frame.opcodeName,
      note: frame.error?.text ?? note,
      verdict,
      frame: this.frames.length - 1,
      kind: verdict === 'bad' || isClose ? undefined : frame.opcodeName,
      size: frame.payloadLength,
    });
  }

  #end(from: Side, how: 'fin' | 'reset'): void {
    this.#ends.push(from);
    const text = how === 'fin' ? 'FIN: sends nothing more' : 'reset: the connection broke';
    this.#step('closing', from, text, '', how === 'fin' ? 'neutral' : 'bad');
    if (this.#ends.length < 2) return;
    const isClean = this.#closes.length >= 2;
    if (this.state !== 'refused') this.state = isClean ? 'closed' : 'failed';
    const end = isClean ? 'closed cleanly: both sides sent a Close frame' : 'not clean: a Close frame is missing';
    if (this.state !== 'refused') this.#step('closing', undefined, end, '', isClean ? 'good' : 'bad');
  }

  #step(
    act: Step['act'],
    from: Side | undefined,
    label: string,
    note: string,
    verdict: Step['verdict'] = 'neutral',
  ): void {
    this.steps.push({ act, from, time: this.#time ?? this.start, label, note, verdict });
  }
}

/** Collects the lines of a head. */
class HeadReader {
  readonly lines: string[] = [];
  readonly #lines = new HeadLines();
  isWhole = false;

  take(bytes: Uint8Array): number | undefined {
    let at = 0;
    for (let taken = this.#lines.take(bytes, at); taken !== undefined; taken = this.#lines.take(bytes, at)) {
      at = taken.next;
      if (taken.line.length === 0) {
        this.isWhole = true;
        return at;
      }
      this.lines.push(decoder.decode(taken.line.bytes));
    }
    return undefined;
  }
}

function frameView(from: Side, frame: WatchedFrame, number: number, time: number | undefined): FrameView {
  const { fin, rsv, opcode, masked, payloadLength, payload, offset, error } = frame;
  const header = new Uint8Array(headerLength(payloadLength, masked));
  writeHeader(header, 0, (fin ? 0x80 : 0) | rsv | opcode, payloadLength, masked ? frame.maskingKey : undefined);
  const names = [RSV1, RSV2, RSV3].flatMap((bit, i) => ((rsv & bit) === 0 ? [] : [`RSV${i + 1}`]));
  return {
    number,
    from,
    time,
    opcode,
    opcodeName: opcodeName(opcode),
    fin,
    rsv: names,
    payloadLength,
    size: header.length + payloadLength,
    offset,
    header,
    payload,
    isText: frame.content === OPCODE.TEXT,
    isCompressed: frame.isCompressed,
    maskingKey: masked ? header.subarray(header.length - 4) : undefined,
    note: opcode === OPCODE.CLOSE ? closeNote(payload) : '',
    error: error === undefined ? undefined : { text: error.violation.message, section: error.violation.section },
  };
}

function closeNote(payload: Uint8Array): string {
  const close = parseClosePayload(payload);
  if (isViolation(close)) return '';
  if (close.code === 1005) return 'no code';
  return `${close.code} ${closeCodeName(close.code)}${close.reason === '' ? '' : `: ${close.reason}`}`;
}

function fieldsOf(frame: FrameView): FieldView[] {
  const { header } = frame;
  const bit = (name: string, bitOffset: number, meaning: string): FieldView => ({
    name,
    bitOffset,
    bitLength: 1,
    value: String((header[bitOffset >> 3]! >> (7 - (bitOffset & 7))) & 1),
    meaning,
    section: '§5.2',
  });
  const short = header[1]! & 0x7f;
  const extended = short === 126 ? 16 : short === 127 ? 64 : 0;
  return [
    bit('FIN', 0, frame.fin ? 'the last frame of its message' : 'more frames of the message follow'),
    bit('RSV1', 1, frame.isCompressed ? 'compressed (RFC 7692)' : 'unused'),
    bit('RSV2', 2, 'unused'),
    bit('RSV3', 3, 'unused'),
    {
      name: 'opcode',
      bitOffset: 4,
      bitLength: 4,
      value: String(frame.opcode),
      meaning: frame.opcodeName,
      section: '§5.2',
    },
    bit(
      'MASK',
      8,
      frame.maskingKey === undefined ? 'not masked, as from every server' : 'masked, as from every client',
    ),
    {
      name: 'payload len',
      bitOffset: 9,
      bitLength: 7,
      value: String(short),
      meaning: 'bytes of payload',
      section: '§5.2',
    },
    ...(extended === 0
      ? []
      : [
          {
            name: 'extended payload length',
            bitOffset: 16,
            bitLength: extended,
            value: String(frame.payloadLength),
            meaning: 'bytes of payload',
            section: '§5.2',
          },
        ]),
    ...(frame.maskingKey === undefined
      ? []
      : [
          {
            name: 'masking key',
            bitOffset: 16 + extended,
            bitLength: 32,
            value: Array.from(frame.maskingKey, hexPair).join(' '),
            meaning: 'chosen by the client, new for each frame',
            section: '§5.3',
          },
        ]),
  ];
}
