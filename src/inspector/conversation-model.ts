import { OPCODE } from '../framing/opcode.js';
import type { Conversation, Side, WireEvent } from '../wire/conversation.js';
import { ConversationDecoder } from '../wire/conversation-decoder.js';
import type { Diagnosis, Facts } from '../wire/diagnosis/index.js';
import { factsOf } from '../wire/facts-of.js';
import type { BodyItem, FrameItem, HeadItem, MessageItem, RemarkItem, WireItem } from '../wire/items.js';
import type { LiveRecord } from '../wire/live-record.js';
import { EventKeeper } from './event-keeper.js';
import type { FrameContext } from './frame-notes.js';
import { inflate } from './inflate.js';
import { Meter } from './meter.js';
import { endStep, StepRecorder } from './step-recorder.js';
import { plural } from './text.js';

/** How many bytes of a payload, and of a message, are kept. */
const MAX_KEPT = 2 ** 20;

/** How many frames are kept. */
const MAX_FRAMES = 200_000;

/** What a frame costs besides its payload, in bytes. */
const FRAME_COST = 400;

/**
 * - `connecting`: the opening handshake has not ended
 * - `refused`: the server answered, but did not accept
 * - `failed`: a rule was broken, so one side fails the connection
 * - `lost`: the connection ended without a closing handshake
 */
export type State = 'connecting' | 'open' | 'closing' | 'closed' | 'refused' | 'failed' | 'lost';

type Opened = Extract<LiveRecord, { type: 'open' }>;
type Happened = Extract<LiveRecord, { type: 'event' }>;

const OPTIONS = { inflate, maxPayload: MAX_KEPT, maxMessage: MAX_KEPT };

/** A decoder that begins somewhere in the bytes of a side. */
interface Midway {
  decoder: ConversationDecoder;
  /** Whether it has found where a frame begins. */
  isInStep: boolean;
}

/** One connection, decoded as its events arrive. No DOM. */
export class ConversationModel {
  readonly id: number;
  readonly client: string | undefined;
  readonly server: string | undefined;
  readonly isTls: boolean;
  readonly start: number | undefined;
  readonly heads: HeadItem[] = [];
  readonly remarks: RemarkItem[] = [];
  readonly meter = new Meter();
  /** The bytes of both sides, and how many rules were broken. */
  readonly counts = { bytes: 0, wrong: 0 };
  body: BodyItem | undefined;
  /** The likely causes of the problem, as the server sees them. */
  diagnoses: readonly Diagnosis[] = [];
  /** Grows when frames are dropped: a list of them must then be made again. */
  generation = 0;
  readonly #steps = new StepRecorder();
  readonly #keeper = new EventKeeper();
  readonly #decoder = new ConversationDecoder(OPTIONS);
  /** Decode the sides of which bytes were missed. */
  readonly #midway: { client?: Midway; server?: Midway } = {};
  readonly #received = { client: 0, server: 0 };
  #frames: FrameItem[] = [];
  /** How many frames were dropped. */
  #dropped = 0;
  /** Frames whose message is not complete, by their numbers in the decoder. */
  readonly #incomplete = new Map<number, FrameItem>();
  /** The messages of frames that do not show it alone. */
  readonly #messages = new WeakMap<FrameItem, MessageItem>();
  #cost = 0;
  readonly #closes = new Set<Side>();
  readonly #ends = new Set<Side>();
  #broken = '';

  constructor({ connection, client, server, isTls, time }: Opened) {
    this.id = connection;
    this.client = client;
    this.server = server;
    this.isTls = isTls;
    this.start = time;
    const label = `${client ?? 'the client'} connects to ${server ?? 'the server'}`;
    const note = isTls ? 'with TLS' : '';
    this.#steps.add({ act: 'tcp', from: undefined, time, label, note, verdict: 'note' });
  }

  get frames(): readonly FrameItem[] {
    return this.#frames;
  }

  /** How many frames there were, those dropped included. */
  get frameCount(): number {
    return this.#dropped + this.#frames.length;
  }

  /** About how much memory the connection takes, in bytes. */
  get cost(): number {
    return this.#cost + this.#keeper.cost;
  }

  /** The request target, such as `/chat`. */
  get target(): string {
    const head = this.heads.find(({ kind }) => kind === 'request');
    return head?.lines[0]?.text.split(' ')[1] ?? '…';
  }

