/** Fuzzes a Protocol with hostile frames, in both roles. */
import { Buffer } from 'node:buffer';
import { closeReasonOf } from '../../src/framing/close-payload.js';
import { FrameDecoder } from '../../src/framing/frame-decoder.js';
import { MessageAssembler } from '../../src/framing/message-assembler.js';
import { releaseOutput } from '../../src/framing/slabs.js';
import { VIOLATION } from '../../src/framing/violations.js';
import { Protocol, type ProtocolHandler, type Role } from '../../src/protocol/index.js';
import { rawFrame } from '../helpers/raw-frame.js';
import { framesIn, type Limits, type Trace, traceOf } from './frame-model.js';
import { mutateStream, stream } from './frame-streams.js';
import { joined, mutateBytes } from './mutate-bytes.js';
import { allocatedBy, byteByByte, expectLinearTime, expectSame, expectThat, segmentations } from './oracles.js';
import type { Target } from './target.js';

/** The bits of an input's first byte: the role and the limits. The other bytes are received. */
const IS_CLIENT = 0x01;
const HAS_SMALL_LIMITS = 0x02;
/** Whether the Protocol sends a Close frame before it receives anything. */
const HAS_CLOSED = 0x04;

const SMALL_LIMITS: Limits = { maxMessageSize: 1_000, maxFragments: 10 };
const LIMITS: Limits = { maxMessageSize: 2 ** 24, maxFragments: 131_072 };

/** The masking key of the client under test. */
const KEY = [0x12, 0x34, 0x56, 0x78] as const;
const KEY_WORD = 0x12345678;

/** Above 16 KiB of untaken output, only the latest Ping is answered. One Pong and a Close frame may be added. */
const MAX_OUTPUT = 16_384 + 2 * 131;

export const frames: Target = {
  name: 'frames',

  generate(random) {
    const settings = random.word() & 0xff;
    return joined(Uint8Array.of(settings), stream(random, (settings & IS_CLIENT) === 0));
  },

  mutate(input, random) {
    if (input.length === 0 || random.oneIn(3)) return mutateBytes(input, 0, random);
    return joined(input.subarray(0, 1), mutateStream(input.subarray(1), (input[0]! & IS_CLIENT) === 0, random));
  },

  async check(input, patience) {
    const settings = input[0] ?? 0;
    const bytes = input.subarray(1);
    const role: Role = settings & IS_CLIENT ? 'client' : 'server';
    const limits = settings & HAS_SMALL_LIMITS ? SMALL_LIMITS : LIMITS;
    const expected = traceOf(bytes, role === 'client' ? 'server' : 'client', limits);
    for (const [how, chunks] of segmentations(bytes)) {
      for (const ownsChunks of [true, false]) {
        const recorder = new Recorder(role, limits, ownsChunks);
        if (settings & HAS_CLOSED) recorder.close();
        for (const chunk of chunks) recorder.receive(new Uint8Array(chunk));
        recorder.expectTrace(expected, `${how}, ${ownsChunks ? 'in place' : 'copied'}:`);
      }
    }
    suspendedRun(bytes, role, limits).expectTrace(expected, 'suspended at each event:');
    expectChunksUnchanged(bytes, role, limits);
    expectBoundedMemory(bytes, role, limits);
    expectBoundedOutput(bytes, role, limits, expected);
    expectLinearTime(bytes.length, patience, () => run(byteByByte(bytes), role, limits));
    expectLinearTime(bytes.length, patience, () => run([bytes], role, limits));
    return outcomeOf(expected, role);
  },
};

/** A Protocol whose events and output are recorded. */
class Recorder {
  readonly protocol: Protocol;
  readonly events: string[] = [];
  readonly output: Uint8Array[] = [];
  readonly #onEvent: (recorder: Recorder) => void;
  #closedFirst = false;

  constructor(role: Role, limits: Limits, ownsChunks: boolean, onEvent: (recorder: Recorder) => void = () => {}) {
    const handler: ProtocolHandler = {
      message: data => this.#note(typeof data === 'string' ? `text ${JSON.stringify(data)}` : `binary ${hex(data)}`),
      ping: payload => this.#note(`ping ${hex(payload)}`),
      pong: payload => this.#note(`pong ${hex(payload)}`),
      closeReceived: (code, reason) => this.#note(`close ${code} ${JSON.stringify(reason)}`),
      failed: error => this.#note(`failed ${error.closeCode} ${error.violation.code} at ${error.offset}`),
    };
    this.#onEvent = onEvent;
    this.protocol = new Protocol(role, handler, { ...limits, ownsChunks, makeKey: () => KEY_WORD });
  }

  receive(chunk: Uint8Array): void {
    this.protocol.receive(chunk);
    this.takeOutput();
  }

