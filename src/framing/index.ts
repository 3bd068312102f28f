/**
 * `ws101/framing`: the codec by itself. Bytes to frames (FrameDecoder), frames to messages (MessageAssembler), frames to bytes
 * (FrameEncoder, encodeFrame). No I/O, no timers; runs wherever there is a Uint8Array.
 */

export { ProtocolError, type Violation, WebSocketError } from '../errors.js';
export { CLOSE_CODE, closeCodeName, isCloseCodeOnWire } from './close-code.js';
export { type ClosePayload, encodeClosePayload, isViolation, parseClosePayload } from './close-payload.js';
export { type Breach, FrameDecoder, type FrameDecoderOptions, type FrameSink } from './frame-decoder.js';
export { encodeFrame, FrameEncoder } from './frame-encoder.js';
export { type FrameHeader, RSV1, RSV2, RSV3 } from './frame-header.js';
export { maskInPlace, maskTo } from './masking.js';
export { MessageAssembler, type MessageLimits, type MessageSink } from './message-assembler.js';
export { isControl, OPCODE, type Opcode, opcodeName } from './opcode.js';
export { OutputBuffer } from './output-buffer.js';
export { Utf8Validator } from './utf8-validator.js';
export { VIOLATION, type ViolationCode } from './violations.js';
