import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CaptureError, readCapture } from '../../../src/wire/capture/index.js';
import { HELLO, hexOf, sideHex, text } from './bytes-of.js';
import {
  block,
  concat,
  enhancedPacket,
  ethernet,
  ipv4,
  ipv6,
  networkInterface,
  pcap,
  section,
  tcp,
  words,
} from './packets.js';

const FRAME = Buffer.from(HELLO, 'hex');
const SYN = tcp({ seq: 99, flags: 'S' });
const DATA = tcp({ seq: 100, ack: 1, payload: FRAME });
const NO_SERVER = 'the capture has no packets of the server';
const PACKETS = [ipv4(SYN), ipv4(DATA)];

describe('a pcap file is read', () => {
  test.each([
    ['in microseconds', {}, 1_001_500],
    ['in nanoseconds', { isNanoseconds: true }, 1_001_500],
    ['in big-endian order', { isLittleEndian: false }, 1_001_500],
    ['in nanoseconds and big-endian order', { isLittleEndian: false, isNanoseconds: true }, 1_001_500],
  ])('%s', (_, options, time) => {
    const capture = readCapture(pcap(PACKETS, options));
    expect(capture).toMatchObject({ format: 'pcap', notes: [] });
    expect(sideHex(capture, 'client')).toBe(HELLO);
    expect(capture.conversations[0]!.events[0]!.time).toBe(time);
  });

  test.each([
    ['Ethernet', 1, (packet: Uint8Array) => ethernet(packet)],
    ['Ethernet with a VLAN', 1, (packet: Uint8Array) => ethernet(packet, [0x81, 0, 0, 5])],
    ['Ethernet with two VLANs', 1, (packet: Uint8Array) => ethernet(packet, [0x88, 0xa8, 0, 5, 0x81, 0, 0, 6])],
    ['the loopback of BSD', 0, (packet: Uint8Array) => concat([2, 0, 0, 0], packet)],
    ['the loopback of OpenBSD', 108, (packet: Uint8Array) => concat([0, 0, 0, 2], packet)],
    ['Linux cooked', 113, (packet: Uint8Array) => concat(new Uint8Array(14), [8, 0], packet)],
    ['Linux cooked, version 2', 276, (packet: Uint8Array) => concat([8, 0], new Uint8Array(18), packet)],
    ['raw IP', 101, (packet: Uint8Array) => packet],
    ['raw IPv4', 228, (packet: Uint8Array) => packet],
  ])('of %s', (_, linkType, wrap) => {
    const capture = readCapture(pcap(PACKETS.map(wrap), { linkType }));
    expect(sideHex(capture, 'client')).toBe(HELLO);
    expect(capture).toMatchObject({ notes: [], conversations: [{ notes: [NO_SERVER] }] });
  });

  test.each([
    ['IPv4 with options', ipv4(SYN, 'client', 8), ipv4(DATA, 'client', 8)],
    ['IPv6', ipv6(SYN), ipv6(DATA)],
    [
      'IPv6 with extension headers',
      ipv6(SYN, 'client', 0, [60, 0, 0, 0, 0, 0, 0, 0, 6, 1, ...new Array(14).fill(0)]),
      ipv6(DATA),
    ],
    ['IPv6 with an authentication header', ipv6(SYN, 'client', 51, [6, 1, ...new Array(10).fill(0)]), ipv6(DATA)],
  ])('with %s', (_, ...packets) => {
    const capture = readCapture(pcap(packets));
    expect(sideHex(capture, 'client')).toBe(HELLO);
    // The SYN was read, or else there would be a note.
    expect(capture.conversations[0]!.notes).toEqual([NO_SERVER]);
  });

  test('and IPv6 addresses are shortened', () => {
    expect(readCapture(pcap([ipv6(SYN), ipv6(DATA)])).conversations[0]).toMatchObject({
      client: '[2001:db8::1]:50000',
      server: '[2001:db8::2]:80',
    });
  });

  test('and what is left out is said', () => {
    const udp = ipv4(SYN).map((byte, i) => (i === 9 ? 17 : byte));
    const fragment = ipv4(DATA, 'client', 0, 0x2000);
    const { notes } = readCapture(pcap([...PACKETS, fragment, ipv4(SYN).subarray(0, 30), udp, new Uint8Array(0)]));
    expect(notes).toEqual([
      'left out: 1 packet (fragments of IP are not put together)',
      'left out: 2 packets (cut off within their headers)',
    ]);
    expect(readCapture(pcap(PACKETS, { linkType: 147 })).notes[0]).toBe(
      'left out: 2 packets (link type 147 is unknown)',
    );
  });

  test('up to where it is damaged', () => {
    const file = pcap(PACKETS);
    const whole = readCapture(concat(file, new Uint8Array(10)));
    expect(sideHex(whole, 'client')).toBe(HELLO);
    expect(whole.notes).toEqual([
      `byte ${file.length}: the file ends within a packet, or is damaged; the rest is not read`,
    ]);
  });
});

