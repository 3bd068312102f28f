/** permessage-deflate (RFC 7692), as used by client, server and connection. */
export { Deflater, type DeflaterOptions } from './deflater.js';
export { InflateFault } from './inflate-fault.js';
export type { InflateReceiver, InflateStream } from './inflate-stream.js';
export type { Inflated } from './inflater.js';
export {
  type DeflateSettings,
  PERMESSAGE_DEFLATE_OPTION_NAMES,
  type PerMessageDeflateOptions,
  resolvePerMessageDeflate,
} from './options.js';
export {
  type Acceptance,
  acceptOffer,
  type DeflateParameters,
  judgeResponse,
  makeOffers,
  PERMESSAGE_DEFLATE,
} from './parameters.js';
export { PerMessageDeflate } from './permessage-deflate.js';