  #note(event: string): void {
    this.events.push(event);
    this.takeOutput();
    this.#onEvent(this);
  }

  close(): void {
    this.protocol.close(1000);
    this.#closedFirst = true;
    this.takeOutput();
  }

  /** Copies the output and releases its memory, as a socket does. */
  takeOutput(): void {
    for (const piece of this.protocol.takeOutput()) {
      this.output.push(new Uint8Array(piece));
      releaseOutput(piece);
    }
  }

  expectTrace({ events, answers }: Trace, how: string): void {
    const { protocol } = this;
    expectSame('the events are those that the RFC requires', this.events, events, how);
    const key = protocol.role === 'client' ? { key: KEY } : {};
    // The implementation chooses the reason of a failing Close frame. expectLegalFailure() checks that it is legal.
    const reason = Buffer.from(protocol.error === undefined ? '' : closeReasonOf(protocol.error));
    const answered = answers.map(([opcode, payload], i) => {
      const isFailure = protocol.error !== undefined && i === answers.length - 1;
      return { opcode, payload: isFailure ? joined(payload, reason) : payload, ...key };
    });
    // Only one Close frame is sent.
    const expected = this.#closedFirst
      ? [{ opcode: 8, payload: Uint8Array.of(0x03, 0xe8), ...key }, ...answered.filter(({ opcode }) => opcode !== 8)]
      : answered;
    expectSame(
      'the answers are those that the RFC requires',
      joined(...this.output),
      joined(...expected.map(rawFrame)),
      how,
    );
    const last = events.at(-1) ?? '';
    const open = this.#closedFirst ? 'CLOSE_SENT' : 'OPEN';
    const state = last.startsWith('failed') ? 'FAILED' : last.startsWith('close') ? 'CLOSED' : open;
    expectSame('the state follows from the events', [protocol.state, protocol.unreadBytes], [state, 0], how);
    if (protocol.error !== undefined) expectLegalFailure(protocol, this.#closedFirst);
  }
}

/** A failed connection ends with a Close frame that has the violation's code and a reason that fits (§7.1.7). */
function expectLegalFailure({ error, sentClose }: Protocol, closedFirst: boolean): void {
  const row = VIOLATION[error!.violation.code];
  expectSame('a violation is in the table', error!.violation, row);
  const sent = closedFirst ? 1000 : row.closeCode;
  expectSame('the close code belongs to the violation', [error!.closeCode, sentClose?.code], [row.closeCode, sent]);
  expectThat('the close reason fits', Buffer.byteLength(sentClose?.reason ?? '') <= 123, `${sentClose?.reason}`);
}

function run(chunks: readonly Uint8Array[], role: Role, limits: Limits): Recorder {
  const recorder = new Recorder(role, limits, false);
  for (const chunk of chunks) recorder.receive(chunk);
  return recorder;
}

/** Suspends the Protocol at every event, and resumes it after everything has been received. */
function suspendedRun(bytes: Uint8Array, role: Role, limits: Limits): Recorder {
  const recorder = new Recorder(role, limits, false, ({ protocol }) => protocol.stopBefore('frame'));
  const middle = bytes.length >> 1;
  recorder.receive(bytes.subarray(0, middle));
  recorder.receive(bytes.subarray(middle));
  while (recorder.protocol.unreadBytes > 0) recorder.protocol.stopBefore('nothing');
  recorder.takeOutput();
  return recorder;
}

function expectChunksUnchanged(bytes: Uint8Array, role: Role, limits: Limits): void {
  const chunk = new Uint8Array(bytes);
  run([chunk], role, limits);
  expectSame('a chunk that is not owned stays unchanged', chunk, bytes);
}

/** Memory grows with the bytes that have arrived, not with announced lengths or the number of pieces. */
function expectBoundedMemory(bytes: Uint8Array, role: Role, limits: Limits): void {
  const assembler = new MessageAssembler({ message: () => {}, control: () => undefined }, limits);
  const decoder = new FrameDecoder(assembler, { from: role === 'client' ? 'server' : 'client' });
  const allocated = allocatedBy(() => {
    for (const byte of byteByByte(bytes)) {
      decoder.push(byte);
      const allowed = 2 * Math.min(decoder.offset, limits.maxMessageSize) + 1_024;
      expectThat(
        'retained memory is bounded by the input',
        assembler.retained <= allowed,
        `${assembler.retained} bytes retained after ${decoder.offset} bytes`,
      );
    }
  });
  // Each piece is copied to unmask it, appended to a buffer that doubles from 1 KiB, and copied out of it.
  const allowed = 8 * bytes.length + 1_100 * (1 + messagesIn(bytes));
  expectThat(
    'allocated memory is bounded by the input',
    allocated <= allowed,
    `${bytes.length} bytes, ${allocated} bytes of memory`,
  );
}

/** Counts the frames that may begin a message. */
function messagesIn(bytes: Uint8Array): number {
  return [...framesIn(bytes)].filter(({ opcode }) => opcode === 1 || opcode === 2).length;
}

/** If no one takes the output, it stays small and legal, and the latest Ping is answered. */
function expectBoundedOutput(bytes: Uint8Array, role: Role, limits: Limits, expected: Trace): void {
  const nothing = () => {};
  const handler = { message: nothing, ping: nothing, pong: nothing, closeReceived: nothing, failed: nothing };
  const protocol = new Protocol(role, handler, { ...limits, makeKey: () => KEY_WORD });
  protocol.receive(bytes);
  expectThat('output stays small', protocol.outputLength <= MAX_OUTPUT, `${protocol.outputLength} bytes wait`);
  const last = [...framesIn(joined(...protocol.takeOutput()))].at(-1);
  const answer = expected.answers.at(-1);
  expectSame(
    'the last answer is the last one required',
    [last?.opcode, last?.isWhole],
    answer === undefined ? [undefined, undefined] : [answer[0], true],
  );
  if (answer?.[0] === 10) expectSame('the latest ping is answered', last?.payload, new Uint8Array(answer[1]));
}

/** Returns the kinds of events in the order of their first occurrence, and how many events there were, up to 4. */
function outcomeOf({ events }: Trace, role: Role): string {
  const kinds = new Set(
    events.map(event =>
      event
        .replace(/^(text|binary|ping|pong) .*/s, '$1')
        .replace(/ at \d+$/, '')
        .replace(/ ".*/s, ''),
    ),
  );
  return `${role} ${[...kinds].join(' ')} ${Math.min(events.length, 4)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
