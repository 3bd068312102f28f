import { FrameDecoder, type FrameDecoderOptions, type FrameSink } from '../../src/framing/frame-decoder.js';
import type { FrameHeader } from '../../src/framing/frame-header.js';
import { MessageAssembler, type MessageLimits } from '../../src/framing/message-assembler.js';

export interface CollectedFrame extends FrameHeader {
  readonly payload: number[];
}

/** Creates a sink that collects every complete frame, in order. */
export function collectFrames(): FrameSink & { readonly frames: CollectedFrame[] } {
  const frames: CollectedFrame[] = [];
  let frame: CollectedFrame;
  return {
    frames,
    frameStart: header => {
      frame = { ...header, payload: [] };
      return undefined;
    },
    framePayload: (bytes, start, end) => {
      for (let i = start; i < end; i++) frame.payload.push(bytes[i]!);
      return undefined;
    },
    frameEnd: () => void frames.push(frame),
  };
}

/** Decodes these chunks into frames. */
export function decodeFrames(chunks: readonly Uint8Array[], options: FrameDecoderOptions) {
  const sink = collectFrames();
  const decoder = new FrameDecoder(sink, options);
  for (const chunk of chunks) decoder.push(chunk);
  return { frames: sink.frames, error: decoder.error, decoder };
}

/** A message, or a control frame with its opcode and payload. */
export type Received = string | number[] | { readonly control: number; readonly payload: number[] };

const GENEROUS: MessageLimits = { maxMessageSize: 2 ** 24, maxFragments: 131_072 };

/** Creates a decoder with a message assembler, and collects what they deliver, in order. */
export function collectMessages(options: FrameDecoderOptions, limits: MessageLimits = GENEROUS) {
  const received: Received[] = [];
  const sink = {
    message: (data: string | Uint8Array) => void received.push(typeof data === 'string' ? data : [...data]),
    control: (opcode: number, payload: Uint8Array) => void received.push({ control: opcode, payload: [...payload] }),
  };
  const assembler = new MessageAssembler(sink, limits, options.ownsChunks);
  return { received, assembler, decoder: new FrameDecoder(assembler, options) };
}

/** Decodes these chunks into messages and control frames. */
export function decodeMessages(chunks: readonly Uint8Array[], options: FrameDecoderOptions, limits?: MessageLimits) {
  const { received, assembler, decoder } = collectMessages(options, limits);
  for (const chunk of chunks) decoder.push(chunk);
  return { received, error: decoder.error, decoder, assembler };
}
