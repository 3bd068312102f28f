import { type FrameHeader, headerLengthBySecondByte, MASK_BIT, readHeader } from '../framing/frame-header.js';
import type { Side, WireEvent } from './conversation.js';
import { openingOf, sideOf } from './opening.js';

/**
 * Splits bytes whose senders are unknown, such as a pasted dump, into those of the client and of the server: heads by
 * their first line, frames by their MASK bit. What cannot be split goes to the sender of its first bytes.
 */
export function splitSides(bytes: Uint8Array, time: number | undefined): WireEvent[] {
  const events: WireEvent[] = [];
  let at = 0;
  while (at < bytes.length) {
    const rest = bytes.subarray(at);
    const end = endOf(rest);
    events.push({ type: 'bytes', from: sideOf(rest), time, bytes: rest.subarray(0, end) });
    at += end;
  }
  return events;
}

/** Returns where the head or the frame at the start ends. */
function endOf(bytes: Uint8Array): number {
  const isHead = ['client', 'server'].some(side => openingOf(bytes, side as Side) === 'head');
  if (isHead) return headEnd(bytes);
  const [first, second] = bytes;
  const length = headerLengthBySecondByte(second ?? 0);
  const isFrame = openingOf(bytes, sideOf(bytes)) === 'frames' && first !== undefined;
  if (!isFrame || bytes.length < length) return bytes.length;
  const header: FrameHeader = {
    ...{ fin: false, rsv: 0, opcode: 0, masked: (second! & MASK_BIT) !== 0, maskingKey: 0 },
    ...{ payloadLength: 0, headerLength: 0, offset: 0 },
  };
  readHeader(bytes, 0, length, header);
  return Math.min(bytes.length, length + header.payloadLength);
}

const HEAD_END = [0x0d, 0x0a, 0x0d, 0x0a];

/** A response other than 101 has a body, whose end is not looked for. */
function headEnd(bytes: Uint8Array): number {
  const at = bytes.findIndex((_, i) => HEAD_END.every((byte, j) => bytes[i + j] === byte));
  const isSwitch = /^HTTP\/1\.\d 1/.test(String.fromCharCode(...bytes.subarray(0, 10)));
  return at === -1 || (bytes[0] === 0x48 && !isSwitch) ? bytes.length : at + HEAD_END.length;
}
