/** A packet of a capture file. */
export interface Packet {
  /** In milliseconds since 1970, with fractions; undefined if the file has none. */
  readonly time: number | undefined;
  /** The type of the outermost header, by the numbers of pcap files. */
  readonly linkType: number;
  /** Where the captured bytes are in the file. */
  readonly start: number;
  readonly end: number;
  /** How many bytes the packet had on the wire. The capture may have kept fewer. */
  readonly length: number;
}

/** A TCP segment (RFC 9293 §3.1). */
export interface Segment {
  readonly time: number | undefined;
  /** Address and port, such as `127.0.0.1:80` or `[::1]:80`. */
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number | undefined;
  readonly isSyn: boolean;
  readonly isFin: boolean;
  readonly isReset: boolean;
  /** Where the captured payload is in the file. */
  readonly start: number;
  readonly end: number;
  /** How many bytes of payload the segment had on the wire. */
  readonly length: number;
}

/** Where the parts of a packet are: what is captured ends at `end`, what was sent at `wireEnd`. */
interface Parsing {
  readonly view: DataView;
  readonly packet: Packet;
  readonly wireEnd: number;
}

const LINK = { NULL: 0, ETHERNET: 1, LOOP: 108, COOKED: 113, COOKED_2: 276 } as const;

/** Raw IP: the numbers of the BSDs, of files, and those for one version of IP. */
const RAW: ReadonlySet<number> = new Set([12, 14, 101, 228, 229]);

const RAW_IP = 101;

const [IPV4, IPV6, PPPOE] = [0x0800, 0x86dd, 0x8864];

/** IEEE 802.1Q, 802.1ad, and the type that was used before that. */
const VLAN: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);

const PROTOCOL = { TCP: 6, FRAGMENT: 44, AUTHENTICATION: 51 } as const;

/** IPv6 extension headers that give their length in units of 8 bytes: hop-by-hop, routing and destination options. */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);

const CUT_OFF = 'cut off within their headers';
const FRAGMENT = 'fragments of IP are not put together';

/** Returns the TCP segment in a packet, or what the packet is instead; undefined if it is of another protocol. */
export function segmentOf(view: DataView, packet: Packet): Segment | string | undefined {
  const start = networkHeader(view, packet);
  if (typeof start !== 'number') return start;
  const parsing = { view, packet, wireEnd: packet.start + packet.length };
  if (start >= packet.end) return CUT_OFF;
  const version = view.getUint8(start) >> 4;
  if (version === 4) return fromIpv4(parsing, start);
  return version === 6 ? fromIpv6(parsing, start) : undefined;
}

/** Returns the link type of bytes that are a whole packet with a TCP segment; undefined if they are none. */
export function linkTypeOf(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [RAW_IP, LINK.ETHERNET, LINK.COOKED, LINK.COOKED_2, LINK.NULL].find(linkType => {
    const packet = { time: undefined, linkType, start: 0, end: bytes.length, length: bytes.length };
    const segment = segmentOf(view, packet);
    // Small packets of Ethernet are padded to 60 bytes.
    const end = typeof segment === 'object' ? segment.start + segment.length : 0;
    return end > 0 && (end === bytes.length || (bytes.length <= 60 && end < 60));
  });
}

/** Returns where the IP header begins. */
function networkHeader(view: DataView, packet: Packet): number | string | undefined {
  const { linkType, start } = packet;
  switch (linkType) {
    case LINK.ETHERNET:
      return afterType(view, packet, start + 12, start + 14);
    case LINK.COOKED:
      return afterType(view, packet, start + 14, start + 16);
    case LINK.COOKED_2:
      return afterType(view, packet, start, start + 20);
    case LINK.NULL:
    case LINK.LOOP:
      return start + 4;
    default:
      return RAW.has(linkType) ? start : `link type ${linkType} is unknown`;
  }
}

