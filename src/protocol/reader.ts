import { type Failure, FrameDecoder } from '../framing/frame-decoder.js';
import { MessageAssembler, type MessageSink } from '../framing/message-assembler.js';
import type { ProtocolHandler } from './handler.js';
import type { Protocol } from './protocol.js';

/** Called with each control frame, and the protocol that received it. `payload` is only valid during the call. */
export type ControlReceiver = (protocol: Protocol, opcode: number, payload: Uint8Array) => Failure | undefined;

/**
 * Readers that connections can borrow. Connections are read one after the other, so few readers are needed. A
 * connection keeps its reader in the middle of a message.
 */
const idleReaders: Reader[] = [];
const MAX_IDLE_READERS = 64;

/**
 * A decoder, an assembler, and the sink of the assembler. Between two messages they hold no state of a connection. So
 * an idle connection needs no reader, which saves a third of its memory.
 */
export class Reader implements MessageSink {
  readonly assembler: MessageAssembler;
  readonly decoder: FrameDecoder;
  /** Where the last frame of the last compressed message began. */
  compressedAt = 0;
  /** Whether the message that is being streamed is compressed. */
  #isCompressed = false;
  /** Undefined if the reader is idle, so that it does not keep a protocol in memory. */
  #protocol: Protocol | undefined;
  #handler: ProtocolHandler | undefined;
  #receiveControl: ControlReceiver | undefined;

  constructor() {
    this.assembler = new MessageAssembler(this, { maxMessageSize: 0, maxFragments: 0 });
    this.decoder = new FrameDecoder(this.assembler, { from: 'any' });
  }

  /** Whether it holds no state of the protocol that has borrowed it. */
  get isIdle(): boolean {
    return this.decoder.isIdle && this.assembler.isBetweenMessages;
  }

  /**
   * Returns an idle reader, or a new one. It passes messages to `handler` and control frames to `receiveControl`. The
   * borrower prepares its decoder and assembler by reuse().
   */
  static borrow(protocol: Protocol, handler: ProtocolHandler, receiveControl: ControlReceiver): Reader {
    const reader = idleReaders.pop() ?? new Reader();
    reader.#protocol = protocol;
    reader.#handler = handler;
    reader.#receiveControl = receiveControl;
    return reader;
  }

  /** Returns the reader to the idle ones. It must hold no state of its protocol. */
  release(): void {
    this.#protocol = undefined;
    this.#handler = undefined;
    this.#receiveControl = undefined;
    if (idleReaders.length < MAX_IDLE_READERS) idleReaders.push(this);
  }

  message(data: string | Uint8Array, isText: boolean): void {
    this.#handler!.message(data, isText);
  }

  messageStart(isText: boolean, isCompressed: boolean): void {
    this.#isCompressed = isCompressed;
    this.#handler!.messageStart?.(isText, isCompressed);
  }

  messagePart(data: string | Uint8Array): void {
    if (this.#isCompressed) this.compressedAt = this.decoder.header.offset;
    this.#handler!.messagePart?.(data);
  }

  messageEnd(): void {
    this.#handler!.messageEnd?.();
  }

  compressedMessage(bytes: Uint8Array, isText: boolean): void {
    this.compressedAt = this.decoder.header.offset;
    this.#handler!.compressedMessage?.(bytes, isText);
  }

  control(opcode: number, payload: Uint8Array): Failure | undefined {
    return this.#receiveControl!(this.#protocol!, opcode, payload);
  }
}
