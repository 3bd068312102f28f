/** Shows WebSocket to people: the bytes on the wire as a trace, and a peer's text made safe for a terminal. No I/O. */

export { describeClose } from './frame-line.js';
export { type Paint, PLAIN } from './paint.js';
export { printableText } from './printable.js';
export { WireTrace, type WireTraceOptions } from './wire-trace.js';
