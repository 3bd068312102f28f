import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ConversationDecoder,
  Explanation,
  frameBytes,
  frameFields,
  itemRecord,
  PLAIN,
  type Side,
  splitSides,
  summaryRecord,
  type WireEvent,
  type WireItem,
} from '../../src/wire/index.js';
import { concat, cutAt, hex } from '../helpers/bytes.js';
import { head, inflate, REQUEST, RESPONSE } from '../wire/wire-events.js';

const side = fc.constantFrom<Side>('client', 'server');
const cuts = fc.array(fc.nat(300), { maxLength: 8 });
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');

const frame = fc.record({
  fin: fc.boolean(),
  rsv: fc.constantFrom(0, 0, 0, 0x40, 0x20, 0x70),
  opcode: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(0, 1, 2, 8, 9, 10) }, { weight: 1, arbitrary: fc.nat(15) }),
  maskingKey: fc.option(fc.integer(), { nil: undefined }),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 140 }),
    fc.string({ maxLength: 40 }).map(text => Uint8Array.from(new TextEncoder().encode(text))),
  ),
  lengthForm: fc.constantFrom('minimal' as const, 'minimal' as const, '16' as const, '64' as const),
});

/** Something a peer may send: heads, correct and broken, frames, and noise. */
const piece = fc.oneof(
  fc.constant(bytesOf(head(...REQUEST))),
  fc.constant(bytesOf(head(...RESPONSE))),
  fc.constant(bytesOf(head(...RESPONSE, 'Sec-WebSocket-Extensions: permessage-deflate'))),
  fc
    .constantFrom(
      'HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!',
      'GET / HTTP/1.1\r\n\r\n',
      'HTTP/1.1 200\r\n',
    )
    .map(bytesOf),
  fc
    .constantFrom('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n', '\r\n', '\x16\x03\x01')
    .map(bytesOf),
  { weight: 6, arbitrary: frame.map(frameBytes) },
  fc.uint8Array({ maxLength: 30 }),
);

type Part =
  | { readonly from: Side; readonly bytes: Uint8Array }
  | { readonly from: Side; readonly gap: number }
  | { readonly from: Side; readonly how: 'fin' | 'reset' };

/** Frames that mostly follow the rules, so that decoding goes on. */
const plausible = fc.record({
  from: side,
  frame: fc.record({
    fin: fc.constantFrom(true, true, true, false),
    rsv: fc.constantFrom(0, 0, 0, 0, 0x40),
    opcode: fc.constantFrom(0, 1, 1, 2, 2, 8, 9, 10),
    maskingKey: fc.integer(),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.string({ unit: 'binary', maxLength: 60 }).map(text => Uint8Array.from(new TextEncoder().encode(text))),
      fc.constantFrom('f248cdc9c90700', 'ca48cdc9c90700', '03e8', '03ed', '6161ff6161').map(hex),
    ),
  }),
});

const plausiblePart = plausible.map(
  ({ from, frame }): Part => ({
    from,
    bytes: frameBytes(from === 'client' ? frame : { ...frame, maskingKey: undefined }),
  }),
);

/** Handshakes, or none. */
const start = fc
  .constantFrom<readonly string[] | undefined>(undefined, [], ['Sec-WebSocket-Extensions: permessage-deflate'])
  .map((extra): Part[] =>
    extra === undefined
      ? []
      : [
          { from: 'client', bytes: bytesOf(head(...REQUEST, ...extra)) },
          { from: 'server', bytes: bytesOf(head(...RESPONSE, ...extra)) },
        ],
  );

const parts = fc
  .tuple(
    start,
    fc.array(
      fc.oneof(
        { weight: 20, arbitrary: plausiblePart },
        { weight: 3, arbitrary: fc.record({ from: side, bytes: piece }) },
        { weight: 1, arbitrary: fc.record({ from: side, gap: fc.nat(200) }) },
        { weight: 1, arbitrary: fc.record({ from: side, how: fc.constantFrom('fin' as const, 'reset' as const) }) },
      ),
      { maxLength: 14 },
    ),
  )
  .map(([start, more]) => [...start, ...more]);

