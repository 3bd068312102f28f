import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Capture, readCapture } from '../../../src/wire/capture/index.js';
import type { Side, WireEvent } from '../../../src/wire/index.js';
import { HELLO, hexOf, sideHex, text } from './bytes-of.js';
import { concat, ipv4, pcap, type Tcp, tcp } from './packets.js';

const REQUEST = text('GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n');
const RESPONSE = text('HTTP/1.1 101 Switching Protocols\r\n\r\n');
const FRAME = Buffer.from(HELLO, 'hex');

function capture(...segments: readonly Tcp[]): Capture {
  return readCapture(pcap(segments.map(segment => ipv4(tcp(segment), segment.from))));
}

/** Returns the events of a connection in words. */
function story({ conversations }: Capture, index = 0): string[] {
  return (conversations[index]?.events ?? []).map(event => {
    const what: Record<WireEvent['type'], () => string | number> = {
      bytes: () => (event.type === 'bytes' ? Buffer.from(event.bytes).toString('latin1').split('\r\n')[0]! : ''),
      gap: () => (event.type === 'gap' ? event.length : ''),
      end: () => (event.type === 'end' ? event.how : ''),
      message: () => '',
    };
    return `${event.from} ${event.type} ${what[event.type]()}`;
  });
}

const OPENED: readonly Tcp[] = [
  { seq: 99, flags: 'S' },
  { from: 'server', seq: 499, ack: 100, flags: 'S' },
  { seq: 100, ack: 500 },
];

