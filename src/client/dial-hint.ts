import type { HandshakePhase } from '../errors.js';
import { isAggregateError } from '../host-values.js';
import { HandshakeTimeout } from './failure.js';

/** What node's error codes mean to someone who only wanted a WebSocket, and what to try. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'no such host name: is it spelled right, and is there a network?'],
  ['EAI_AGAIN', 'the name server does not answer: is there a network?'],
  ['ECONNREFUSED', 'nothing listens at this port: is the server running, and is the port right?'],
  ['ENOENT', 'there is no socket at this path: is the server running?'],
  ['EACCES', 'this process may not open the socket'],
  ['EHOSTUNREACH', 'there is no route to this host'],
  ['ENETUNREACH', 'there is no route to this network'],
  ['ETIMEDOUT', 'nobody answers: a firewall may drop the packets'],
  ['ECONNRESET', 'the server, or something on the way, cut the connection'],
  ['EPROTO', 'the server does not speak TLS at this port: try ws://'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'the server does not speak TLS at this port: try ws://'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'the server does not speak TLS at this port: try ws://'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate is for another name: is the host right?'],
  ['CERT_HAS_EXPIRED', 'the certificate of the server has expired'],
  ['CERT_NOT_YET_VALID', 'the certificate is not valid yet: is the clock right?'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate is self-signed: to trust it, pass it as `tls: { ca }`'],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    'the certificate comes from an unknown authority: to trust it, pass its certificate as `tls: { ca }`',
  ],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'the certificate comes from an unknown authority: to trust it, pass its certificate as `tls: { ca }`',
  ],
  [
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'the certificate comes from an unknown authority: to trust it, pass its certificate as `tls: { ca }`',
  ],
]);

/** What it means that the time was over in a phase. */
const HINTS_OF_TIMEOUT: { readonly [phase in HandshakePhase]?: string } = {
  dns: 'the name server does not answer: is there a network?',
  connect: 'nobody answers: a firewall may drop the packets',
  tls: 'the TLS handshake does not end: does the server speak TLS at this port?',
};

/** The likely cause of a transport that could not be opened, where the error tells. */
export function hintOfDialing(cause: unknown, phase: HandshakePhase): string | undefined {
  if (cause instanceof HandshakeTimeout) return HINTS_OF_TIMEOUT[phase];
  const errors: unknown[] = isAggregateError(cause) ? [cause, ...cause.errors] : [cause];
  for (const error of errors) {
    const hint = HINTS.get(String((error as { code?: unknown }).code));
    if (hint !== undefined) return hint;
  }
  return phase === 'tls' ? 'the TLS handshake failed: does the server speak TLS at this port?' : undefined;
}
