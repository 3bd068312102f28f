import { type Conversation, splitSides } from '../wire/index.js';

/** Connections, and what could not be read of them. */
export interface Capture {
  readonly conversations: readonly Conversation[];
  readonly notes: readonly string[];
}

/** Reads hex digits, or plain bytes. */
export function readCapture(bytes: Uint8Array): Capture {
  const text = Buffer.from(bytes).toString('latin1');
  const data = /^[0-9a-f\s]*$/i.test(text) ? Buffer.from(text.replaceAll(/\s/g, ''), 'hex') : bytes;
  const events = splitSides(data, undefined);
  return { conversations: [{ id: 1, client: undefined, server: undefined, events, notes: [] }], notes: [] };
}
