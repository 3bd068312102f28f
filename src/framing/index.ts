/**
 * `ws101/framing`: the codec by itself. FrameDecoder turns bytes into frames, MessageAssembler turns frames into
 * messages, FrameEncoder and encodeFrame() turn frames into bytes. It has no I/O and no timers, and runs in browsers
 * too.
 */

export { ProtocolError, type Violation, type ViolationCode, WebSocketError } from '../errors.js';
export { CLOSE_CODE, closeCodeName, isCloseCodeOnWire } from './close-code.js';
export { type ClosePayload, encodeClosePayload, isViolation, parseClosePayload } from './close-payload.js';
export { type Failure, FrameDecoder, type FrameDecoderOptions, type FrameSink } from './frame-decoder.js';
export { encodeFrame, FrameEncoder } from './frame-encoder.js';
export { type FrameHeader, RSV1, RSV2, RSV3 } from './frame-header.js';
export { maskInPlace, maskTo } from './masking.js';
export { MessageAssembler, type MessageLimits, type MessageSink } from './message-assembler.js';
export { isControl, OPCODE, type Opcode, opcodeName } from './opcode.js';
export { OutputBuffer } from './output-buffer.js';
export { Utf8Validator } from './utf8-validator.js';
export { VIOLATION } from './violations.js';
