/**
 * Measures the codec without sockets: the cost of a frame in the decoder, in the decoder with the message assembler,
 * and in the encoder. Run it with `npm run bench:codec`.
 */
import { FrameDecoder, type FrameSink } from '../src/framing/frame-decoder.js';
import { FrameEncoder } from '../src/framing/frame-encoder.js';
import { MessageAssembler } from '../src/framing/message-assembler.js';
import { OPCODE } from '../src/framing/opcode.js';
import { OutputBuffer } from '../src/framing/output-buffer.js';
import { releaseOutput } from '../src/framing/slabs.js';
import { type Measurement, machine, measure, type Subject, table } from './measure.js';

/** The most that a socket reads at once. */
const CHUNK_SIZE = 65_536;

/**
 * A key of ASCII bytes. Every second run masks the chunk again, because it unmasks in place. ASCII text that is masked
 * with this key is still ASCII.
 */
const MASKING_KEY = 0x01020304;

const PAYLOADS = [20, 125, 1024, 65_536];

/** A subject, with the amount of data that one run handles. */
interface Case extends Subject {
  readonly payload: number;
  readonly frames: number;
}

/** As many frames of this payload as fill a chunk, at least 8, in chunks as read from a socket. */
function chunksOf(role: 'client' | 'server', opcode: number, payload: number): { chunks: Buffer[]; frames: number } {
  const encoder = new FrameEncoder(role, new OutputBuffer(), () => MASKING_KEY);
  const frames = Math.max(8, Math.floor(CHUNK_SIZE / (payload + 6)));
  for (let i = 0; i < frames; i++) encoder.frame(opcode, Buffer.alloc(payload, 'ws101 '));
  const stream = Buffer.concat(encoder.output.take());
  const chunks: Buffer[] = [];
  for (let at = 0; at < stream.length; at += CHUNK_SIZE) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_SIZE, stream.length - at));
    stream.copy(chunk, 0, at);
    chunks.push(chunk);
  }
  return { chunks, frames };
}

function decoding(name: string, from: 'client' | 'server', opcode: number, payload: number, sink: FrameSink): Case {
  const { chunks, frames } = chunksOf(from, opcode, payload);
  const decoder = new FrameDecoder(sink, { from, ownsChunks: true });
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) {
      for (const chunk of chunks) decoder.push(chunk);
    }
    if (decoder.error !== undefined) throw decoder.error;
  };
  return { name, payload, frames, run };
}

function encoding(name: string, role: 'client' | 'server', data: Buffer | string): Case {
  const encoder = new FrameEncoder(role);
  const opcode = typeof data === 'string' ? OPCODE.TEXT : OPCODE.BINARY;
  const frames = Math.max(8, Math.floor(CHUNK_SIZE / (data.length + 6)));
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) {
      for (let frame = 0; frame < frames; frame++) encoder.frame(opcode, data);
      for (const piece of encoder.output.take()) releaseOutput(piece);
    }
  };
  return { name, payload: data.length, frames, run };
}

const ignoring: FrameSink = { frameStart: () => undefined, framePayload: () => undefined, frameEnd: () => undefined };

function assembler(): MessageAssembler {
  const limits = { maxMessageSize: 2 ** 24, maxFragments: 131_072 };
  return new MessageAssembler({ message: () => {}, control: () => undefined }, limits, true);
}

function casesOf(payload: number): Case[] {
  return [
    decoding('decode masked, frames only', 'client', OPCODE.BINARY, payload, ignoring),
    decoding('decode unmasked, frames only', 'server', OPCODE.BINARY, payload, ignoring),
    decoding('decode masked binary messages', 'client', OPCODE.BINARY, payload, assembler()),
    decoding('decode unmasked binary messages', 'server', OPCODE.BINARY, payload, assembler()),
    decoding('decode masked text messages', 'client', OPCODE.TEXT, payload, assembler()),
    decoding('decode unmasked text messages', 'server', OPCODE.TEXT, payload, assembler()),
    encoding('encode as client, binary', 'client', Buffer.alloc(payload, 1)),
    encoding('encode as server, binary', 'server', Buffer.alloc(payload, 1)),
    encoding('encode as client, text', 'client', 'x'.repeat(payload)),
    encoding('encode as server, text', 'server', 'x'.repeat(payload)),
  ];
}

function row({ payload, frames }: Case, { name, median, spread }: Measurement): string[] {
  const perFrame = median / frames;
  return [
    name,
    String(payload),
    perFrame.toFixed(0),
    `± ${(spread * 100).toFixed(1)} %`,
    (1e3 / perFrame).toFixed(2),
    (payload / perFrame).toFixed(2),
  ];
}

console.log(`${machine()}\n`);
const cases = PAYLOADS.flatMap(casesOf);
const measurements = measure(cases);
const rows = cases.map((subject, i) => row(subject, measurements[i]!));
console.log(table(['', 'payload, bytes', 'ns per frame', 'spread', 'million frames/s', 'GB/s'], rows));
