/** What people look at when they look at WebSocket: the wire as a trace, and a peer's text made safe to show. Pure. */

export { describeClose } from './frame-line.js';
export { type Paint, PLAIN } from './paint.js';
export { printableText } from './printable.js';
export { WireTrace, type WireTraceOptions } from './wire-trace.js';
