/** `ws101/handshake`: the opening handshake of RFC 6455 §4 by itself, from bytes to an agreement and back. */
export type { Agreement } from './agreement.js';
export { ClientHandshake, type ClientHandshakeOptions } from './client-handshake.js';
export {
  type ExtensionOffer,
  type ExtensionParameter,
  parseExtensions,
  serializeExtensions,
} from './extension-header.js';
export { DEFAULT_MAX_HEAD_SIZE, DEFAULT_MAX_HEADER_LINES, type HeadLimits } from './head-reader.js';
export {
  encodeRequestHead,
  encodeResponseHead,
  HeaderFields,
  type HeaderInput,
  type HeaderLine,
  type RequestHead,
  type ResponseHead,
} from './http-head.js';
export { acceptOf, createKey, isKey } from './key.js';
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
export { type AcceptOptions, acceptRequest, ServerHandshake } from './server-handshake.js';
export { checkSubprotocols, parseSubprotocols, selectSubprotocol } from './subprotocol.js';
export {
  type ServerHandshakeOptions,
  UpgradePolicy,
  type UpgradePolicyOptions,
} from './upgrade-policy.js';
export { judgeRequest } from './upgrade-request.js';
