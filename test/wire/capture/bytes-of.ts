import type { Capture } from '../../../src/wire/capture/index.js';
import type { Side } from '../../../src/wire/index.js';

export const HELLO = '818537fa213d7f9f4d5158';

export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Returns the bytes of a side of one connection, as hex. */
export function sideHex(capture: Capture, from: Side, index = 0): string {
  const events = capture.conversations[index]?.events ?? [];
  return events.map(event => (event.type === 'bytes' && event.from === from ? hexOf(event.bytes) : '')).join('');
}
