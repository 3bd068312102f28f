import { decodeUtf8, isUtf8, toBase64 } from '#platform';
import { OPCODE, opcodeName } from '../framing/opcode.js';
import type { ConversationSummary } from './conversation-summary.js';
import { type FrameField, frameFields } from './frame-fields.js';
import type { FrameItem, MessageItem, WireItem } from './items.js';

/** A value that JSON can hold. Properties that are undefined are left out. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Returns an item as a record for JSON: bytes are in base64, or text if they are the payload of a text message. */
export function itemRecord(item: WireItem): JsonRecord {
  switch (item.type) {
    case 'frame':
      return frameRecord(item);
    case 'message':
      return messageRecord(item);
    case 'body':
      return { ...item, bytes: toBase64(item.bytes) };
    case 'violation': {
      const { violation, ...rest } = item;
      const { code, message, section, closeCode } = violation;
      return { ...rest, code, message, section, closeCode };
    }
    default:
      return { ...item };
  }
}

function frameRecord(frame: FrameItem): JsonRecord {
  // Written out for speed, as in FrameWatcher.
  return {
    type: 'frame',
    from: frame.from,
    time: frame.time,
    offset: frame.offset,
    index: frame.index,
    fin: frame.fin,
    rsv: frame.rsv >> 4,
    opcode: frame.opcode,
    opcodeName: opcodeName(frame.opcode),
    masked: frame.masked,
    maskingKey: frame.masked ? (frame.maskingKey >>> 0).toString(16).padStart(8, '0') : undefined,
    payloadLength: frame.payloadLength,
    received: frame.received,
    missing: frame.missing === 0 ? undefined : frame.missing,
    compressed: frame.isCompressed,
    payload: toBase64(frame.payload),
    close: frame.close,
    answers: frame.answers,
    fields: frameFields(frame).map(fieldRecord),
    error: frame.error?.violation.code,
  };
}

/** A length of 64 bits may be too large for a number. */
function fieldRecord({ name, bit, bits, value, meaning, section, error }: FrameField): JsonRecord {
  const number = value > Number.MAX_SAFE_INTEGER ? String(value) : Number(value);
  return { name, bit, bits, value: number, meaning, section, error: error?.code };
}

function messageRecord({ data, ...message }: MessageItem): JsonRecord {
  const isText = message.opcode === OPCODE.TEXT && isUtf8(data, 0, data.length);
  return {
    ...message,
    opcodeName: opcodeName(message.opcode),
    ...(isText ? { text: decodeUtf8(data, 0, data.length) } : { data: toBase64(data) }),
  };
}

/** Returns a summary as a record for JSON. */
export function summaryRecord(summary: ConversationSummary): JsonRecord {
  const { request, response, violations, remarks, mistakes, ...rest } = summary;
  return {
    type: 'summary',
    ...rest,
    request: request && { method: request.method, target: request.target, host: request.host, origin: request.origin },
    response: response && {
      status: response.status,
      reason: response.reason,
      subprotocol: response.subprotocol,
      deflate: response.deflate,
    },
    mistakes: mistakes.length,
    violations: violations.length,
    remarks: remarks.map(({ code }) => code),
  };
}
