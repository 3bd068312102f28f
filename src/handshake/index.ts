/** `ws101/handshake`: the opening handshake of RFC 6455 §4 by itself, from bytes to an agreement and back. */
export type { Agreement } from './agreement.js';
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
export { type Http1UpgradeRequest, judgeRequest } from './http1/request-rules.js';
export { type ParsedRequest, requestHeadOf, summarizeRequest } from './http1/request-summary.js';
export { acceptRequest, encodeRefusal } from './http1/responses.js';
export { ServerHandshake, type ServerHandshakeOptions } from './http1/server-handshake.js';
export { type AcceptOptions, acceptanceHeaders, negotiate, refusePath } from './negotiation.js';
export type { OriginRule } from './origin.js';
export { Refusal, type RefusalOptions } from './refusal.js';
export type { AddressedRequest, RequestSummary, UpgradeRequest } from './request.js';
export { parseRequestTarget, type RequestTarget } from './request-target.js';
export { checkSubprotocols, parseSubprotocols, selectSubprotocol } from './subprotocol.js';
export { UpgradePolicy, type UpgradePolicyOptions } from './upgrade-policy.js';