  get state(): State {
    const [request, response] = [this.heads.find(isRequest), this.heads.findLast(head => !isRequest(head))];
    const isOver = this.#ends.size === 2;
    if (response !== undefined && !response.isWebSocket) return response.status === 101 ? 'failed' : 'refused';
    if (this.counts.wrong > 0) return 'failed';
    if (isOver) return this.#closes.size === 2 ? 'closed' : 'lost';
    if (response === undefined && request !== undefined) return 'connecting';
    if (response === undefined && this.#frames.length === 0) return 'connecting';
    return this.#closes.size > 0 ? 'closing' : 'open';
  }

  /** What is wrong, in one sentence; or ''. */
  get problem(): string {
    if (this.#broken !== '') return this.#broken;
    if (this.state !== 'refused' && this.state !== 'failed' && this.state !== 'lost') return '';
    const { verdict, isFine } = this.#decoder.summary();
    return isFine ? '' : verdict;
  }

  /** What is known of the problem, for a diagnosis. */
  get facts(): Facts {
    return factsOf(this.#decoder.summary());
  }

  /** All that is known of the connection, for an export. */
  get conversation(): Conversation {
    const { id, client, server, isTls } = this;
    return { id, client, server, isTls, events: this.#keeper.events, notes: [] };
  }

  /** What both sides agreed on, in a few words. */
  get agreement(): readonly string[] {
    const { response } = this.#decoder.summary();
    if (response === undefined || response.status !== 101) return [];
    const { subprotocol, deflate } = response;
    return [
      ...(subprotocol === '' ? [] : [`subprotocol ${subprotocol}`]),
      ...(deflate === undefined ? [] : ['permessage-deflate']),
    ];
  }

  get steps(): ReturnType<StepRecorder['steps']> {
    return this.#steps.steps();
  }

  push({ event, offset }: Happened): void {
    const { from } = event;
    const missing = offset - this.#received[from];
    if (missing > 0) this.#miss(from, missing, event.time);
    if (event.type === 'bytes') {
      this.#received[from] = offset + event.bytes.length;
      this.counts.bytes += event.bytes.length;
      this.meter.count(event.time, 0, event.bytes.length, 0);
    }
    if (event.type === 'gap') return;
    this.#keeper.push(event);
    const midway = this.#midway[from];
    if (midway !== undefined) this.#continue(midway, event);
    else for (const item of this.#decoder.push(event)) this.#take(item);
  }

  context(frame: FrameItem): FrameContext {
    return { start: this.start, message: this.#messages.get(frame) };
  }

  /** The payload of the message of a frame without compression, if it is known. */
  inflated(frame: FrameItem): Uint8Array | undefined {
    const message = frame.isCompressed ? this.#messages.get(frame) : undefined;
    return message?.note === undefined ? message?.data : undefined;
  }

  /** Drops the older half of the frames and events. */
  shrink(): void {
    this.#keeper.shrink();
    const count = Math.ceil(this.#frames.length / 2);
    for (const frame of this.#frames.slice(0, count)) this.#cost -= this.#costOf(frame);
    this.#frames = this.#frames.slice(count);
    this.#dropped += count;
    this.generation++;
  }

  /** Bytes are missing: the server dropped them, or a capture does not have them. */
  #miss(from: Side, length: number, time: number | undefined): void {
    const gap = { type: 'gap', from, time, length } as const;
    this.#keeper.push(gap);
    const label = `${plural(length, 'byte')} of the ${from} are missing`;
    this.#steps.add({ act: 'frames', from: undefined, time, label, note: '', verdict: 'note' });
    const midway = this.#midway[from];
    const items = (midway?.decoder ?? this.#decoder).push(gap);
    // Within a payload, the decoder knows where the next frame begins.
    const isBridged = items.some(item => item.type === 'gap' && item.isBridged);
    if (!isBridged) this.#midway[from] = { decoder: new ConversationDecoder(OPTIONS), isInStep: false };
    for (const item of items) if (item.type === 'frame') this.#takeFrame(item);
  }

  /**
   * Continues after a gap, with the first chunk that begins with a frame. Most chunks do: an endpoint writes whole
   * frames.
   */
  #continue(midway: Midway, event: WireEvent): void {
    const items = midway.decoder.push(event);
    const isWrong = items.some(
      item => item.type === 'violation' || (item.type === 'remark' && item.code === 'foreign'),
    );
    if (isWrong && !midway.isInStep) {
      midway.decoder = new ConversationDecoder(OPTIONS);
      return;
    }
    for (const item of items) {
      // Its messages are not kept: they may refer to what was missed.
      if (item.type === 'frame') this.#takeFrame(item);
      else if (item.type === 'end' || item.type === 'violation') this.#take(item);
      midway.isInStep ||= item.type === 'frame';
    }
  }

  #take(item: WireItem): void {
    switch (item.type) {
      case 'head':
        this.heads.push(item);
        this.#headStep(item);
        break;
      case 'body':
        if (item.from === 'server') this.body = item;
        break;
      case 'frame':
        this.#takeDecoded(item);
        break;
      case 'message':
        this.#takeMessage(item);
        break;
      case 'violation': {
        this.counts.wrong++;
        const { violation, detail, frame, from } = item;
        const what = `${violation.message}${detail === '' ? '' : `: ${detail}`} (${violation.section})`;
        if (this.#broken === '') this.#broken = `The ${from} broke a rule in frame ${frame}: ${what}.`;
        break;
      }
      case 'remark':
        this.remarks.push(item);
        if (item.verdict === 'wrong') this.counts.wrong++;
        this.#steps.add({ act: 'closing', ...item, label: item.note, note: item.section ?? '' });
        break;
      case 'end':
        this.#takeEnd(item.from, item.how, item.time);
        break;
    }
  }

  #headStep({ from, time, lines, kind, status }: HeadItem): void {
    const [first] = lines;
    const verdict = kind === 'request' || status === 101 ? 'note' : 'wrong';
    const isRight = status === 101 && first?.verdict !== 'wrong';
    const label = first?.text ?? '';
    this.#steps.add({
      act: 'handshake',
      from,
      time,
      label,
      note: first?.note ?? '',
      verdict: isRight ? 'right' : verdict,
    });
  }

  #takeDecoded(item: FrameItem): void {
    const frame = this.#takeFrame(item);
    const { fin, opcode, isCompressed } = item;
    if (opcode < OPCODE.CLOSE && (!fin || isCompressed || opcode === OPCODE.CONTINUATION)) {
      this.#incomplete.set(item.index, frame);
    }
  }

  /** Returns the frame with its number among those of all decoders. */
  #takeFrame(item: FrameItem): FrameItem {
    const index = this.frameCount + 1;
    const frame = item.index === index ? item : { ...item, index };
    this.#steps.frame(frame, index - 1);
    this.#frames.push(frame);
    this.#cost += this.#costOf(frame);
    if (this.#frames.length > MAX_FRAMES) this.shrink();
    this.meter.count(frame.time, 1, 0, frame.payloadLength);
    if (frame.answers?.after !== undefined) this.meter.roundTrip(frame.time, frame.answers.after);
    if (frame.close !== undefined) this.#closes.add(frame.from);
    return frame;
  }

  /** Keeps a message if its frames alone do not show it. */
  #takeMessage(message: MessageItem): void {
    const [first, last] = message.frames ?? [1, 0];
    for (let index = first; index <= last; index++) {
      const frame = this.#incomplete.get(index);
      if (frame === undefined) continue;
      this.#incomplete.delete(index);
      this.#messages.set(frame, message);
      // shrink() subtracts it with the last frame.
      if (frame.fin) this.#cost += message.data.length;
    }
  }

  /** What a frame costs, with the message that it completes. */
  #costOf(frame: FrameItem): number {
    const message = frame.fin ? this.#messages.get(frame) : undefined;
    return costOf(frame) + (message?.data.length ?? 0);
  }

  #takeEnd(from: Side, how: 'fin' | 'reset', time: number | undefined): void {
    this.#ends.add(from);
    this.#steps.add(endStep(from, how, time));
    if (this.#ends.size < 2 || this.state === 'refused') return;
    const isClean = this.#closes.size === 2;
    const label = isClean ? 'closed cleanly: both sides sent a Close frame' : 'not clean: a Close frame is missing';
    this.#steps.add({ act: 'closing', from: undefined, time, label, note: '', verdict: isClean ? 'right' : 'wrong' });
  }
}

function isRequest({ kind }: HeadItem): boolean {
  return kind === 'request';
}

function costOf({ payload }: FrameItem): number {
  return FRAME_COST + payload.length;
}