function eventsOf(parts: readonly Part[], cuts: readonly number[]): WireEvent[] {
  return parts.flatMap((part): WireEvent[] => {
    const { from } = part;
    if ('gap' in part) return [{ type: 'gap', from, time: undefined, length: part.gap }];
    if ('how' in part) return [{ type: 'end', from, time: undefined, how: part.how }];
    return cutAt(part.bytes, cuts).map(bytes => ({ type: 'bytes', from, time: undefined, bytes }));
  });
}

function decode(events: readonly WireEvent[]) {
  const decoder = new ConversationDecoder({ inflate });
  const items: WireItem[] = events.flatMap(event => decoder.push(event));
  items.push(...decoder.end());
  return { items, summary: decoder.summary() };
}

describe('ConversationDecoder', () => {
  test('never throws, and finds the same however the bytes are cut', () => {
    fc.assert(
      fc.property(parts, cuts, (parts, cuts) => {
        const whole = decode(eventsOf(parts, []));
        expect(decode(eventsOf(parts, cuts))).toEqual(whole);
      }),
      { numRuns: 400 },
    );
  });

  test('finds what can be written as text and as JSON', () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 40, max: 160 }), (parts, columns) => {
        const { items, summary } = decode(eventsOf(parts, []));
        const lines: string[] = [];
        const write = (line: string) => lines.push(line);
        const explanation = new Explanation({ write, paint: PLAIN, columns, start: 0, detailOf: () => 'fields' });
        for (const item of items) explanation.item(item);
        explanation.summary(summary);
        expect(lines.join('').match(/[\x00-\x1f\x7f-\x9f]/)).toBeNull();
        JSON.stringify([...items.map(itemRecord), summaryRecord(summary)]);
      }),
      { numRuns: 200 },
    );
  });

  test('finds each legal frame with the fields it was encoded with', () => {
    const legal = fc.record({
      fin: fc.constant(true),
      rsv: fc.constant(0),
      opcode: fc.constantFrom(2, 9, 10),
      maskingKey: fc.option(fc.integer(), { nil: undefined }),
      payload: fc.uint8Array({ maxLength: 125 }),
    });
    fc.assert(
      fc.property(fc.array(legal, { maxLength: 10 }), frames => {
        const { items } = decode(
          frames.map(frame => ({
            ...{ type: 'bytes', from: frame.maskingKey === undefined ? 'server' : 'client', time: undefined },
            bytes: frameBytes(frame),
          })),
        );
        const found = items.filter(item => item.type === 'frame');
        expect(found).toMatchObject(
          frames.map(({ maskingKey, opcode, payload }) => ({
            ...{ opcode, payload, masked: maskingKey !== undefined, maskingKey: maskingKey ?? 0, error: undefined },
          })),
        );
      }),
    );
  });
});

describe('frameFields()', () => {
  test('covers every bit of a header once, in order, with its value', () => {
    fc.assert(
      fc.property(frame, frame => {
        const bytes = frameBytes(frame);
        const header = bytes.subarray(0, bytes.length - frame.payload.length);
        const fields = frameFields({ header });
        let bit = 0;
        let joined = 0n;
        for (const field of fields) {
          expect(field.bit).toBe(bit);
          bit += field.bits;
          joined = (joined << BigInt(field.bits)) | field.value;
        }
        expect(bit).toBe(8 * header.length);
        expect(joined.toString(16).padStart(2 * header.length, '0')).toBe(Buffer.from(header).toString('hex'));
      }),
    );
  });
});

describe('splitSides()', () => {
  test('keeps all bytes in order', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
        const all = concat(...pieces);
        const events = splitSides(all, undefined);
        expect(concat(...events.map(event => (event.type === 'bytes' ? event.bytes : new Uint8Array(0))))).toEqual(all);
      }),
    );
  });
});
