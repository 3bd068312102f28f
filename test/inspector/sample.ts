import { encodeFrame } from '../../src/framing/index.js';
import { ConversationModel } from '../../src/inspector/conversation-model.js';
import type { Side, WireEvent } from '../../src/wire/conversation.js';

const REQUEST = [
  'GET /chat HTTP/1.1',
  'Host: example.com',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];
const RESPONSE = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
];

/** Feeds a ConversationModel as the server of the page does. Every event is a millisecond later. */
export class Sample {
  readonly model = new ConversationModel({
    type: 'open',
    connection: 1,
    client: '127.0.0.1:5',
    server: '127.0.0.1:6',
    isTls: false,
    time: 1000,
  });
  readonly #offsets = { client: 0, server: 0 };
  #time = 1000;

  /** The opening handshake. `extensions` are agreed on. */
  handshake(extensions?: string): this {
    const extra = extensions === undefined ? [] : [`Sec-WebSocket-Extensions: ${extensions}`];
    return this.head('client', ...REQUEST, ...extra).head('server', ...RESPONSE, ...extra);
  }

  head(from: Side, ...lines: readonly string[]): this {
    return this.bytes(from, Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  }

  frame(from: Side, opcode: number, payload: string | Uint8Array, fin = true, rsv = 0): this {
    return this.bytes(from, encodeFrame(from, opcode, payload, fin, rsv));
  }

  bytes(from: Side, bytes: Uint8Array): this {
    this.#push({ type: 'bytes', from, time: this.#time++, bytes: Uint8Array.from(bytes) });
    this.#offsets[from] += bytes.length;
    return this;
  }

  /** Bytes that never reach the page. */
  miss(from: Side, length: number): this {
    this.#offsets[from] += length;
    return this;
  }

  end(from: Side, how: 'fin' | 'reset' = 'fin'): this {
    this.#push({ type: 'end', from, time: this.#time++, how });
    return this;
  }

  #push(event: WireEvent): void {
    this.model.push({ type: 'event', connection: 1, event, offset: this.#offsets[event.from] });
  }
}
