import type { Conversation, Side } from '../conversation.js';
import { counted } from './capture.js';
import { isPlausibleFrame } from './plausible.js';

/** What a TCP connection carries. */
export type Carried = 'websocket' | 'tls' | 'http2' | 'http' | 'other';

/** How many bytes of a side may come before its request for a WebSocket. */
const MAX_BEFORE_UPGRADE = 262_144;

/** How many segments without a handshake are looked at, and how many of ten must look like frames. */
const [SAMPLE, MOST] = [64, 0.7];

export function carriedBy(conversation: Conversation): Carried {
  const client = beginning(conversation, 'client');
  const server = beginning(conversation, 'server');
  if (/^upgrade:[^\n]*websocket/im.test(client) || /^upgrade:[^\n]*websocket/im.test(server)) return 'websocket';
  // RFC 8446 §5.1: the type of the record, and the version 3.x.
  if ([client, server].some(text => /^[\x14-\x17]\x03[\x00-\x04]/.test(text))) return 'tls';
  if (client.startsWith('PRI * HTTP/2.0')) return 'http2';
  if (/^[A-Z]{3,10} \S+ HTTP\//.test(client) || server.startsWith('HTTP/')) return 'http';
  return hasFrames(conversation) ? 'websocket' : 'other';
}

function beginning({ events }: Conversation, side: Side): string {
  let text = '';
  for (const event of events) {
    if (event.type !== 'bytes' || event.from !== side) continue;
    text += latin1Of(event.bytes.subarray(0, MAX_BEFORE_UPGRADE - text.length));
    if (text.length >= MAX_BEFORE_UPGRADE) break;
  }
  return text;
}

/** Each byte becomes one character. TextDecoder's latin1 is windows-1252, which differs. */
function latin1Of(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

function hasFrames({ events }: Conversation): boolean {
  let [plausible, all] = [0, 0];
  for (const event of events) {
    if (event.type !== 'bytes') continue;
    all++;
    if (isPlausibleFrame(event.bytes)) plausible++;
    if (all === SAMPLE) break;
  }
  return plausible > 0 && plausible >= MOST * all;
}

/** What notes call the connections that are left out. */
const LEFT_OUT: Readonly<Record<Exclude<Carried, 'websocket' | 'tls'>, string>> = {
  http2: 'of HTTP/2, whose WebSockets (RFC 8441) ws101 does not decode',
  http: 'of HTTP without a WebSocket',
  other: 'of other protocols',
};

/** Returns the connections that carry a WebSocket, or all if there are none, and notes on the others. */
export function chosen(all: readonly Conversation[], note: (text: string) => void): readonly Conversation[] {
  const kinds = new Map<Carried, Conversation[]>();
  for (const conversation of all) {
    const kind = carriedBy(conversation);
    const same = kinds.get(kind);
    if (same === undefined) kinds.set(kind, [conversation]);
    else same.push(conversation);
  }
  const encrypted = kinds.get('tls') ?? [];
  if (encrypted.length > 0) {
    const servers = [...new Set(encrypted.map(({ server }) => server))].slice(0, 5).join(', ');
    note(
      `encrypted: ${counted(encrypted.length, 'connection')} (TLS, to ${servers}). Capture with ws101 tap instead, ` +
        'or decrypt the capture first',
    );
  }
  const webSockets = kinds.get('websocket');
  if (webSockets === undefined) return all;
  for (const kind of ['http', 'http2', 'other'] as const) {
    const count = kinds.get(kind)?.length ?? 0;
    if (count > 0) note(`not shown: ${counted(count, 'connection')} ${LEFT_OUT[kind]}`);
  }
  return webSockets;
}
