/**
 * Output for people: captured connections decoded and judged, traces of the bytes of a connection, and the text of a
 * peer in a form that is safe for a terminal. No I/O.
 *
 * The command uses only this folder and the public API.
 */

export { encodeClosePayload } from '../framing/close-payload.js';
export { MAX_CONTROL_PAYLOAD, RSV1, RSV2, RSV3 } from '../framing/frame-header.js';
export { randomMaskingKey } from '../framing/masking-key.js';
export { OPCODE } from '../framing/opcode.js';
export { HeaderFields, type HeaderLine } from '../handshake/header-fields.js';
export { brokenRules } from './broken-rules.js';
export * from './capture/index.js';
export type { Conversation, Side, WireEvent } from './conversation.js';
export { ConversationDecoder, type ConversationDecoderOptions } from './conversation-decoder.js';
export type {
  CloseSummary,
  ConversationSummary,
  HandshakeOutcome,
  Mistake,
  RoundTrips,
  SideSummary,
  Silence,
} from './conversation-summary.js';
export * from './diagnosis/index.js';
export { Explanation, type ExplanationOptions } from './explain/explanation.js';
export { frameDiagram } from './explain/frame-diagram.js';
export { factsOf } from './facts-of.js';
export { factsFromText, factsToText } from './facts-text.js';
export { wrapped } from './fit.js';
export { frameBytes, type LengthForm, type RawFrame } from './frame-bytes.js';
export { type FrameField, type FrameFieldName, type FrameFieldsInput, frameFields } from './frame-fields.js';
export { describeClose } from './frame-line.js';
export { type HeadLine, HeadLines } from './head-lines.js';
export type {
  AcceptArithmetic,
  BodyItem,
  EndItem,
  Finding,
  Found,
  FrameItem,
  GapItem,
  HeadItem,
  JudgedLine,
  MessageItem,
  RemarkCode,
  RemarkItem,
  Verdict,
  ViolationItem,
  WireItem,
} from './items.js';
export { decodeRecords, encodeRecords, type LiveRecord } from './live-record.js';
export type { Inflate } from './message-joiner.js';
export { sideOf } from './opening.js';
export { type Paint, PLAIN } from './paint.js';
export { printableText } from './printable.js';
export { itemRecord, type JsonRecord, summaryRecord } from './records.js';
export type { HandshakeRequest } from './request-verdicts.js';
export { splitSides } from './split-sides.js';
export { widthOf } from './width.js';
export { WireTrace, type WireTraceOptions } from './wire-trace.js';
