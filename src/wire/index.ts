/**
 * What people look at: the bytes of a connection as a trace, and a peer's text made safe for a terminal. No I/O.
 *
 * The command stands on this folder and on the public API alone.
 */

export { encodeClosePayload } from '../framing/close-payload.js';
export { MAX_CONTROL_PAYLOAD } from '../framing/frame-header.js';
export { describeClose } from './frame-line.js';
export { type Paint, PLAIN } from './paint.js';
export { printableText } from './printable.js';
export { WireTrace, type WireTraceOptions } from './wire-trace.js';
