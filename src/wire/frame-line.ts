import { CLOSE_CODE, closeCodeName } from '../framing/close-code.js';
import { type ClosePayload, parseClosePayload } from '../framing/close-payload.js';
import { RSV1, RSV2, RSV3 } from '../framing/frame-header.js';
import { isControl, OPCODE, opcodeName } from '../framing/opcode.js';
import { hexPreview, quotedPreview } from './fit.js';
import type { WatchedFrame } from './frame-watcher.js';
import { printableText } from './printable.js';
import { widthOf } from './width.js';

/** Shows a frame as a line of columns, in the order of the header's bits (RFC 6455 §5.2). */

/** The heading of the columns. */
export const FRAME_COLUMNS: string = columns('FIN', 'RSV', 'opcode', 'MASK', 'length', 'key', 'payload (unmasked)');

/** The column in which the payload begins. */
const PAYLOAD_COLUMN = FRAME_COLUMNS.indexOf('payload');

/**
 * A long payload is shortened to the room beside its header if there are this many columns, and otherwise put below.
 */
const ENOUGH_FOR_PAYLOAD = 40;

const INDENT = '    ';
const REASON = 'reason ';

/**
 * Formats a frame in lines of at most `width` columns: one line, or more if the payload does not fit beside the header.
 */
export function frameLines(frame: WatchedFrame, width: number): [string, ...string[]] {
  const beside = width - PAYLOAD_COLUMN;
  const below = width - INDENT.length;
  const place = (payload: string): [string, ...string[]] =>
    widthOf(payload) <= beside ? [columnsOf(frame, payload)] : [columnsOf(frame, ''), INDENT + payload];
  const close = closeOf(frame);
  if (close === undefined) {
    return place(payloadPreview(frame, beside < ENOUGH_FOR_PAYLOAD ? below : beside));
  }
  const whole = describeClose(close.code, close.reason);
  const code = `${describeClose(close.code, '')},`;
  const isWholeBelow = widthOf(code) > beside && widthOf(whole) <= below;
  if (close.reason === '' || widthOf(whole) <= beside || isWholeBelow) return place(whole);
  const reason = { start: frame.payload.subarray(2), end: frame.payloadEnd, length: frame.payloadLength - 2 };
  return [...place(code), INDENT + REASON + quotedPreview(reason, below - REASON.length)];
}

function columnsOf(frame: WatchedFrame, payload: string): string {
  const rsv = [RSV1, RSV2, RSV3].map(bit => ((frame.rsv & bit) === 0 ? '0' : '1')).join('');
  const key = frame.masked ? (frame.maskingKey >>> 0).toString(16).padStart(8, '0') : '';
  const [fin, mask] = [frame.fin ? '1' : '0', frame.masked ? '1' : '0'];
  return columns(fin, rsv, opcodeName(frame.opcode), mask, String(frame.payloadLength), key, payload);
}

function columns(
  fin: string,
  rsv: string,
  opcode: string,
  mask: string,
  length: string,
  key: string,
  payload: string,
): string {
  const bits = `${fin.padStart(2).padEnd(3)} ${rsv} ${opcode.padEnd(12)} ${mask.padStart(3).padEnd(4)}`;
  return `${bits} ${length.padStart(8)} ${key.padEnd(8)} ${payload}`.trimEnd();
}

/** Returns the content of a complete, valid Close frame. The watcher has checked its payload. */
function closeOf({ opcode, error, received, payloadLength, payload }: WatchedFrame): ClosePayload | undefined {
  const isLegal = opcode === OPCODE.CLOSE && error === undefined && received === payloadLength;
  return isLegal ? (parseClosePayload(payload) as ClosePayload) : undefined;
}

const COMPRESSED = 'deflated ';

function payloadPreview(frame: WatchedFrame, width: number): string {
  const { content, isCompressed, payload: start, payloadLength: length } = frame;
  if (start.length === 0) return '';
  // If the payload was cut off, the last bytes received are not its end.
  const end = frame.received === length ? frame.payloadEnd : start.subarray(0, 0);
  if (isCompressed) return COMPRESSED + hexPreview({ start, end, length }, width - COMPRESSED.length);
  const isText = content === OPCODE.TEXT || (isControl(content) && start.every(isPrintableAscii));
  return (isText ? quotedPreview : hexPreview)({ start, end, length }, width);
}

/** A control frame may carry any bytes; printable ASCII is shown as text. */
function isPrintableAscii(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

/** For example `1000 (normal closure), "bye"`, or `(no code)` for a Close frame without a body. */
export function describeClose(code: number, reason: string): string {
  if (code === CLOSE_CODE.NO_STATUS_RECEIVED) return '(no code)';
  const name = `${code} (${closeCodeName(code)})`;
  return reason === '' ? name : `${name}, "${printableText(reason)}"`;
}
