import type { HandshakePhase } from '../errors.js';
import { isAggregateError } from '../host-values.js';
import { HandshakeTimeout } from './failure.js';

const NOT_TLS = 'the server does not speak TLS at this port: try ws://';
const UNKNOWN_AUTHORITY = 'an unknown authority issued the certificate: to trust it, pass its certificate as tls.ca';

/** What the error codes of Node mean for a WebSocket client, and what to try. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'no such host name: is it spelled right, and is there a network?'],
  ['EAI_AGAIN', 'the name server does not answer: is there a network?'],
  ['ECONNREFUSED', 'nothing listens at this port: is the server running, and is the port right?'],
  ['ENOENT', 'there is no socket at this path: is the server running?'],
  ['EACCES', 'this process may not open the socket'],
  ['EADDRINUSE', 'another connection uses this port: is socket.localPort needed?'],
  ['EADDRNOTAVAIL', 'this machine does not have the local address: is socket.localAddress right?'],
  ['EHOSTUNREACH', 'there is no route to this host'],
  ['ENETUNREACH', 'there is no route to this network'],
  ['ETIMEDOUT', 'the host does not answer: a firewall may drop the packets'],
  ['ECONNRESET', 'the server, or a device on the way, cut the connection'],
  ['EPROTO', NOT_TLS],
  ['ERR_SSL_WRONG_VERSION_NUMBER', NOT_TLS],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', NOT_TLS],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'the certificate is for another name: is the host right? If so, pass tls.servername',
  ],
  ['CERT_HAS_EXPIRED', 'the certificate of the server has expired'],
  ['CERT_NOT_YET_VALID', 'the certificate is not valid yet: is the clock right?'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate is self-signed: to trust it, pass it as tls.ca'],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_AUTHORITY],
]);

/** What a timeout means, by phase. */
const HINTS_OF_TIMEOUT: { readonly [phase in HandshakePhase]?: string } = {
  dns: 'the name server does not answer: is there a network?',
  connect: 'the host does not answer: a firewall may drop the packets',
  tls: 'the TLS handshake does not end: does the server speak TLS at this port?',
};

/** Returns the likely cause why a transport could not be opened, or undefined if the error does not tell. */
export function hintOfDialing(cause: unknown, phase: HandshakePhase): string | undefined {
  if (cause instanceof HandshakeTimeout) return HINTS_OF_TIMEOUT[phase];
  const errors: unknown[] = isAggregateError(cause) ? [cause, ...cause.errors] : [cause];
  for (const error of errors) {
    const hint = HINTS.get(String((error as { code?: unknown } | null | undefined)?.code));
    if (hint !== undefined) return hint;
  }
  return phase === 'tls' ? 'the TLS handshake failed: does the server speak TLS at this port?' : undefined;
}
