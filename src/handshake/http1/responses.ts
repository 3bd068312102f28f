/** The server's answers to an opening handshake over HTTP/1.1, as bytes (RFC 6455 §4.2.2). */
import { Buffer } from 'node:buffer';
import type { HeaderFields, HeaderLine } from '../header-fields.js';
import { type AcceptOptions, acceptanceHeaders } from '../negotiation.js';
import { type Refusal, withDefaults } from '../refusal.js';
import { encodeResponseHead } from './head.js';
import { acceptOf } from './key.js';
import type { Http1UpgradeRequest } from './request-rules.js';

/** RFC 9110 §7.8: a server that receives Upgrade and `Expect: 100-continue` MUST send a 100 before the 101. */
const CONTINUE = encodeResponseHead({ version: '1.1', status: 100, reason: 'Continue', headers: [] });

/**
 * Returns the bytes that accept a request: a 101, after a 100 if the client waits for one.
 *
 * @throws {TypeError | RangeError} if the client did not offer what is accepted, or if a header belongs to the
 *   handshake or can't be sent
 */
export function acceptRequest(request: Http1UpgradeRequest, options: AcceptOptions = {}): Uint8Array {
  return encodeAcceptance(request, acceptanceHeaders(request, options));
}

/** Returns the bytes that accept a request, with the headers that acceptanceHeaders() returned. */
export function encodeAcceptance(request: Http1UpgradeRequest, headers: readonly HeaderLine[]): Uint8Array {
  const response = encodeResponseHead({
    version: '1.1',
    status: 101,
    reason: 'Switching Protocols',
    headers: [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', acceptOf(request.key)],
      ...headers,
    ],
  });
  return request.expectsContinue ? Buffer.concat([CONTINUE, response]) : response;
}

/** A complete response, which is the last one on its connection. */
export interface FinalResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderFields;
  /** Sent as UTF-8. */
  readonly body: string;
  /** Whether this answers HEAD. The body is then not sent. */
  readonly answersHead: boolean;
}

/** Returns the bytes of a refusal. */
export function encodeRefusal(refusal: Refusal): Uint8Array {
  return encodeFinalResponse(refusal);
}

/** Returns the bytes of a response, without a body for status 204 and 304. */
export function encodeFinalResponse({
  status,
  reason,
  headers: given,
  body: text,
  answersHead,
}: FinalResponse): Uint8Array {
  // RFC 9110 §15.3.5, §15.4.5: these responses end with their head.
  const body = status === 204 || status === 304 ? undefined : Buffer.from(text, 'utf8');
  // RFC 9110 §15.5.22: a 426 MUST have an Upgrade header field.
  const headers = status === 426 ? withDefaults(given, [['Upgrade', 'websocket']]) : given;
  const all = withDefaults(headers, [
    // RFC 9110 §7.8: a sender of Upgrade MUST send the connection option `upgrade` too.
    ['Connection', headers.has('Upgrade') ? 'close, Upgrade' : 'close'],
    ...(body === undefined ? [] : [['Content-Type', 'text/plain; charset=utf-8'] as const]),
    // RFC 9110 §8.6: in a response to HEAD, it would have to be the length of the response to GET, which differs.
    ...(answersHead || body === undefined ? [] : [['Content-Length', String(body.length)] as const]),
  ]);
  const head = encodeResponseHead({ version: '1.1', status, reason, headers: all });
  return answersHead || body === undefined ? head : Buffer.concat([head, body]);
}
