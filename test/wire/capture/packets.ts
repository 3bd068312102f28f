/** Builds packets and capture files, byte by byte. */
import type { Side } from '../../../src/wire/index.js';

export interface Tcp {
  readonly from?: Side;
  readonly seq: number;
  readonly ack?: number;
  /** Some of the letters S, F, R. */
  readonly flags?: string;
  readonly payload?: Uint8Array;
  readonly clientPort?: number;
}

export const [CLIENT_PORT, SERVER_PORT] = [50_000, 80];

export function concat(...parts: ReadonlyArray<Uint8Array | readonly number[]>): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map(part => Uint8Array.from(part))));
}

function u16(...values: readonly number[]): number[] {
  return values.flatMap(value => [(value >> 8) & 0xff, value & 0xff]);
}

function u32(value: number): number[] {
  return u16(value >>> 16, value & 0xffff);
}

export function tcp({
  from = 'client',
  seq,
  ack,
  flags = '',
  payload = new Uint8Array(0),
  clientPort = CLIENT_PORT,
}: Tcp) {
  const ports = from === 'client' ? [clientPort, SERVER_PORT] : [SERVER_PORT, clientPort];
  const bits = [...flags].reduce((sum, flag) => sum | ({ F: 1, S: 2, R: 4 }[flag] ?? 0), ack === undefined ? 0 : 0x10);
  // 24 bytes of header, of which 4 are options.
  return concat(
    [...u16(...ports), ...u32(seq), ...u32(ack ?? 0), 0x60, bits, ...u16(65_535, 0, 0)],
    [1, 1, 1, 0],
    payload,
  );
}

/** @param options the length of the options of IPv4 */
export function ipv4(segment: Uint8Array, from: Side = 'client', options = 0, fragment = 0): Uint8Array {
  const length = 20 + options + segment.length;
  const addresses = from === 'client' ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1];
  const header = [0x45 + options / 4, 0, ...u16(length, 1, fragment), 64, 6, 0, 0, ...addresses];
  return concat(header, new Uint8Array(options).fill(1), segment);
}

/** @param extensions bytes of extension headers, of which the last names TCP */
export function ipv6(
  segment: Uint8Array,
  from: Side = 'client',
  next = 6,
  extensions: readonly number[] = [],
): Uint8Array {
  const addresses = [1, 2].map(last => [0x20, 0x01, 0x0d, 0xb8, ...new Array(11).fill(0), last]);
  if (from === 'server') addresses.reverse();
  const length = extensions.length + segment.length;
  return concat([0x60, 0, 0, 0, ...u16(length), next, 64], addresses.flat(), extensions, segment);
}

export function ethernet(packet: Uint8Array, tags: readonly number[] = []): Uint8Array {
  const type = packet[0]! >> 4 === 6 ? 0x86dd : 0x0800;
  const padding = new Uint8Array(Math.max(0, 46 - packet.length));
  return concat(new Uint8Array(12), [...tags, ...u16(type)], packet, padding);
}

export interface PcapOptions {
  readonly linkType?: number;
  readonly isLittleEndian?: boolean;
  readonly isNanoseconds?: boolean;
  /** How many bytes of each packet are kept. */
  readonly snapLength?: number;
}

export function pcap(packets: readonly Uint8Array[], options: PcapOptions = {}): Uint8Array {
  const { linkType = 101, isLittleEndian = true, isNanoseconds = false, snapLength = 65_535 } = options;
  const words = (...values: readonly number[]) => {
    const view = new DataView(new ArrayBuffer(4 * values.length));
    for (const [i, value] of values.entries()) view.setUint32(4 * i, value, isLittleEndian);
    return new Uint8Array(view.buffer);
  };
  const version = isLittleEndian ? 0x0004_0002 : 0x0002_0004;
  const header = words(isNanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, version, 0, 0, snapLength, linkType);
  const records = packets.flatMap((packet, i) => {
    const kept = packet.subarray(0, snapLength);
    return [words(1_000 + i, isNanoseconds ? 500_000_000 : 500_000, kept.length, packet.length), kept];
  });
  return concat(header, ...records);
}

/** Returns a block of pcapng. */
export function block(type: number, body: Uint8Array | readonly number[], isLittleEndian = true): Uint8Array {
  const length = 12 + Math.ceil(body.length / 4) * 4;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, isLittleEndian);
  view.setUint32(4, length, isLittleEndian);
  bytes.set(body, 8);
  view.setUint32(length - 4, length, isLittleEndian);
  return bytes;
}

/** Returns words of 16 (a pair with the second 16) or 32 bits. */
export function words(isLittleEndian: boolean, ...values: ReadonlyArray<number | readonly [number, 16]>): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  let at = 0;
  for (const value of values) {
    if (typeof value === 'number') view.setUint32(at, value, isLittleEndian);
    else view.setUint16(at, value[0], isLittleEndian);
    at += typeof value === 'number' ? 4 : 2;
  }
  return new Uint8Array(view.buffer, 0, at);
}

export function section(isLittleEndian = true): Uint8Array {
  const body = words(isLittleEndian, 0x1a2b3c4d, [1, 16], [0, 16], 0xffffffff, 0xffffffff);
  return block(0x0a0d0d0a, body, isLittleEndian);
}

/** @param resolution the option if_tsresol */
export function networkInterface(linkType: number, isLittleEndian = true, resolution?: number): Uint8Array {
  const options =
    resolution === undefined ? [] : [...words(isLittleEndian, [9, 16], [1, 16]), resolution, 0, 0, 0, 0, 0, 0, 0];
  return block(1, concat(words(isLittleEndian, [linkType, 16], [0, 16], 65_535), options), isLittleEndian);
}

/** @param units the time, in the units of the interface */
export function enhancedPacket(packet: Uint8Array, id = 0, isLittleEndian = true, units = 1_000_500_000): Uint8Array {
  const header = words(isLittleEndian, id, Math.floor(units / 2 ** 32), units % 2 ** 32, packet.length, packet.length);
  return block(6, concat(header, packet), isLittleEndian);
}
