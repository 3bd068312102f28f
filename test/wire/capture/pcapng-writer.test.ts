import { expect, test } from 'vitest';
import { PcapngWriter } from '../../../src/wire/capture/pcapng-writer.js';
import type { Side } from '../../../src/wire/conversation.js';

interface Packet {
  /** In microseconds since 1970. */
  readonly time: bigint;
  readonly source: string;
  readonly destination: string;
  readonly ports: readonly [number, number];
  readonly sequence: number;
  readonly acknowledged: number;
  readonly flags: number;
  readonly data: Buffer;
}

const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16];

/** Reads a file, without code of src/. */
function packetsOf(file: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32BE(at + 4);
    expect(length % 4).toBe(0);
    expect(file.readUInt32BE(at + length - 4)).toBe(length);
    if (file.readUInt32BE(at) === 6) {
      const time = (BigInt(file.readUInt32BE(at + 12)) << 32n) | BigInt(file.readUInt32BE(at + 16));
      packets.push({ time, ...packetOf(file.subarray(at + 28, at + 28 + file.readUInt32BE(at + 20))) });
    }
    at += length;
  }
  return packets;
}

function packetOf(ip: Buffer): Omit<Packet, 'time'> {
  const isV4 = ip[0]! >> 4 === 4;
  const [start, address, size] = isV4 ? [20, 12, 4] : [40, 8, 16];
  const [source, destination] = [ip.subarray(address, address + size), ip.subarray(address + size, address + 2 * size)];
  const tcp = ip.subarray(start);
  expect(isV4 ? ip.readUInt16BE(2) : ip.readUInt16BE(4) + 40).toBe(ip.length);
  if (isV4) expect(onesSum(ip.subarray(0, 20))).toBe(0xffff);
  const pseudo = Buffer.alloc(4);
  pseudo.writeUInt16BE(6, 0);
  pseudo.writeUInt16BE(tcp.length, 2);
  expect(onesSum(Buffer.concat([source, destination, pseudo, tcp]))).toBe(0xffff);
  return {
    source: source.toString('hex'),
    destination: destination.toString('hex'),
    ports: [tcp.readUInt16BE(0), tcp.readUInt16BE(2)],
    sequence: tcp.readUInt32BE(4),
    acknowledged: tcp.readUInt32BE(8),
    flags: tcp[13]!,
    data: tcp.subarray((tcp[12]! >> 4) * 4),
  };
}

function onesSum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += i % 2 === 0 ? bytes[i]! << 8 : bytes[i]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

function written(client: string | undefined, server: string | undefined, isTls = false) {
  const writer = new PcapngWriter();
  const parts = [writer.start(), writer.open(1, { client, server, isTls, time: 1_700_000_000_000.5 })];
  return {
    bytes: (from: Side, bytes: Uint8Array) =>
      parts.push(writer.event(1, { type: 'bytes', from, time: 1_700_000_000_001.25, bytes })),
    end: (from: Side, how: 'fin' | 'reset') => parts.push(writer.event(1, { type: 'end', from, time: undefined, how })),
    packets: () => packetsOf(Buffer.concat(parts)),
  };
}

test('a file has the packets of TCP, with the bytes in order', () => {
  const file = written('127.0.0.1:5000', '10.1.2.3:9001');
  const large = Buffer.from(Array.from({ length: 70_001 }, (_, i) => i % 251));
  file.bytes('client', Buffer.from('GET'));
  file.bytes('server', large);
  file.end('server', 'fin');
  file.end('client', 'reset');
  const packets = file.packets();
  expect(packets.map(({ flags }) => flags)).toEqual([
    SYN,
    SYN | ACK,
    ACK,
    PSH | ACK,
    ...[PSH | ACK, PSH | ACK, PSH | ACK],
    FIN | ACK,
    RST | ACK,
  ]);
  expect(packets[0]).toMatchObject({ source: '7f000001', destination: '0a010203', ports: [5_000, 9_001] });
  expect(packets[1]).toMatchObject({ source: '0a010203', destination: '7f000001', ports: [9_001, 5_000] });
  expect([packets[0]!.time, packets[3]!.time]).toEqual([1_700_000_000_000_500n, 1_700_000_000_001_250n]);
  expect(Buffer.concat(packets.slice(4, 7).map(({ data }) => data)).equals(large)).toBe(true);
  expect(packets[3]).toMatchObject({ sequence: 1, acknowledged: 1 });
  expect(packets[7]).toMatchObject({ sequence: 70_002, acknowledged: 4 });
  expect(packets[8]).toMatchObject({ sequence: 4, acknowledged: 70_003 });
});

test.each([
  ['[::1]:5000', '[2001:db8::2]:81', '00000000000000000000000000000001', '20010db8000000000000000000000002', 81],
  ['[::ffff:10.0.0.1]:5000', '10.0.0.2:81', '0a000001', '0a000002', 81],
  ['10.0.0.1:5000', '[::1]:81', '00000000000000000000ffff0a000001', '00000000000000000000000000000001', 81],
  [undefined, '/tmp/a.sock', '7f000001', '7f000001', 80],
])('addresses %s and %s', (client, server, source, destination, port) => {
  expect(written(client, server).packets()[0]).toMatchObject({
    source,
    destination,
    ports: [expect.any(Number), port],
  });
});

test('port 443 becomes 80 if TLS was taken off, so that Wireshark finds HTTP', () => {
  expect(written('10.0.0.1:5000', '10.0.0.2:443', true).packets()[0]!.ports).toEqual([5_000, 80]);
  expect(written('10.0.0.1:5000', '10.0.0.2:443', false).packets()[0]!.ports).toEqual([5_000, 443]);
});

test('sequence numbers count bytes that are missing', () => {
  const writer = new PcapngWriter();
  const parts = [writer.start(), writer.open(3, { client: undefined, server: undefined, time: undefined })];
  parts.push(writer.event(3, { type: 'gap', from: 'client', time: 1, length: 100 }));
  parts.push(writer.event(3, { type: 'bytes', from: 'client', time: 2, bytes: Buffer.from('x') }));
  parts.push(writer.event(4, { type: 'bytes', from: 'client', time: 2, bytes: Buffer.from('unknown') }));
  const packets = packetsOf(Buffer.concat(parts));
  expect(packets).toHaveLength(4);
  expect(packets[3]).toMatchObject({ sequence: 101 });
});
