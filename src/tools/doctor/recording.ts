import type { TransportInfo, WireTap } from '../../index.js';
import { now } from '../../timers.js';
import type { WireEvent } from '../../wire/index.js';

/** How many bytes of each side are kept. */
const KEPT = 256 * 1024;
const HEAD_END = '\r\n\r\n';

/** Keeps the first bytes of a connection, with their times. */
export class Recording implements WireTap {
  readonly events: WireEvent[] = [];
  readonly #clock: () => number;
  #kept = 0;
  remoteEnded = false;
  transport: TransportInfo | undefined;
  firstReceived: number | undefined;
  lastReceived: number | undefined;
  /** When bytes were last sent or received. */
  lastTraffic = 0;
  requestSent: number | undefined;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  connected(transport: TransportInfo): void {
    this.transport = transport;
  }

  sent(bytes: Uint8Array): void {
    this.requestSent ??= now();
    this.#keep('client', bytes);
  }

  received(bytes: Uint8Array): void {
    this.lastReceived = now();
    this.firstReceived ??= this.lastReceived;
    this.#keep('server', bytes);
  }

  ended(by: 'local' | 'remote'): void {
    if (by === 'remote') this.remoteEnded = true;
    this.events.push({ type: 'end', from: by === 'local' ? 'client' : 'server', time: this.#clock(), how: 'fin' });
  }

  closed(): void {}

  #keep(from: 'client' | 'server', bytes: Uint8Array): void {
    this.lastTraffic = now();
    const room = KEPT - this.#kept;
    if (room <= 0) return;
    // slice() of a Buffer would not copy it.
    const kept = new Uint8Array(bytes.subarray(0, room));
    this.#kept += kept.length;
    this.events.push({ type: 'bytes', from, time: this.#clock(), bytes: kept });
  }

  /** Returns the bytes of one side as latin1 text. */
  textOf(side: 'client' | 'server'): string {
    return this.events
      .map(event => (event.type === 'bytes' && event.from === side ? Buffer.from(event.bytes).toString('latin1') : ''))
      .join('');
  }

  /** Returns the status line of the final response, or '' if there is none. */
  get statusLine(): string {
    return this.#finalResponse().split('\r\n', 1)[0]!;
  }

  /** Returns the first bytes of the server after the head of its final response. */
  afterHead(): Uint8Array {
    const text = this.#finalResponse();
    const end = text.indexOf(HEAD_END);
    return Buffer.from(end === -1 ? '' : text.slice(end + HEAD_END.length, end + 256), 'latin1');
  }

  /** The text from the start of the final response, after the interim ones (RFC 9110 §15.2). */
  #finalResponse(): string {
    let text = this.textOf('server');
    while (/^HTTP\/1\.\d 1(?!01)\d\d/.test(text) && text.includes(HEAD_END)) {
      text = text.slice(text.indexOf(HEAD_END) + HEAD_END.length);
    }
    return text;
  }
}
