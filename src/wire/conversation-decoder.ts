import { type ClosePayload, isViolation, parseClosePayload } from '../framing/close-payload.js';
import { isControl, OPCODE } from '../framing/opcode.js';
import { ResponseBody } from '../handshake/http1/response-body.js';
import { HeaderFields } from '../header-fields.js';
import type { DeflateParameters } from '../permessage-deflate/parameters.js';
import type { Side, WireEvent } from './conversation.js';
import { type ConversationSummary, Summarizer } from './conversation-summary.js';
import type { WatchedFrame } from './frame-watcher.js';
import type { FrameItem, RemarkCode, Verdict, WireItem } from './items.js';
import { type Inflate, type Joined, MessageJoiner } from './message-joiner.js';
import type { Opening } from './opening.js';
import type { PlacedLine } from './parsed-head.js';
import { hexPair } from './printable.js';
import { type HandshakeRequest, judgeRequest } from './request-verdicts.js';
import { judgeResponse } from './response-verdicts.js';
import { StreamDecoder, type StreamOwner } from './stream-decoder.js';

/** Options of ConversationDecoder. */
export interface ConversationDecoderOptions {
  /** Inflates compressed messages. Without it, they stay compressed. */
  readonly inflate?: Inflate | undefined;
  /** How many bytes of the payload of a frame are kept. Default 16 MiB. */
  readonly maxPayload?: number | undefined;
  /** How many bytes of a message are kept. Default 16 MiB. */
  readonly maxMessage?: number | undefined;
}

const DEFAULT_MAX = 16 * 1024 * 1024;

/** How many Pings of one side may wait for their Pong. */
const MAX_PINGS = 256;

/** What one side has sent, beyond its bytes. */
interface SideState {
  readonly stream: StreamDecoder;
  joiner: MessageJoiner | undefined;
  hasClosed: boolean;
  /** Pings that the other side has not answered. */
  pings: FrameItem[];
}

/**
 * Decodes a captured connection: the opening handshake with a verdict on every line, frames, messages and the end. The
 * events may come one by one, while the connection lives; what is found depends neither on that nor on how the bytes
 * are cut. Memory is bounded by the options, whatever the peers send.
 */
export class ConversationDecoder {
  readonly #sides: Readonly<Record<Side, SideState>>;
  readonly #summary = new Summarizer();
  readonly #options: ConversationDecoderOptions;
  readonly #maxPayload: number;
  #items: WireItem[] = [];
  #time: number | undefined;
  #request: HandshakeRequest | undefined;
  #isOpen = false;
  /** Where the bytes of the server after its 101 begin. */
  #switchedAt: number | undefined;
  #deflate: DeflateParameters | undefined;
  #frames = 0;
  #messages = 0;
  #hasRemarkedNoHandshake = false;
  #isEnded = false;

