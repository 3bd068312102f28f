import type { Side, WireEvent } from '../conversation.js';

const BLOCK = { SECTION: 0x0a0d0d0a, INTERFACE: 1, PACKET: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** The packets begin with their IP header. */
const LINK_TYPE_RAW = 101;

const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16];
const PROTOCOL_TCP = 6;
const TCP_HEADER = 20;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const WINDOW = 65_535;

/** How many bytes of the stream a packet has at most. An IP packet has at most 65,535. */
const SEGMENT = 32_768;

/** What is known of a connection when it opens. */
export interface PcapngConnection {
  /** The address and port of the client, such as `127.0.0.1:50000`, if known. */
  readonly client: string | undefined;
  readonly server: string | undefined;
  /** Whether the bytes were sent through TLS, which was taken off. */
  readonly isTls?: boolean | undefined;
  /** In milliseconds since 1970. */
  readonly time: number | undefined;
}

interface Endpoint {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
  /** The sequence number of its next byte. */
  next: number;
  hasEnded: boolean;
}

type Endpoints = Record<Side, Endpoint>;

/**
 * Writes connections as a pcapng file that Wireshark opens and dissects, event by event. It makes up the TCP packets:
 * the three of the opening, one or more for each event, and the FIN or RST.
 *
 * Of a TLS connection, the decrypted bytes are written. Wireshark would look for TLS at port 443, so the packets have
 * port 80 instead.
 */
export class PcapngWriter {
  readonly #connections = new Map<number, Endpoints>();
  #time = 0;

  /** Returns the start of the file. */
  start(): Uint8Array {
    const section = new DataView(new ArrayBuffer(16));
    section.setUint32(0, BYTE_ORDER_MAGIC);
    section.setUint16(4, 1);
    // The length of the section is unknown.
    section.setBigInt64(8, -1n);
    const description = new DataView(new ArrayBuffer(8));
    description.setUint16(0, LINK_TYPE_RAW);
    return joined([block(BLOCK.SECTION, section), block(BLOCK.INTERFACE, description)]);
  }