describe('a pcapng file is read', () => {
  const [syn, data] = PACKETS as [Uint8Array, Uint8Array];

  test.each([
    ['in microseconds', true, undefined, 1_000_500_000],
    ['in big-endian order', false, undefined, 1_000_500_000],
    ['in nanoseconds', true, 9, 1_000_500_000_000],
    ['in powers of 2', true, 0x80 | 10, 1_000.5 * 1024],
  ])('%s', (_, isLittleEndian, resolution, units) => {
    const file = concat(
      section(isLittleEndian),
      networkInterface(101, isLittleEndian, resolution),
      enhancedPacket(syn, 0, isLittleEndian, units),
      enhancedPacket(data, 0, isLittleEndian, units),
    );
    const capture = readCapture(file);
    expect(capture).toMatchObject({ format: 'pcapng', notes: [] });
    expect(sideHex(capture, 'client')).toBe(HELLO);
    expect(capture.conversations[0]!.events[0]!.time).toBe(1_000_500);
  });

  test('with several interfaces, sections and unknown blocks', () => {
    const file = concat(
      ...[section(), networkInterface(1), networkInterface(101), block(0xbad, [1, 2, 3]), enhancedPacket(syn, 1)],
      ...[section(false), block(4, [], false), networkInterface(1, false), enhancedPacket(ethernet(data), 0, false)],
    );
    expect(sideHex(readCapture(file), 'client')).toBe(HELLO);
  });

  test('with simple packets, which have no time, and old packets', () => {
    const simple = block(3, concat(words(true, syn.length), syn));
    const old = block(2, concat(words(true, [0, 16], [0, 16], 0, 500_000, data.length, data.length), data));
    const capture = readCapture(concat(section(), networkInterface(101), simple, old));
    expect(sideHex(capture, 'client')).toBe(HELLO);
    expect(capture.conversations[0]!.events[0]!.time).toBe(500);
  });

  test('up to where it is damaged', () => {
    const good = concat(section(), networkInterface(101), ...PACKETS.map(packet => enhancedPacket(packet)));
    const rest = (bytes: Uint8Array) => readCapture(concat(good, bytes));
    const at = good.length;
    const cut = `byte ${at}: the file ends within a block, or is damaged; the rest is not read`;
    expect(rest(new Uint8Array(3)).notes).toEqual([cut]);
    expect(rest(block(6, new Uint8Array(40)).subarray(0, 30)).notes).toEqual([cut]);
    expect(rest(new Uint8Array(20)).notes).toEqual([
      `byte ${at}: expected a block, got one of 0 bytes; the rest is not read`,
    ]);
    const unfit = [block(6, new Uint8Array(8)), enhancedPacket(syn, 7), block(6, words(true, 0, 0, 0, 1e6, 1e6))];
    for (const one of unfit) {
      expect(rest(one).notes).toEqual([`byte ${at}: a packet that does not fit into its block is left out`]);
      expect(sideHex(rest(one), 'client')).toBe(HELLO);
    }
  });

  test('and keys for TLS are not used', () => {
    const file = concat(section(), networkInterface(101), block(10, new Uint8Array(8)), enhancedPacket(data));
    expect(readCapture(file).notes).toEqual(['the file has keys for TLS, which are not used: ws101 decrypts nothing']);
  });
});

describe('a dump of packets is read', () => {
  const dump = (packet: Uint8Array) =>
    Array.from({ length: Math.ceil(packet.length / 16) }, (_, i) => {
      const row = packet.subarray(16 * i, 16 * i + 16);
      return `\t0x${(16 * i).toString(16).padStart(4, '0')}:  ${hexOf(row).replace(/(.{4})(?=.)/g, '$1 ')}  ${'.'.repeat(row.length)}`;
    }).join('\n');

  test('as tcpdump -X prints it', () => {
    const title = '12:34:56.789012 IP 10.0.0.1.50000 > 10.0.0.2.80: Flags [P.], seq 1:12, ack 1, win 512, length 11';
    const capture = readCapture(text(PACKETS.map(packet => `${title}\n${dump(packet)}\n`).join('')));
    expect(capture).toMatchObject({ format: 'dump', conversations: [{ client: '10.0.0.1:50000' }] });
    expect(sideHex(capture, 'client')).toBe(HELLO);
  });

  test('without the other bytes that tshark -x prints', () => {
    const dumps = [...PACKETS.map(dump), `Unmasked data (5 bytes):\n${dump(text('Hello'))}`];
    const capture = readCapture(text(dumps.join('\n\n')));
    expect(sideHex(capture, 'client')).toBe(HELLO);
    expect(capture.notes).toEqual(['left out: 1 dump that is not of a packet of TCP']);
  });

  test('of one packet as a hex stream', () => {
    const capture = readCapture(text(hexOf(ethernet(ipv4(DATA)))));
    expect(capture.conversations[0]).toMatchObject({ server: '10.0.0.2:80' });
    expect(sideHex(capture, 'client')).toBe(HELLO);
  });
});

describe('damaged files', () => {
  const files = [
    pcap(
      PACKETS.map(packet => ethernet(packet)),
      { linkType: 1 },
    ),
    concat(section(), networkInterface(101, true, 6), ...PACKETS.map(packet => enhancedPacket(packet))),
    pcap([ipv6(SYN, 'client', 0, [60, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]), ipv6(DATA)]),
  ];

  function readsOrSays(bytes: Uint8Array): void {
    try {
      for (const { events } of readCapture(bytes).conversations) expect(events.length).toBeGreaterThan(0);
    } catch (error) {
      expect(error).toBeInstanceOf(CaptureError);
    }
  }

  test('throw nothing but CaptureError, whichever bytes are changed or cut off', () => {
    const change = fc.tuple(fc.nat(400), fc.nat(255));
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(change, { maxLength: 6 }), fc.nat(400), (file, changes, cut) => {
        const copy = file.slice(0, cut % 3 === 0 ? cut : file.length);
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        readsOrSays(copy);
      }),
      { numRuns: 1_000 },
    );
  });

  test('and neither do any bytes, or any text', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readsOrSays), { numRuns: 500 });
    const words = fc.constantFrom(
      '0x',
      '81',
      '85 ',
      '00000010: ',
      '\n',
      '*',
      '{',
      '}',
      '[',
      '"',
      '\\x81',
      '\t',
      '<Buffer ',
      '0000000 ',
      '|',
      'a',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), parts => readsOrSays(text(parts.join('')))),
      { numRuns: 1_000 },
    );
  });
});
