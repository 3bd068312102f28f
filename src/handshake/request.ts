/** A request for a WebSocket connection, in terms that all versions of HTTP have. */
import type { ExtensionOffer } from './extension-header.js';
import type { HeaderFields } from './header-fields.js';

/** A request as it was made, valid or not. */
export interface RequestSummary {
  readonly method: string;
  /** The request target as it was sent. */
  readonly target: string;
  /** The path of the target; undefined if the target is malformed. */
  readonly path: string | undefined;
  /** The query of the target, '' if there is none; undefined if the target is malformed. */
  readonly query: string | undefined;
  /**
   * The authority of an absolute-form target, or else the Host header, as it was sent; undefined if there is neither.
   */
  readonly host: string | undefined;
  readonly headers: HeaderFields;
  /** The Origin header as it was sent. */
  readonly origin: string | undefined;
}

/** A request with a valid target and host. Nothing else has been checked. */
export interface AddressedRequest extends RequestSummary {
  /** The path of the target. It starts with `/` and is not percent-decoded. */
  readonly path: string;
  /** The part of the target after the first `?`, '' if there is none. `new URLSearchParams(query)` parses it. */
  readonly query: string;
  /** The requested host, with its port if one was sent: from an absolute-form target, otherwise from Host. */
  readonly host: string;
}

/** A valid opening handshake. */
export interface UpgradeRequest extends AddressedRequest {
  /** The subprotocols that the client offers, the preferred one first. */
  readonly subprotocols: readonly string[];
  /** The extensions that the client offers, the preferred one first. */
  readonly extensions: readonly ExtensionOffer[];
}
