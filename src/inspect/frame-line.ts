import { CLOSE_CODE, closeCodeName } from '../framing/close-code.js';
import { type ClosePayload, parseClosePayload } from '../framing/close-payload.js';
import { RSV1, RSV2, RSV3 } from '../framing/frame-header.js';
import { isControl, OPCODE, opcodeName } from '../framing/opcode.js';
import type { WatchedFrame } from './frame-watcher.js';
import { hexPreview, printableText, quotedPreview } from './printable.js';
import { TEXT_COLUMNS } from './trace-writer.js';

/** A frame as one line of columns, in the order of the header's bits (RFC 6455 §5.2). */

/** How many columns a payload may take, so that a line with its time and arrow stays within 100. */
export const PAYLOAD_COLUMNS = 43;

/** What stands above the columns. */
export const FRAME_COLUMNS: string = columns('FIN', 'RSV', 'opcode', 'MASK', 'length', 'key', 'payload (unmasked)');

/** One line; two where a Close frame has a reason too long for the first. */
export function frameLines(frame: WatchedFrame): [string, ...string[]] {
  const close = closeOf(frame);
  if (close === undefined) return [columnsOf(frame, payloadPreview(frame))];
  const whole = describeClose(close.code, close.reason);
  if (whole.length <= PAYLOAD_COLUMNS) return [columnsOf(frame, whole)];
  const reason = quotedPreview(frame.payload.subarray(2), frame.payloadLength - 2, TEXT_COLUMNS - REASON.length);
  return [columnsOf(frame, `${describeClose(close.code, '')},`), `${REASON}${reason}`];
}

const REASON = '    reason ';

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

/** What a Close frame says, where it is one, whole and legal: the watcher has judged its payload. */
function closeOf({ opcode, error, received, payloadLength, payload }: WatchedFrame): ClosePayload | undefined {
  const isLegal = opcode === OPCODE.CLOSE && error === undefined && received === payloadLength;
  return isLegal ? (parseClosePayload(payload) as ClosePayload) : undefined;
}

const COMPRESSED = 'deflated ';

function payloadPreview({ content, isCompressed, payload, payloadLength }: WatchedFrame): string {
  if (payload.length === 0) return '';
  if (isCompressed) return COMPRESSED + hexPreview(payload, payloadLength, PAYLOAD_COLUMNS - COMPRESSED.length);
  const isText = content === OPCODE.TEXT || (isControl(content) && payload.every(isPrintableAscii));
  return (isText ? quotedPreview : hexPreview)(payload, payloadLength, PAYLOAD_COLUMNS);
}

/** Control frames may bear anything; what is all letters is shown as such. */
function isPrintableAscii(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

/** e.g. `1000 (normal closure), "bye"`; a Close frame without a body has no code. */
export function describeClose(code: number, reason: string): string {
  if (code === CLOSE_CODE.NO_STATUS_RECEIVED) return '(no code)';
  const name = `${code} (${closeCodeName(code)})`;
  return reason === '' ? name : `${name}, "${printableText(reason)}"`;
}
