import { writeFileSync } from 'node:fs';

/** Raw IPv4 without a link layer (LINKTYPE_RAW). */
const LINKTYPE_RAW = 101;
const CLIENT = { address: [127, 0, 0, 1], port: 50_000 };
const SERVER = { address: [127, 0, 0, 2], port: 80 };

/** The most bytes of a segment: an IPv4 packet has at most 65535 bytes. */
const MAX_SEGMENT = 65_495;

const [FIN_SYN, ACK, PUSH_ACK] = [0x02, 0x10, 0x18];

/** Writes a pcap file with one TCP connection. Each entry of `sent` is in a packet of its own if it fits. */
export function writePcap(
  file: string,
  sent: ReadonlyArray<{ readonly from: 'client' | 'server'; readonly bytes: Uint8Array }>,
): void {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  const packets: Buffer[] = [header];
  const next = { client: 1, server: 1 };
  const add = (from: 'client' | 'server', flags: number, bytes: Uint8Array) => {
    const to = from === 'client' ? 'server' : 'client';
    packets.push(record(packets.length, segment(from, flags, next[from], flags === FIN_SYN ? 0 : next[to], bytes)));
    next[from] += bytes.length + (flags & 0x02 ? 1 : 0);
  };
  add('client', FIN_SYN, Buffer.alloc(0));
  add('server', FIN_SYN | ACK, Buffer.alloc(0));
  add('client', ACK, Buffer.alloc(0));
  for (const { from, bytes } of sent) {
    for (let at = 0; at < bytes.length; at += MAX_SEGMENT) add(from, PUSH_ACK, bytes.subarray(at, at + MAX_SEGMENT));
  }
  writeFileSync(file, Buffer.concat(packets));
}

function record(index: number, packet: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(1_700_000_000 + Math.floor(index / 1_000), 0);
  header.writeUInt32LE((index % 1_000) * 1_000, 4);
  header.writeUInt32LE(packet.length, 8);
  header.writeUInt32LE(packet.length, 12);
  return Buffer.concat([header, packet]);
}

/** Returns an IPv4 packet (RFC 791) with a TCP segment (RFC 9293). tshark does not check their checksums. */
function segment(from: 'client' | 'server', flags: number, sequence: number, ack: number, bytes: Uint8Array): Buffer {
  const [source, target] = from === 'client' ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const header = Buffer.alloc(40);
  header[0] = 0x45;
  header.writeUInt16BE(40 + bytes.length, 2);
  header[8] = 64;
  header[9] = 6;
  header.set(source.address, 12);
  header.set(target.address, 16);
  header.writeUInt16BE(source.port, 20);
  header.writeUInt16BE(target.port, 22);
  header.writeUInt32BE(sequence, 24);
  header.writeUInt32BE(ack, 28);
  header[32] = 5 << 4;
  header[33] = flags;
  header.writeUInt16BE(65_535, 34);
  return Buffer.concat([header, bytes]);
}