describe('TCP segments are put together', () => {
  test('from SYN to FIN', () => {
    const result = capture(
      ...OPENED,
      { seq: 100, ack: 500, payload: REQUEST },
      { from: 'server', seq: 500, ack: 100 + REQUEST.length, payload: RESPONSE },
      { seq: 100 + REQUEST.length, ack: 500 + RESPONSE.length, payload: FRAME, flags: 'F' },
      { from: 'server', seq: 500 + RESPONSE.length, ack: 100 + REQUEST.length + 12, flags: 'F' },
      { seq: 100 + REQUEST.length + 12, ack: 501 + RESPONSE.length },
    );
    expect(story(result)).toEqual([
      'client bytes GET / HTTP/1.1',
      'server bytes HTTP/1.1 101 Switching Protocols',
      `client bytes ${FRAME.toString('latin1')}`,
      'client end fin',
      'server end fin',
    ]);
    expect(result.notes).toEqual([]);
    expect(result.conversations[0]).toMatchObject({
      id: 1,
      client: '10.0.0.1:50000',
      server: '10.0.0.2:80',
      notes: [],
    });
    expect(result.conversations[0]!.events[0]!.time).toBe(1_003_500);
  });

  test('and bytes that were sent again are shown once', () => {
    const result = capture(
      ...OPENED,
      { seq: 100, ack: 500, payload: REQUEST.subarray(0, 20) },
      { seq: 100, ack: 500, payload: REQUEST.subarray(0, 20) },
      { seq: 110, ack: 500, payload: REQUEST.subarray(10) },
    );
    expect(sideHex(result, 'client')).toBe(hexOf(REQUEST));
    expect(result.conversations[0]!.notes).toEqual(['the client sent 30 bytes again; they are shown once']);
  });

  test('and missing bytes become a gap', () => {
    const result = capture(
      ...OPENED,
      { seq: 100, ack: 500, payload: REQUEST },
      { seq: 100 + REQUEST.length + 1448, ack: 500, payload: FRAME },
    );
    expect(story(result).slice(1)).toEqual(['client gap 1448', `client bytes ${FRAME.toString('latin1')}`]);
    expect(result.conversations[0]!.notes).toEqual(['the capture lacks 1448 bytes that the client sent']);
  });

  test('and bytes that were acknowledged, but not captured, are a gap at the end', () => {
    const end = 100 + REQUEST.length;
    const result = capture(
      ...OPENED,
      { seq: 100, ack: 500, payload: REQUEST },
      { from: 'server', seq: 500, ack: end + 50 },
    );
    expect(story(result)).toEqual(['client bytes GET / HTTP/1.1', 'client gap 50']);
    const closed = capture(
      ...OPENED,
      { seq: 100, ack: 500, payload: REQUEST },
      { from: 'server', seq: 500, ack: end + 1 },
    );
    expect(story(closed)).toEqual(['client bytes GET / HTTP/1.1']);
  });

  test('and a reset ends a side, whatever its numbers are', () => {
    const result = capture(
      ...OPENED,
      { seq: 100, ack: 500, payload: REQUEST },
      { from: 'server', seq: 12_345, flags: 'R', payload: text('go away') },
      { from: 'server', seq: 12_345, flags: 'R' },
    );
    expect(story(result)).toEqual(['client bytes GET / HTTP/1.1', 'server end reset']);
  });

  test('across the end of the sequence numbers', () => {
    const seq = 2 ** 32 - 10;
    const result = capture(
      { seq: seq - 1, flags: 'S' },
      { seq, ack: 500, payload: REQUEST.subarray(0, 15) },
      { seq: 5, ack: 500, payload: REQUEST.subarray(15) },
    );
    expect(sideHex(result, 'client')).toBe(hexOf(REQUEST));
    expect(result.conversations[0]!.events).toHaveLength(2);
  });

  test('and a port that is used again is another connection', () => {
    const result = capture(
      ...OPENED,
      { seq: 100, ack: 500, payload: REQUEST },
      { seq: 99_999, flags: 'S' },
      { seq: 99_999, flags: 'S' },
      { seq: 100_000, payload: concat(REQUEST, FRAME) },
    );
    expect(result.conversations.map(({ id, events }) => [id, events.length])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  test('and a segment whose end was not captured leaves a gap', () => {
    const packets = [...OPENED, { seq: 100, ack: 500, payload: REQUEST }].map(one => ipv4(tcp(one), one.from));
    const result = readCapture(pcap(packets, { snapLength: 44 + 30 }));
    expect(sideHex(result, 'client')).toBe(hexOf(REQUEST.subarray(0, 30)));
    expect(story(result)[1]).toBe(`client gap ${REQUEST.length - 30}`);
    expect(result.conversations[0]!.notes[0]).toBe(
      'not captured whole: 1 packet of the client. Capture again with -s 0',
    );
  });

  test('in any order, repeated and overlapping', () => {
    const client = concat(REQUEST, FRAME, FRAME, FRAME);
    const piece = fc.record({
      from: fc.constantFrom<Side>('client', 'server'),
      start: fc.nat(client.length),
      length: fc.integer({ min: 1, max: 60 }),
    });
    const order = fc.array(piece, { maxLength: 40 });
    fc.assert(
      fc.property(order, fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(1_000), (pieces, initial, seed) => {
        const bytes = { client, server: RESPONSE };
        // Whatever is repeated, each byte is sent at least once, in small segments.
        const whole = (['client', 'server'] as const).flatMap(from =>
          Array.from({ length: Math.ceil(bytes[from].length / 7) }, (_, i) => ({ from, start: 7 * i, length: 7 })),
        );
        const all = [...whole, ...pieces].map((one, i) => ({ ...one, key: (i * 7919 + seed * 104_729) % 1_009 }));
        const segments = all
          .sort((a, b) => a.key - b.key)
          .filter(({ from, start }) => start < bytes[from].length)
          .map(({ from, start, length }): Tcp => {
            const payload = bytes[from].subarray(start, start + length);
            return { from, seq: (initial + 1 + start) >>> 0, payload };
          });
        const result = capture(
          { seq: initial, flags: 'S' },
          { from: 'server', seq: initial, ack: (initial + 1) >>> 0, flags: 'S' },
          ...segments,
        );
        expect(sideHex(result, 'client')).toBe(hexOf(client));
        expect(sideHex(result, 'server')).toBe(hexOf(RESPONSE));
        expect(result.conversations[0]!.events.every(({ type }) => type === 'bytes')).toBe(true);
      }),
    );
  });
});

describe('the client is the end that', () => {
  const swapped = (...segments: readonly Tcp[]) =>
    capture(...segments.map((one): Tcp => ({ ...one, from: one.from === 'server' ? 'client' : 'server' })));

  test.each([
    [
      'sends a SYN',
      [
        { seq: 99, flags: 'S' },
        { seq: 100, payload: FRAME },
      ],
    ],
    [
      'gets a SYN with an acknowledgment',
      [
        { from: 'server', seq: 99, ack: 5, flags: 'S' },
        { seq: 5, payload: FRAME },
      ],
    ],
    ['sends a request', [{ seq: 100, payload: REQUEST }]],
    [
      'gets a response',
      [
        { from: 'server', seq: 100, payload: RESPONSE },
        { seq: 5, payload: FRAME },
      ],
    ],
    [
      'masks its frames',
      [
        { from: 'server', seq: 100, payload: Buffer.from('8100', 'hex') },
        { seq: 5, payload: FRAME },
      ],
    ],
  ] as ReadonlyArray<[string, Tcp[]]>)('%s', (_, segments) => {
    for (const result of [capture(...segments), swapped(...segments)]) expect(sideHex(result, 'client')).not.toBe('');
    expect(capture(...segments).conversations[0]!.client).toBe('10.0.0.1:50000');
    expect(swapped(...segments).conversations[0]!.client).toBe('10.0.0.2:80');
  });

  test('has the higher port, if nothing else tells', () => {
    const result = capture({ from: 'server', seq: 1, payload: text('\x00\xff\xff') });
    expect(result.conversations[0]).toMatchObject({ client: '10.0.0.1:50000' });
  });
});

describe('connections', () => {
  const TLS = Buffer.from('160301020001000000', 'hex');

  test('without a WebSocket are counted, not shown', () => {
    const result = capture(
      { seq: 1, flags: 'S' },
      { seq: 2, payload: REQUEST },
      { seq: 1, flags: 'S', clientPort: 50_001 },
      { seq: 2, payload: text('GET / HTTP/1.1\r\n\r\n'), clientPort: 50_001 },
      { seq: 1, flags: 'S', clientPort: 50_002 },
      { seq: 2, payload: TLS, clientPort: 50_002 },
      { seq: 1, flags: 'S', clientPort: 50_003 },
      { seq: 2, payload: text('EHLO example.com'), clientPort: 50_003 },
      { seq: 1, flags: 'S', clientPort: 50_004 },
      { seq: 2, payload: FRAME, clientPort: 50_004 },
    );
    expect(result.conversations.map(({ id }) => id)).toEqual([1, 5]);
    expect(result.notes).toEqual([
      'encrypted: 1 connection (TLS, to 10.0.0.2:80). Capture with ws101 tap instead, or decrypt the capture first',
      'not shown: 1 connection of HTTP without a WebSocket',
      'not shown: 1 connection of other protocols',
    ]);
  });

  test('are all shown if none carries a WebSocket', () => {
    const result = capture({ seq: 1, flags: 'S' }, { seq: 2, payload: TLS });
    expect(result.conversations).toHaveLength(1);
    expect(result.notes).toHaveLength(1);
  });

  test('without bytes are left out, and it is said', () => {
    const result = capture(...OPENED);
    expect(result.conversations).toEqual([]);
    expect(result.notes).toEqual(['3 packets, of which none carries bytes of a TCP connection']);
  });
});
