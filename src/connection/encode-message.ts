import { isThenable } from '../host-values.js';
import type { PerMessageDeflate } from '../permessage-deflate/index.js';
import type { Protocol } from '../protocol/protocol.js';
import { payloadSize } from './payload.js';
import type { PreparedMessage } from './prepared-message.js';

/**
 * Passes a message to the protocol, compressed if that was negotiated and is worth it. The payload is copied, so its
 * memory may be reused when this returns.
 *
 * @returns a promise if compressing takes time
 */
export function encodeMessage(
  protocol: Protocol,
  deflate: PerMessageDeflate | undefined,
  payload: string | Uint8Array | PreparedMessage,
  isText: boolean,
  mayCompress: boolean,
): Promise<void> | undefined {
  if (!isTextOrBytes(payload)) return encodePrepared(protocol, deflate, payload, mayCompress);
  if (!mayCompress || deflate?.compresses(payloadSize(payload)) !== true) {
    protocol.send(payload, isText);
    return undefined;
  }
  const deflated = deflate.deflate(typeof payload === 'string' ? Buffer.from(payload, 'utf8') : Buffer.from(payload));
  if (!isThenable(deflated)) {
    protocol.sendCompressed(deflated, isText);
    return undefined;
  }
  return sendWhenDeflated(protocol, deflated, isText);
}

async function sendWhenDeflated(
  protocol: Protocol,
  deflated: Promise<Uint8Array | undefined>,
  isText: boolean,
): Promise<void> {
  const bytes = await deflated;
  // Undefined if the connection has closed.
  if (bytes !== undefined) protocol.sendCompressed(bytes, isText);
}

function encodePrepared(
  protocol: Protocol,
  deflate: PerMessageDeflate | undefined,
  message: PreparedMessage,
  mayCompress: boolean,
): Promise<void> | undefined {
  const isCompressible = mayCompress && message.mayCompress;
  const isCompressed = isCompressible && deflate?.compresses(message.size) === true;
  const standalone = isCompressed ? deflate?.standalone : undefined;
  // A client masks each frame with a key of its own. With context takeover, the compressed bytes depend on earlier
  // messages.
  if (protocol.role === 'client' || (isCompressed && standalone === undefined)) {
    return encodeMessage(protocol, deflate, message.payload, message.isText, isCompressible);
  }
  const frame = standalone === undefined ? message.frame : message.compressedFrame(standalone);
  if (isThenable(frame)) return frame.then(bytes => void protocol.sendEncoded(bytes));
  protocol.sendEncoded(frame);
  return undefined;
}

/** Returns whether a payload is text or bytes, as opposed to a Blob or a PreparedMessage. */
export function isTextOrBytes(payload: string | Uint8Array | Blob | PreparedMessage): payload is string | Uint8Array {
  return typeof payload === 'string' || ArrayBuffer.isView(payload);
}
