import type { Packet } from './segment.js';

/** Types of blocks. */
const BLOCK = { SECTION: 0x0a0d0d0a, INTERFACE: 1, OLD_PACKET: 2, SIMPLE_PACKET: 3, PACKET: 6, SECRETS: 10 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LEAST_BLOCK = 12;
const CUT_OFF = 'the file ends within a block, or is damaged; the rest is not read';
const OPTION = { TIME_RESOLUTION: 9, TIME_OFFSET: 14 } as const;

interface Interface {
  readonly linkType: number;
  /** The most bytes that it keeps of a packet; 0 for all. */
  readonly snapLength: number;
  readonly unitsPerMillisecond: number;
  /** Seconds to add to each time. */
  readonly timeOffset: number;
}

/** Returns whether a file is in the format of pcapng, which Wireshark writes. */
export function isPcapng(bytes: Uint8Array): boolean {
  return bytes.length >= LEAST_BLOCK && new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) === BLOCK.SECTION;
}

/** Reads the packets of a pcapng file. `note` is called with what could not be read. */
export function* pcapngPackets(bytes: Uint8Array, note: (text: string) => void): Generator<Packet> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let isLittleEndian = true;
  let interfaces: Interface[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + LEAST_BLOCK > bytes.length) return note(`byte ${at}: ${CUT_OFF}`);
    if (view.getUint32(at) === BLOCK.SECTION) {
      isLittleEndian = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      interfaces = [];
    }
    const type = view.getUint32(at, isLittleEndian);
    const length = view.getUint32(at + 4, isLittleEndian);
    if (length < LEAST_BLOCK || length % 4 !== 0) {
      return note(`byte ${at}: expected a block, got one of ${length} bytes; the rest is not read`);
    }
    if (at + length > bytes.length) return note(`byte ${at}: ${CUT_OFF}`);
    const body = new DataView(bytes.buffer, bytes.byteOffset + at + 8, length - LEAST_BLOCK);
    if (type === BLOCK.SECRETS) note('the file has keys for TLS, which are not used: ws101 decrypts nothing');
    if (type === BLOCK.INTERFACE) interfaces.push(interfaceOf(body, isLittleEndian));
    const packet = packetOf(type, body, isLittleEndian, interfaces);
    if (packet === 'broken') note(`byte ${at}: a packet that does not fit into its block is left out`);
    else if (packet !== undefined) yield { ...packet, start: at + packet.start, end: at + packet.end };
    at += length;
  }
}

function interfaceOf(body: DataView, isLittleEndian: boolean): Interface {
  const options = optionsOf(body, 8, isLittleEndian);
  // By default, times are in microseconds.
  const resolution = options.get(OPTION.TIME_RESOLUTION)?.getUint8(0) ?? 6;
  const perSecond = (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f);
  const offset = options.get(OPTION.TIME_OFFSET);
  return {
    linkType: body.byteLength < 8 ? -1 : body.getUint16(0, isLittleEndian),
    snapLength: body.byteLength < 8 ? 0 : body.getUint32(4, isLittleEndian),
    unitsPerMillisecond: perSecond / 1_000,
    timeOffset: offset?.byteLength === 8 ? Number(offset.getBigInt64(0, isLittleEndian)) : 0,
  };
}

function optionsOf(body: DataView, start: number, isLittleEndian: boolean): Map<number, DataView> {
  const options = new Map<number, DataView>();
  for (let at = start; at + 4 <= body.byteLength; ) {
    const code = body.getUint16(at, isLittleEndian);
    const length = body.getUint16(at + 2, isLittleEndian);
    if (code === 0 || length === 0 || at + 4 + length > body.byteLength) break;
    options.set(code, new DataView(body.buffer, body.byteOffset + at + 4, length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return options;
}

function packetOf(
  type: number,
  body: DataView,
  isLittleEndian: boolean,
  interfaces: readonly Interface[],
): Packet | 'broken' | undefined {
  const isOld = type === BLOCK.OLD_PACKET;
  const isSimple = type === BLOCK.SIMPLE_PACKET;
  if (type !== BLOCK.PACKET && !isOld && !isSimple) return undefined;
  const headerLength = isSimple ? 4 : 20;
  if (body.byteLength < headerLength) return 'broken';
  const uint32 = (at: number) => body.getUint32(at, isLittleEndian);
  const id = isSimple ? 0 : isOld ? body.getUint16(0, isLittleEndian) : uint32(0);
  const source = interfaces[id];
  if (source === undefined) return 'broken';
  const length = isSimple ? uint32(0) : uint32(16);
  const room = body.byteLength - headerLength;
  const captured = isSimple ? Math.min(length, source.snapLength || length, room) : uint32(12);
  if (captured > room) return 'broken';
  const units = isSimple ? 0 : uint32(4) * 2 ** 32 + uint32(8);
  return {
    time: isSimple ? undefined : units / source.unitsPerMillisecond + source.timeOffset * 1_000,
    linkType: source.linkType,
    // Relative to the block.
    start: 8 + headerLength,
    end: 8 + headerLength + captured,
    length,
  };
}
