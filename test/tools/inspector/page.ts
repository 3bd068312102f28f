import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { connect, type WebSocketConnection } from '../../../src/index.js';
import type { Inspector } from '../../../src/tools/index.js';
import { decodeRecords, type LiveRecord, type Side } from '../../../src/wire/index.js';

/** The URL of the WebSocket of a page. */
export function liveUrl({ url }: Inspector): URL {
  const live = new URL(url.replace('http:', 'ws:'));
  live.pathname = '/live';
  return live;
}

/** An inspector page that has loaded: what it has received. */
export class Page {
  readonly texts: Record<string, unknown>[] = [];
  readonly records: LiveRecord[] = [];
  batches = 0;
  readonly connection: WebSocketConnection;

  private constructor(connection: WebSocketConnection) {
    this.connection = connection;
    connection.on('message', data => {
      if (typeof data === 'string') {
        this.texts.push(JSON.parse(data));
      } else {
        this.batches++;
        this.records.push(...decodeRecords(data));
      }
    });
  }

  static async open(shown: Inspector): Promise<Page> {
    const connection = await connect(liveUrl(shown));
    onTestFinished(() => connection.terminate());
    return new Page(connection);
  }

  async until(condition: (page: Page) => boolean): Promise<void> {
    while (!condition(this)) await once(this.connection, 'message');
  }

  /** Asks for a frame to be sent by hand. */
  send(connection: number, from: Side, frame: Uint8Array): void {
    const text = Buffer.from(frame).toString('base64');
    this.connection.send(JSON.stringify({ type: 'send', connection, from, frame: text }));
  }

  /** All bytes that a side has sent, in latin1. */
  bytes(from: Side): string {
    const parts = this.records.flatMap(record =>
      record.type === 'event' && record.event.type === 'bytes' && record.event.from === from
        ? [record.event.bytes]
        : [],
    );
    return Buffer.concat(parts).toString('latin1');
  }
}
