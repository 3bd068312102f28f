import { inflateRawSync, constants as zlib } from 'node:zlib';
import type { Inflate } from '../wire/index.js';

/** Inflates compressed messages with node:zlib, for a ConversationDecoder. */
export const inflate: Inflate = (compressed, history, limit) =>
  inflateRawSync(compressed, {
    // An empty dictionary is an error.
    ...(history.length > 0 ? { dictionary: history } : {}),
    // Without it, a message without a final block would count as cut off.
    finishFlush: zlib.Z_SYNC_FLUSH,
    maxOutputLength: limit,
  });
