/** `ws101/handshake`: the opening handshake of RFC 6455 §4 by itself, from bytes to an agreement and back. */

export {
  type ExtensionOffer,
  type ExtensionParameter,
  parseExtensions,
  serializeExtensions,
} from './extension-header.js';
export { HeaderFields, type HeaderInput, type HeaderLine } from './header-fields.js';
export { ClientHandshake, type ClientHandshakeOptions } from './http1/client-handshake.js';
export { encodeRequestHead, encodeResponseHead, type RequestHead, type ResponseHead } from './http1/head.js';
export { DEFAULT_MAX_HEAD_SIZE, DEFAULT_MAX_HEADER_LINES, type HeadLimits } from './http1/head-reader.js';
export { acceptOf, createKey, isKey } from './http1/key.js';
export { judgeRequest } from './http1/request-rules.js';
export type { Agreement } from './http1/response-rules.js';
export { type AcceptOptions, acceptRequest, ServerHandshake } from './http1/server-handshake.js';
export type { OriginRule } from './origin.js';
export { encodeRefusal, Refusal, type RefusalOptions } from './refusal.js';
export {
  type ParsedRequest,
  type RequestSummary,
  requestHeadOf,
  summarizeRequest,
  type UpgradeRequest,
} from './request.js';
export { parseRequestTarget, type RequestTarget } from './request-target.js';
export { checkSubprotocols, parseSubprotocols, selectSubprotocol } from './subprotocol.js';
export {
  type ServerHandshakeOptions,
  UpgradePolicy,
  type UpgradePolicyOptions,
} from './upgrade-policy.js';
