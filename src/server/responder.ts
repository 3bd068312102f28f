import type { Duplex } from 'node:stream';
import type { HeaderLine } from '../handshake/header-fields.js';
import type { Http1UpgradeRequest } from '../handshake/http1/request-rules.js';
import { encodeAcceptance, encodeRefusal } from '../handshake/http1/responses.js';
import type { Refusal } from '../handshake/refusal.js';
import type { UpgradeRequest } from '../handshake/request.js';

/** Sends the answer to an opening handshake, as one version of HTTP writes it. */
export interface Responder<Request extends UpgradeRequest = UpgradeRequest> {
  /**
   * Sends the response that opens the connection.
   *
   * @param headers the subprotocol, the extensions, and the headers of the application
   */
  accept(duplex: Duplex, request: Request, headers: readonly HeaderLine[]): void;
  /** Sends a complete response that refuses the request. The caller ends the Duplex. */
  refuse(duplex: Duplex, refusal: Refusal): void;
}

/** HTTP/1.1: a 101 or a refusal, as bytes on the socket. */
export const HTTP1_RESPONDER: Responder<Http1UpgradeRequest> = {
  accept: (duplex, request, headers) => void duplex.write(encodeAcceptance(request, headers)),
  refuse: (duplex, refusal) => void duplex.write(encodeRefusal(refusal)),
};
