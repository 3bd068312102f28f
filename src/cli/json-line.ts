import type { CloseInfo, HandshakeError, WebSocketConnection } from '../index.js';

/** One line of `--json`: an object with the time, what happened, and its direction if it crossed the wire. */
type JsonLine = Readonly<Record<string, unknown>>;

/** Formats an event as a line of JSON, with its line end. */
export function jsonLine(event: JsonLine): string {
  return `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
}

export function openedEvent({ subprotocol, extensions }: WebSocketConnection, url: string): JsonLine {
  return { event: 'open', url, subprotocol, extensions };
}

/** A binary message is in base64. */
export function messageEvent(direction: 'in' | 'out', data: string | Uint8Array): JsonLine {
  return typeof data === 'string'
    ? { event: 'message', direction, type: 'text', data }
    : { event: 'message', direction, type: 'binary', data: Buffer.from(data).toString('base64') };
}

/** A file may be too large to be printed. */
export function fileEvent(size: number): JsonLine {
  return { event: 'message', direction: 'out', type: 'binary', size };
}

export function controlEvent(event: 'ping' | 'pong', direction: 'in' | 'out', payload: Uint8Array): JsonLine {
  return { event, direction, data: Buffer.from(payload).toString('base64') };
}

export function closeEvent({ code, reason, wasClean, initiator, cause }: CloseInfo): JsonLine {
  const direction = initiator === 'remote' ? 'in' : initiator === 'local' ? 'out' : undefined;
  return { event: 'close', direction, code, reason, wasClean, initiator, cause: cause?.message };
}

/** Why a connection was not opened: a HandshakeError, or only a summary if the user gave up. */
export type OpeningFailure = Pick<HandshakeError, 'summary'> & Partial<HandshakeError>;

export function failedEvent({ phase, status, summary, hint, body }: OpeningFailure): JsonLine {
  return { event: 'failed', phase, status, message: summary, hint, body };
}
