import { HandshakeError } from '../errors.js';
import type { Agreement } from '../handshake/agreement.js';
import { type DeflateSettings, judgeResponse, makeOffers, PerMessageDeflate } from '../permessage-deflate/index.js';

/**
 * Returns permessage-deflate as the server accepted it, or undefined if the server did not accept it or we did not
 * offer it. Returns an error if the server accepted what we did not offer: "the client MUST _Fail the WebSocket
 * Connection_" (RFC 7692 §5.1).
 */
export function agreedDeflate(
  agreement: Agreement,
  settings: DeflateSettings | undefined,
  maxMessageSize: number,
): PerMessageDeflate | undefined | HandshakeError {
  if (settings === undefined) return undefined;
  const agreed = judgeResponse(agreement.extensions, makeOffers(settings));
  if (agreed === undefined) return undefined;
  if (typeof agreed !== 'string') return new PerMessageDeflate('client', agreed, settings, maxMessageSize);
  return new HandshakeError(`the server's 101 is not valid: ${agreed} (RFC 7692 §7.1)`, {
    phase: 'response',
    fault: 'peer',
    status: 101,
    headers: agreement.headers,
    hint: 'the server does not follow RFC 7692; it may work without perMessageDeflate',
  });
}
