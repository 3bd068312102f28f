/**
 * Output for people: traces of the bytes of a connection, and the text of a peer in a form that is safe for a terminal.
 * No I/O.
 *
 * The command uses only this folder and the public API.
 */

export { encodeClosePayload } from '../framing/close-payload.js';
export { MAX_CONTROL_PAYLOAD } from '../framing/frame-header.js';
export { describeClose } from './frame-line.js';
export { type Paint, PLAIN } from './paint.js';
export { printableText } from './printable.js';
export { WireTrace, type WireTraceOptions } from './wire-trace.js';
