import { FrameDecoder } from '../framing/frame-decoder.js';
import { type FrameHeader, MAX_CONTROL_PAYLOAD, RSV1 } from '../framing/frame-header.js';
import { isControl, OPCODE } from '../framing/opcode.js';
import type { Role } from '../protocol/options.js';
import type { TransportInfo } from '../transport/transport-info.js';
import type { WireTap } from '../transport/wire-tap.js';
import { FRAMES, type FrameDiagnostic, MESSAGES } from './diagnostics.js';
import type { WebSocketConnection } from './websocket-connection.js';

/** Returns `tap`, or a tap that also publishes frames and messages if someone subscribes to them. */
export function withDiagnostics(
  tap: WireTap | undefined,
  connection: WebSocketConnection,
  role: Role,
  mayCompress: boolean,
): WireTap | undefined {
  if (!FRAMES.hasSubscribers && !MESSAGES.hasSubscribers) return tap;
  return new FramePublisher(tap, connection, role, mayCompress);
}

/**
 * Decodes the bytes of a connection a second time, for the channels `ws101:frame` and `ws101:message`, so that
 * connections without subscribers pay nothing.
 */
export class FramePublisher implements WireTap {
  readonly #tap: WireTap | undefined;
  readonly #sent: FrameDecoder;
  readonly #received: FrameDecoder;

  constructor(tap: WireTap | undefined, connection: WebSocketConnection, role: Role, mayCompress: boolean) {
    const peer = role === 'client' ? 'server' : 'client';
    const decoder = (from: Role, direction: FrameDiagnostic['direction']) =>
      new FrameDecoder(new PublishingSink(connection, role, direction), { from, assignedRsv: mayCompress ? RSV1 : 0 });
    this.#tap = tap;
    this.#sent = decoder(role, 'sent');
    this.#received = decoder(peer, 'received');
  }

  connected(transport: TransportInfo): void {
    this.#tap?.connected(transport);
  }

  sent(bytes: Uint8Array): void {
    this.#tap?.sent(bytes);
    this.#sent.push(bytes);
  }

  received(bytes: Uint8Array): void {
    this.#tap?.received(bytes);
    this.#received.push(bytes);
  }

  /** Takes bytes that arrived with the opening handshake, which the tap of the application has seen. */
  receivedEarly(bytes: Uint8Array): void {
    this.#received.push(bytes);
  }

  ended(by: 'local' | 'remote'): void {
    this.#tap?.ended(by);
  }

  closed(error?: Error): void {
    this.#tap?.closed(error);
  }
}

const NO_BYTES = Buffer.alloc(0);

/** Publishes the frames of one direction. */
class PublishingSink {
  readonly #common: Pick<FrameDiagnostic, 'connection' | 'role' | 'direction'>;
  #header: Readonly<FrameHeader> | undefined;
  /** The first bytes of the payload. */
  #payload: Buffer = NO_BYTES;
  /** The first frame of the current message, and what is known of the message. */
  #first: Readonly<FrameHeader> | undefined;
  #size = 0;
  #fragments = 0;

  constructor(connection: WebSocketConnection, role: Role, direction: FrameDiagnostic['direction']) {
    this.#common = { connection, role, direction };
  }

  frameStart(header: Readonly<FrameHeader>): undefined {
    this.#header = { ...header };
    this.#payload = NO_BYTES;
  }

  framePayload(bytes: Uint8Array, start: number, end: number): undefined {
    const room = MAX_CONTROL_PAYLOAD - this.#payload.length;
    if (room === 0 || !FRAMES.hasSubscribers) return;
    const kept = bytes.subarray(start, Math.min(end, start + room));
    this.#payload = Buffer.concat([this.#payload, kept]);
  }

  frameEnd(): undefined {
    const header = this.#header!;
    const { fin, rsv, opcode, masked, headerLength, payloadLength, offset } = header;
    if (FRAMES.hasSubscribers) {
      const frame = { fin, rsv: rsv >> 4, opcode, masked, headerLength, payloadLength, offset, payload: this.#payload };
      FRAMES.publish({ ...this.#common, ...frame });
    }
    if (isControl(opcode)) return;
    if (opcode !== OPCODE.CONTINUATION) {
      this.#first = header;
      this.#size = 0;
      this.#fragments = 0;
    }
    this.#size += payloadLength;
    this.#fragments++;
    if (!fin || this.#first === undefined || !MESSAGES.hasSubscribers) return;
    MESSAGES.publish({
      ...this.#common,
      type: this.#first.opcode === OPCODE.TEXT ? 'text' : 'binary',
      size: this.#size,
      isCompressed: (this.#first.rsv & RSV1) !== 0,
      fragments: this.#fragments,
    });
  }
}
