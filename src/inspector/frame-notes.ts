import { RSV1, RSV2, RSV3 } from '../framing/frame-header.js';
import { OPCODE, opcodeName } from '../framing/opcode.js';
import { describeClose } from '../wire/frame-line.js';
import type { FrameItem, MessageItem } from '../wire/items.js';
import { durationText, preview } from './text.js';

/** What a list says about a frame. No DOM. */

/** What belongs to a frame besides its own bytes. */
export interface FrameContext {
  /** The start of the conversation, for relative times. */
  readonly start?: number | undefined;
  /** The message of the frame, if it was compressed or has several frames. */
  readonly message?: MessageItem | undefined;
}

/** Whether the payload is text, or a part of a text message. */
export function isText({ content }: FrameItem): boolean {
  return content === OPCODE.TEXT;
}

/** The opcode, for example `text`. */
export function kindOf({ opcode }: FrameItem): string {
  return opcodeName(opcode);
}

/** The flags of the header that are unusual. */
export function flagsOf({ fin, rsv, isCompressed }: FrameItem): string {
  const bits = [RSV1, RSV2, RSV3].flatMap((bit, i) => ((rsv & bit) === 0 ? [] : [`RSV${i + 1}`]));
  const compression = isCompressed ? ['deflate'] : bits;
  return [...(fin ? [] : ['more']), ...compression].join(' ');
}

/** What the frame says, in words, if that is more than its payload: a close code, or a round trip. */
export function noteOf({ close, answers }: FrameItem): string {
  if (close !== undefined) return describeClose(close.code, close.reason);
  return answers?.after === undefined ? '' : `round trip ${durationText(answers.after)}`;
}

/** The rule that the frame breaks, in words. */
export function errorOf({ error }: FrameItem): string {
  if (error === undefined) return '';
  const { violation, detail } = error;
  return `${violation.message}${detail === '' ? '' : `: ${detail}`} (${violation.section})`;
}

/** The start of the payload, or what is to be said about it. */
export function summaryOf(frame: FrameItem, inflated: Uint8Array | undefined, limit = 200): string {
  const error = errorOf(frame);
  if (error !== '') return `✗ ${error}`;
  const note = noteOf(frame);
  if (note !== '') return note;
  if (inflated !== undefined) return preview(inflated, isText(frame), limit);
  return preview(frame.payload, isText(frame) && !frame.isCompressed, limit);
}