  /** Returns the packets that open a connection. */
  open(connection: number, { client, server, isTls = false, time }: PcapngConnection): Uint8Array {
    const from = endpointOf(client, 49_152 + (connection % 16_384));
    const to = endpointOf(server, 80);
    const isMixed = from.address.length !== to.address.length;
    const side = ({ address, port }: Omit<Endpoint, 'next' | 'hasEnded'>): Endpoint => ({
      address: isMixed ? mapped(address) : address,
      port,
      next: 0,
      hasEnded: false,
    });
    const ends = { client: side(from), server: side({ ...to, port: isTls && to.port === 443 ? 80 : to.port }) };
    this.#connections.set(connection, ends);
    this.#time = time ?? this.#time;
    const opening = [this.#packet(ends, 'client', SYN)];
    ends.client.next++;
    opening.push(this.#packet(ends, 'server', SYN | ACK));
    ends.server.next++;
    opening.push(this.#packet(ends, 'client', ACK));
    return joined(opening);
  }

  /** Returns the packets of an event. Events of type `message` have no bytes, so they are left out. */
  event(connection: number, event: WireEvent): Uint8Array {
    const ends = this.#connections.get(connection);
    if (ends === undefined) return new Uint8Array(0);
    const { from } = event;
    const end = ends[from];
    this.#time = event.time ?? this.#time;
    const packets: Uint8Array[] = [];
    if (event.type === 'bytes') {
      for (let at = 0; at < event.bytes.length; at += SEGMENT) {
        const data = event.bytes.subarray(at, at + SEGMENT);
        packets.push(this.#packet(ends, from, PSH | ACK, data));
        end.next += data.length;
      }
    } else if (event.type === 'gap') {
      end.next += event.length;
    } else if (event.type === 'end' && !end.hasEnded) {
      packets.push(this.#packet(ends, from, (event.how === 'fin' ? FIN : RST) | ACK));
      end.next++;
      end.hasEnded = true;
      if (ends.client.hasEnded && ends.server.hasEnded) this.#connections.delete(connection);
    }
    return joined(packets);
  }

  /** Returns an enhanced packet block. */
  #packet(ends: Endpoints, from: Side, flags: number, data: Uint8Array = new Uint8Array(0)): Uint8Array {
    const packet = ipPacket(ends[from], ends[from === 'client' ? 'server' : 'client'], flags, data);
    const view = new DataView(new ArrayBuffer(20 + padded(packet.length)));
    const microseconds = BigInt(Math.round(this.#time * 1000));
    view.setUint32(4, Number(microseconds >> 32n));
    view.setUint32(8, Number(microseconds & 0xffff_ffffn));
    view.setUint32(12, packet.length);
    view.setUint32(16, packet.length);
    new Uint8Array(view.buffer).set(packet, 20);
    return block(BLOCK.PACKET, view);
  }
}

function block(type: number, body: DataView): Uint8Array {
  const view = new DataView(new ArrayBuffer(12 + body.byteLength));
  view.setUint32(0, type);
  view.setUint32(4, view.byteLength);
  view.setUint32(view.byteLength - 4, view.byteLength);
  const bytes = new Uint8Array(view.buffer);
  bytes.set(new Uint8Array(body.buffer), 8);
  return bytes;
}

function ipPacket(source: Endpoint, destination: Endpoint, flags: number, data: Uint8Array): Uint8Array {
  const isV4 = source.address.length === 4;
  const ipLength = isV4 ? IPV4_HEADER : IPV6_HEADER;
  const tcpLength = TCP_HEADER + data.length;
  const bytes = new Uint8Array(ipLength + tcpLength);
  const view = new DataView(bytes.buffer);
  const tcp = new DataView(bytes.buffer, ipLength);
  tcp.setUint16(0, source.port);
  tcp.setUint16(2, destination.port);
  tcp.setUint32(4, source.next);
  tcp.setUint32(8, (flags & ACK) === 0 ? 0 : destination.next);
  tcp.setUint16(12, ((TCP_HEADER / 4) << 12) | flags);
  tcp.setUint16(14, WINDOW);
  bytes.set(data, ipLength + TCP_HEADER);
  const addresses = sumOf(source.address) + sumOf(destination.address);
  tcp.setUint16(16, checksum(addresses + PROTOCOL_TCP + tcpLength + sumOf(bytes.subarray(ipLength))));
  if (isV4) {
    view.setUint16(0, 0x4500);
    view.setUint16(2, bytes.length);
    view.setUint16(8, (64 << 8) | PROTOCOL_TCP);
    bytes.set(source.address, 12);
    bytes.set(destination.address, 16);
    view.setUint16(10, checksum(sumOf(bytes.subarray(0, IPV4_HEADER))));
  } else {
    view.setUint32(0, 0x6000_0000);
    view.setUint16(4, tcpLength);
    view.setUint16(6, (PROTOCOL_TCP << 8) | 64);
    bytes.set(source.address, 8);
    bytes.set(destination.address, 24);
  }
  return bytes;
}

/** Returns the sum of the 16-bit words. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  return sum;
}

/** Returns the complement of a sum in ones' complement arithmetic (RFC 1071). */
function checksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

/** Parses `127.0.0.1:80` or `[::1]:80`. Anything else, such as undefined, is shown as 127.0.0.1. */
function endpointOf(text: string | undefined, fallbackPort: number): Omit<Endpoint, 'next' | 'hasEnded'> {
  const [, host = '', port] = /^(.*?):?(\d+)?$/.exec(text?.replace(/^\[([^\]]*)\]/, '$1') ?? '') ?? [];
  const address = text === undefined ? undefined : (ipv4(host) ?? ipv6(host));
  return { address: address ?? Uint8Array.of(127, 0, 0, 1), port: port === undefined ? fallbackPort : Number(port) };
}

function ipv4(host: string): Uint8Array | undefined {
  const parts = host
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .split('.')
    .map(Number);
  return parts.length === 4 && parts.every(part => part >= 0 && part < 256) ? Uint8Array.from(parts) : undefined;
}

function ipv6(host: string): Uint8Array | undefined {
  if (!/^[0-9a-f:]+$/i.test(host) || !host.includes(':')) return undefined;
  const [start = '', end] = host.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)));
  const [first, last] = [groups(start), groups(end ?? '')];
  const words = [...first, ...Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => 0), ...last];
  return words.length === 8 ? Uint8Array.from(words.flatMap(word => [word >> 8, word & 0xff])) : undefined;
}

/** Returns an IPv4 address as IPv6. */
function mapped(address: Uint8Array): Uint8Array {
  const result = new Uint8Array(16);
  if (address.length === 4) result.set([0xff, 0xff], 10);
  result.set(address, 16 - address.length);
  return result;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