/** Skips the tags of VLANs, and PPPoE. */
function afterType(view: DataView, { end }: Packet, typeAt: number, headerEnd: number): number | string | undefined {
  if (headerEnd > end) return CUT_OFF;
  let type = view.getUint16(typeAt);
  let at = headerEnd;
  while (VLAN.has(type)) {
    if (at + 4 > end) return CUT_OFF;
    type = view.getUint16(at + 2);
    at += 4;
  }
  if (type === PPPOE) return at + 8;
  return type === IPV4 || type === IPV6 ? at : undefined;
}

/** RFC 791 §3.1. */
function fromIpv4(parsing: Parsing, at: number): Segment | string | undefined {
  const { view, packet, wireEnd } = parsing;
  if (at + 20 > packet.end) return CUT_OFF;
  if (view.getUint8(at + 9) !== PROTOCOL.TCP) return undefined;
  const [MORE_FRAGMENTS, FRAGMENT_OFFSET] = [0x2000, 0x1fff];
  if ((view.getUint16(at + 6) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0) return FRAGMENT;
  // The length is 0 if the network card cuts the packet up later.
  const length = view.getUint16(at + 2);
  const end = length === 0 ? wireEnd : at + length;
  const headerLength = (view.getUint8(at) & 0x0f) * 4;
  return fromTcp(parsing, at + headerLength, end, ipv4(view, at + 12), ipv4(view, at + 16));
}

function ipv4(view: DataView, at: number): string {
  return `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;
}

/** RFC 8200 §3 and §4. */
function fromIpv6(parsing: Parsing, at: number): Segment | string | undefined {
  const { view, packet, wireEnd } = parsing;
  if (at + 40 > packet.end) return CUT_OFF;
  const length = view.getUint16(at + 4);
  const end = length === 0 ? wireEnd : at + 40 + length;
  let next = view.getUint8(at + 6);
  let start = at + 40;
  while (next !== PROTOCOL.TCP) {
    if (next === PROTOCOL.FRAGMENT) return FRAGMENT;
    if (!EXTENSIONS.has(next) && next !== PROTOCOL.AUTHENTICATION) return undefined;
    if (start + 2 > packet.end) return CUT_OFF;
    const units = view.getUint8(start + 1);
    const size = next === PROTOCOL.AUTHENTICATION ? (units + 2) * 4 : (units + 1) * 8;
    next = view.getUint8(start);
    start += size;
  }
  return fromTcp(parsing, start, end, `[${ipv6(view, at + 8)}]`, `[${ipv6(view, at + 24)}]`);
}

/** Formats an address as RFC 5952 recommends. */
function ipv6(view: DataView, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i).toString(16)).join(':');
  let [start, length] = [0, 0];
  for (const { 0: zeros, index } of groups.matchAll(/\b0(?::0)+\b/g)) {
    if (zeros.length > length) [start, length] = [index, zeros.length];
  }
  if (length === 0) return groups;
  return `${groups.slice(0, start).replace(/:$/, '')}::${groups.slice(start + length).replace(/^:/, '')}`;
}

const TCP_FLAG = { FIN: 0x01, SYN: 0x02, RST: 0x04, ACK: 0x10 } as const;

/** RFC 9293 §3.1. The checksum is not verified: network cards often fill it in after the capture. */
function fromTcp(
  { view, packet: { time, end: captured } }: Parsing,
  at: number,
  end: number,
  source: string,
  destination: string,
): Segment | string {
  if (at + 20 > captured) return CUT_OFF;
  const flags = view.getUint8(at + 13);
  const start = at + (view.getUint8(at + 12) >> 4) * 4;
  const [sourcePort, destinationPort] = [view.getUint16(at), view.getUint16(at + 2)];
  return {
    time,
    source: `${source}:${sourcePort}`,
    destination: `${destination}:${destinationPort}`,
    sourcePort,
    destinationPort,
    sequence: view.getUint32(at + 4),
    acknowledgment: (flags & TCP_FLAG.ACK) === 0 ? undefined : view.getUint32(at + 8),
    isSyn: (flags & TCP_FLAG.SYN) !== 0,
    isFin: (flags & TCP_FLAG.FIN) !== 0,
    isReset: (flags & TCP_FLAG.RST) !== 0,
    start,
    end: Math.max(start, Math.min(end, captured)),
    length: Math.max(0, end - start),
  };
}