  constructor(options: ConversationDecoderOptions = {}) {
    this.#options = options;
    this.#maxPayload = options.maxPayload ?? DEFAULT_MAX;
    const keptPayload = Math.max(this.#maxPayload, options.maxMessage ?? DEFAULT_MAX);
    const side = (name: Side): SideState => ({
      stream: new StreamDecoder(name, this.#owner(), keptPayload),
      joiner: undefined,
      hasClosed: false,
      pings: [],
    });
    this.#sides = { client: side('client'), server: side('server') };
  }

  /** Takes the next event. Returns what it completes. */
  push(event: WireEvent): readonly WireItem[] {
    const { from, time } = event;
    const { stream } = this.#sides[from];
    this.#time = time ?? this.#time;
    this.#summary.event(event);
    const offset = stream.received;
    switch (event.type) {
      case 'bytes':
        if (stream.isOver) break;
        stream.take(event.bytes);
        if (from === 'server' && this.#switchedAt !== undefined) {
          this.#summary.switched(event.bytes.subarray(Math.max(0, this.#switchedAt - offset)));
        }
        break;
      case 'gap': {
        const wasLost = stream.stage === 'lost';
        const isBridged = stream.skip(event.length);
        this.#add({ type: 'gap', from, time: this.#time, offset, length: event.length, isBridged });
        if (!isBridged && !wasLost) {
          const why = 'where the next frame begins is unknown, so nothing more of this side is decoded';
          this.#remark(from, 'not-decoded', 'note', why);
        }
        break;
      }
      case 'end':
        if (stream.isOver) break;
        this.#end(from);
        this.#add({ type: 'end', from, time: this.#time, offset, how: event.how });
        break;
      case 'message':
        this.#takeMessage(event);
    }
    return this.#taken();
  }

  /** Ends the input. Returns what was incomplete. */
  end(): readonly WireItem[] {
    if (this.#isEnded) return [];
    this.#isEnded = true;
    const { client, server } = this.#sides;
    // The response is not in the capture.
    if (client.stream.stage === 'waiting' && client.stream.hasHeld && this.#request?.isWebSocket === true) {
      this.#assumeOpen(client.stream);
    }
    for (const side of [client, server]) {
      this.#end(side.stream.side);
      const { undecoded } = side.stream;
      if (undecoded > 0)
        this.#remark(side.stream.side, 'not-decoded', 'note', `${undecoded} more bytes are not decoded`);
    }
    return this.#taken();
  }

  /** Returns what is known so far. */
  summary(): ConversationSummary {
    return this.#summary.summary();
  }

  #taken(): readonly WireItem[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #add(item: WireItem): void {
    this.#summary.add(item);
    this.#items.push(item);
  }

  #remark(
    from: Side,
    code: RemarkCode,
    verdict: Verdict,
    note: string,
    section?: string,
    offset: number = this.#sides[from].stream.offset,
  ): void {
    this.#add({ type: 'remark', from, time: this.#time, offset, code, verdict, note, section });
  }

  #end(from: Side): void {
    const { stream } = this.#sides[from];
    if (stream.isOver) return;
    const cut = stream.end();
    if (cut !== undefined) this.#remark(from, 'cut-off', 'note', `the bytes end within a ${cut}`);
    stream.isOver = stream.stage !== 'waiting';
  }

