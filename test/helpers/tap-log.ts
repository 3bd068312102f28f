import type { TransportInfo } from '../../src/transport/transport-info.js';
import type { WireTap } from '../../src/transport/wire-tap.js';

/** Records the calls of a wire tap, in order. Consecutive `sent` or `received` calls become one entry. */
export class TapLog implements WireTap {
  readonly events: string[] = [];
  readonly transports: TransportInfo[] = [];
  readonly closings: Array<Error | undefined> = [];
  sentBytes: Buffer = Buffer.alloc(0);
  receivedBytes: Buffer = Buffer.alloc(0);

  connected(transport: TransportInfo): void {
    this.transports.push(transport);
    this.#note('connected');
  }

  sent(bytes: Uint8Array): void {
    this.sentBytes = Buffer.concat([this.sentBytes, bytes]);
    this.#note('sent');
  }

  received(bytes: Uint8Array): void {
    this.receivedBytes = Buffer.concat([this.receivedBytes, bytes]);
    this.#note('received');
  }

  ended(by: 'local' | 'remote'): void {
    this.#note(`${by} ended`);
  }

  closed(error?: Error): void {
    this.closings.push(error);
    this.#note(error === undefined ? 'closed' : 'closed by error');
  }

  #note(event: string): void {
    if (this.events.at(-1) !== event || !['sent', 'received'].includes(event)) this.events.push(event);
  }
}
