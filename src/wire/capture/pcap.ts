import type { Packet } from './segment.js';

const MAGIC = { MICROSECONDS: 0xa1b2c3d4, NANOSECONDS: 0xa1b23c4d } as const;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** Returns whether a file is in the format of pcap, which tcpdump writes. */
export function isPcap(bytes: Uint8Array): boolean {
  return bytes.length >= FILE_HEADER && byteOrderOf(bytes) !== undefined;
}

interface ByteOrder {
  readonly isLittleEndian: boolean;
  readonly unitsPerMillisecond: number;
}

function byteOrderOf(bytes: Uint8Array): ByteOrder | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
  for (const isLittleEndian of [true, false]) {
    const magic = view.getUint32(0, isLittleEndian);
    if (magic === MAGIC.MICROSECONDS) return { isLittleEndian, unitsPerMillisecond: 1_000 };
    if (magic === MAGIC.NANOSECONDS) return { isLittleEndian, unitsPerMillisecond: 1_000_000 };
  }
  return undefined;
}

/** Reads the packets of a pcap file. `note` is called with what could not be read. */
export function* pcapPackets(bytes: Uint8Array, note: (text: string) => void): Generator<Packet> {
  const { isLittleEndian, unitsPerMillisecond } = byteOrderOf(bytes)!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The upper bits are flags.
  const linkType = view.getUint32(20, isLittleEndian) & 0xffff;
  for (let at = FILE_HEADER; at < bytes.length; ) {
    const start = at + RECORD_HEADER;
    const captured = start > bytes.length ? 0 : view.getUint32(at + 8, isLittleEndian);
    if (start + captured > bytes.length) {
      note(`byte ${at}: the file ends within a packet, or is damaged; the rest is not read`);
      return;
    }
    const seconds = view.getUint32(at, isLittleEndian);
    const fraction = view.getUint32(at + 4, isLittleEndian);
    yield {
      time: seconds * 1_000 + fraction / unitsPerMillisecond,
      linkType,
      start,
      end: start + captured,
      length: view.getUint32(at + 12, isLittleEndian),
    };
    at = start + captured;
  }
}
