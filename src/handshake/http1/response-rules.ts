/** The rules for a 101 (RFC 6455 §4.1, the steps after "The client MUST validate the server's response as follows"). */
import { type Agreement, agreementOf, type Offer } from '../agreement.js';
import { parseTokenList } from '../grammar.js';
import { mismatch } from '../quoted.js';
import type { ResponseHead } from './head.js';
import { acceptOf } from './key.js';

/** The values of a request that the response must match. */
export interface Http1Offer extends Offer {
  readonly key: string;
}

/** Checks a 101. Returns the agreement, or a sentence that says what is wrong with the response. */
export function judgeResponse(head: ResponseHead, offer: Http1Offer): Agreement | string {
  const { headers } = head;

  // RFC 9110 §7.8: Upgrade does not exist in HTTP/1.0, so neither does a 101.
  if (!/^1\.[1-9]$/.test(head.version)) return mismatch('the HTTP version', '1.1', [head.version]);

  // 2. The Upgrade header "contains a value that is not an ASCII case-insensitive match for the value "websocket"":
  // fail.
  const upgrade = headers.all('Upgrade');
  if (upgrade.length !== 1 || upgrade[0]!.toLowerCase() !== 'websocket') {
    return mismatch('Upgrade', 'websocket', upgrade);
  }

  // 3. The Connection header "doesn't contain a token that is an ASCII case-insensitive match for the value "Upgrade"":
  // fail.
  const connection = headers.all('Connection');
  if (!parseTokenList(connection)?.some(option => option.toLowerCase() === 'upgrade')) {
    return mismatch('Connection', 'a list with the token `upgrade`', connection);
  }

  // 4. Sec-WebSocket-Accept is not the base64-encoded SHA-1 of key and GUID: fail. §11.3.3: MUST NOT appear more than
  // once.
  const accept = headers.all('Sec-WebSocket-Accept');
  const expectedAccept = acceptOf(offer.key);
  if (accept.length !== 1 || accept[0] !== expectedAccept) {
    return mismatch('Sec-WebSocket-Accept', `exactly ${expectedAccept}, computed from our key`, accept);
  }

  return agreementOf(headers, offer);
}