  #owner(): StreamOwner {
    return {
      opened: (stream, opening, bytes) => this.#opened(stream, opening, bytes),
      head: (stream, lines, isCutOff) =>
        stream.side === 'client' ? this.#takeRequest(lines, isCutOff) : this.#takeResponse(lines, isCutOff),
      body: ({ side }, bytes, offset, length) =>
        this.#add({ type: 'body', from: side, time: this.#time, offset, bytes, length }),
      frame: ({ side }, frame) => this.#takeFrame(side, frame),
      secondResponse: ({ side }) =>
        this.#remark(
          side,
          'second-response',
          'wrong',
          'a second HTTP response follows the 101, where frames belong: two handlers answered the same request',
          '§4.1',
        ),
      heldTooMuch: stream => this.#assumeOpen(stream),
    };
  }

  /** The first bytes are no head. */
  #opened(stream: StreamDecoder, opening: Exclude<Opening, 'head'>, bytes: Uint8Array): void {
    const { side } = stream;
    if (opening === 'tls') {
      const isAnswer = side === 'server' && this.#request !== undefined;
      stream.lose();
      if (isAnswer) this.#remark(side, 'tls', 'wrong', 'the server answers in TLS: its port is for wss:');
      else this.#remark(side, 'tls', 'note', 'the bytes are encrypted by TLS: capture inside it, or with its keys');
      return;
    }
    const { client } = this.#sides;
    // Whatever comes after a request is its answer, unless the capture misses the answer.
    const isAnswer = side === 'server' && client.stream.stage === 'waiting' && stream.offset === 0;
    if (opening === 'foreign' || isAnswer) {
      stream.lose();
      const isText = bytes.every(byte => byte >= 0x20 && byte < 0x7f);
      const shown = isText ? JSON.stringify(String.fromCharCode(...bytes)) : Array.from(bytes, hexPair).join(' ');
      this.#remark(
        side,
        'foreign',
        'wrong',
        `the ${side} speaks neither HTTP nor WebSocket: it begins with ${shown}`,
        '§4.1',
      );
      return;
    }
    this.#assumeOpen(stream);
    if (side === 'server' && client.stream.stage === 'waiting') client.stream.readFrames(this.#mayCompress, false);
  }

  /** Reads frames although no 101 was seen. */
  #assumeOpen(stream: StreamDecoder): void {
    if (!this.#isOpen && !this.#hasRemarkedNoHandshake) {
      this.#hasRemarkedNoHandshake = true;
      const what = this.#request === undefined ? 'the opening handshake is' : 'the response of the server is';
      this.#remark(stream.side, 'no-handshake', 'note', `${what} not in the capture; these are taken for frames`);
    }
    stream.readFrames(this.#mayCompress, !this.#isOpen);
  }

  get #mayCompress(): boolean {
    return !this.#isOpen || this.#deflate !== undefined;
  }

  #takeRequest(lines: readonly PlacedLine[], isCutOff: boolean): void {
    const { lines: judged, findings, facts } = judgeRequest(lines, isCutOff);
    const { stream } = this.#sides.client;
    const { isWebSocket } = facts;
    this.#summary.request(facts);
    this.#addHead('client', {
      kind: 'request',
      lines: judged,
      findings,
      status: undefined,
      isWebSocket,
      accept: undefined,
      isCutOff,
    });
    if (isCutOff) return;
    if (facts.method === 'PRI') {
      this.#remark('client', 'http2', 'note', 'this is HTTP/2, which is not decoded', 'RFC 9113 §3.4');
      return;
    }
    this.#request = facts;
    const isServerMidway = this.#sides.server.stream.stage === 'frames';
    if (isServerMidway) stream.readFrames(this.#mayCompress, false);
    else if (facts.contentLength === 0 || facts.method === 'CONNECT') stream.wait();
    else stream.readBody(bodyOf(200, new HeaderFields([['Content-Length', String(facts.contentLength)]])), 'waiting');
  }

  #takeResponse(lines: readonly PlacedLine[], isCutOff: boolean): void {
    const { client, server } = this.#sides;
    const request = this.#request;
    const response = judgeResponse(lines, request, isCutOff);
    const { status, accept, isWebSocket, deflate, headers } = response;
    if (!isCutOff) this.#summary.response(response);
    this.#addHead('server', {
      ...{ kind: 'response', lines: response.lines, findings: response.findings },
      ...{ status, isWebSocket, accept, isCutOff },
    });
    if (isCutOff || this.#isOpen) return;
    if (status === 101) {
      this.#isOpen = true;
      this.#switchedAt = server.stream.offset;
      this.#deflate = deflate;
      server.stream.switchProtocols(deflate !== undefined);
      if (client.stream.hasHeld) {
        // "the client MUST wait for a response from the server before sending any further data".
        this.#remark(
          'client',
          'frames-before-101',
          'wrong',
          'the client sent frames before the server had answered',
          '§4.1',
        );
      }
      if (client.stream.stage === 'waiting') client.stream.readFrames(deflate !== undefined, false);
    } else if (status !== undefined && status < 200) {
      server.stream.readHead();
    } else {
      this.#request = undefined;
      const isTunnel = request?.method === 'CONNECT' && (status ?? 0) < 300;
      const hasBody = !isTunnel && request?.method !== 'HEAD' && status !== undefined;
      if (hasBody) server.stream.readBody(bodyOf(status, headers), 'opening');
      else server.stream.restart();
      if (client.stream.stage === 'waiting') client.stream.restart();
    }
  }

  #addHead(from: Side, head: Omit<Extract<WireItem, { type: 'head' }>, 'type' | 'from' | 'time' | 'offset'>): void {
    this.#add({ type: 'head', from, time: this.#time, offset: head.lines[0]?.offset ?? 0, ...head });
  }

  #takeFrame(from: Side, watched: WatchedFrame): void {
    const side = this.#sides[from];
    const { payload, opcode, error } = watched;
    const index = ++this.#frames;
    const isWhole = error === undefined && watched.missing === 0 && watched.received === watched.payloadLength;
    const isShortened = payload.length > this.#maxPayload;
    const frame = this.#frameItem(from, index, watched);
    if (opcode === OPCODE.CLOSE && isWhole) frame.close = closeOf(payload);
    if (opcode === OPCODE.PONG && isWhole) frame.answers = this.#answered(from, payload);
    this.#add(isShortened ? { ...frame, payload: payload.slice(0, this.#maxPayload) } : frame);
    if (error !== undefined) {
      const { violation, detail, offset } = error;
      this.#add({ type: 'violation', from, time: this.#time, offset, violation, detail, frame: index });
    } else if (!isWhole && watched.missing === 0) {
      const { received, payloadLength } = watched;
      const end = watched.offset + watched.headerLength + received;
      const what = `the bytes end after ${received} of ${payloadLength} bytes of payload`;
      this.#remark(from, 'cut-off', 'note', what, undefined, end);
    }
    if (opcode === OPCODE.PING && isWhole) {
      side.pings.push(frame);
      if (side.pings.length > MAX_PINGS) side.pings.shift();
    }
    if (isControl(opcode)) {
      if (opcode === OPCODE.CLOSE && isWhole) side.hasClosed = true;
      return;
    }
    // "The application MUST NOT send any more data frames after sending a Close frame."
    if (side.hasClosed) {
      const what = `the ${from} sent a data frame after its Close frame`;
      this.#remark(from, 'frame-after-close', 'wrong', what, '§5.5.1', watched.offset);
    }
    side.joiner ??= this.#joinerOf(from);
    const joined = side.joiner.take(frame);
    if (joined !== undefined) this.#addMessage(joined, index);
  }

  #frameItem(from: Side, index: number, watched: WatchedFrame): Writable<FrameItem> {
    // Written out for speed, as in FrameWatcher.
    return {
      type: 'frame',
      from,
      time: this.#time,
      index,
      fin: watched.fin,
      rsv: watched.rsv,
      opcode: watched.opcode,
      masked: watched.masked,
      maskingKey: watched.maskingKey,
      payloadLength: watched.payloadLength,
      headerLength: watched.headerLength,
      offset: watched.offset,
      header: watched.header,
      content: watched.content,
      isCompressed: watched.isCompressed,
      payload: watched.payload,
      payloadEnd: watched.payloadEnd,
      received: watched.received,
      missing: watched.missing,
      error: watched.error,
      mayCompress: this.#mayCompress,
      close: undefined,
      answers: undefined,
    };
  }

  /** Returns the Ping that a Pong answers: the last one with the same payload (§5.5.3). */
  #answered(from: Side, payload: Uint8Array): FrameItem['answers'] {
    const { pings } = this.#sides[from === 'client' ? 'server' : 'client'];
    const at = pings.findLastIndex(ping => areEqual(ping.payload, payload));
    const ping = pings[at];
    if (ping === undefined) return undefined;
    // "If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in response to previous Ping frame(s),
    // the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame."
    pings.splice(0, at + 1);
    const after = ping.time === undefined || this.#time === undefined ? undefined : this.#time - ping.time;
    return { ping: ping.index, after };
  }

  #joinerOf(from: Side): MessageJoiner {
    const { inflate, maxMessage = DEFAULT_MAX } = this.#options;
    const isReset = from === 'client' ? this.#deflate?.clientNoContextTakeover : this.#deflate?.serverNoContextTakeover;
    const { startsMidway } = this.#sides[from].stream;
    return new MessageJoiner({ inflate, takesOver: isReset !== true, startsMidway, maxMessage });
  }

  #addMessage({ message, violation, detail }: Joined, frame: number): void {
    message.index = ++this.#messages;
    this.#add(message);
    if (violation === undefined) return;
    const { from, time, offset } = message;
    this.#add({ type: 'violation', from, time, offset, violation, detail, frame });
  }

  /** Takes a message of a source without frames. */
  #takeMessage({ from, opcode, data }: Extract<WireEvent, { type: 'message' }>): void {
    this.#add({
      ...{ type: 'message', from, time: this.#time, offset: 0, index: ++this.#messages, opcode },
      ...{ frames: undefined, data, length: data.length, compressedLength: undefined },
    });
  }
}

type Writable<Item> = { -readonly [Name in keyof Item]: Item[Name] };

function closeOf(payload: Uint8Array): ClosePayload | undefined {
  const close = parseClosePayload(payload);
  return isViolation(close) ? undefined : close;
}

function bodyOf(status: number, headers: HeaderFields): ResponseBody {
  return new ResponseBody({ version: '1.1', status, reason: '', headers });
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
