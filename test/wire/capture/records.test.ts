import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type OpenEvent, readCapture, recordLine } from '../../../src/wire/capture/index.js';
import type { WireEvent } from '../../../src/wire/index.js';
import { text } from './bytes-of.js';

const OPEN: OpenEvent = { type: 'open', time: 1.5, client: '127.0.0.1:5000', server: '[::1]:80', isTls: true };

function lines(...records: ReadonlyArray<readonly [number, WireEvent | OpenEvent]>): Uint8Array {
  return text(records.map(([connection, event]) => `${recordLine(connection, event)}\n`).join(''));
}

const from = fc.constantFrom('client' as const, 'server' as const);
const time = fc.option(fc.double({ min: 0, max: 1e13, noNaN: true, noDefaultInfinity: true }), { nil: undefined });
const bytes = fc.uint8Array({ maxLength: 300 });
const event: fc.Arbitrary<WireEvent> = fc.oneof(
  fc.record({ type: fc.constant('bytes' as const), from, time, bytes }),
  fc.record({ type: fc.constant('gap' as const), from, time, length: fc.nat() }),
  fc.record({ type: fc.constant('end' as const), from, time, how: fc.constantFrom('fin' as const, 'reset' as const) }),
  fc.record({ type: fc.constant('message' as const), from, time, opcode: fc.nat(15), data: bytes }),
);

describe('recordLine()', () => {
  test('writes JSON with the bytes in base64', () => {
    expect(recordLine(7, { type: 'bytes', from: 'client', time: 1.5, bytes: Buffer.from('GET') })).toBe(
      '{"connection":7,"event":"bytes","from":"client","time":1.5,"bytes":"R0VU"}',
    );
    expect(recordLine(7, OPEN)).toBe(
      '{"connection":7,"event":"open","time":1.5,"client":"127.0.0.1:5000","server":"[::1]:80","isTls":true}',
    );
  });

  test('encodes more bytes than a call takes arguments', () => {
    const large = new Uint8Array(300_000).fill(7);
    const { conversations } = readCapture(lines([1, { type: 'bytes', from: 'client', time: undefined, bytes: large }]));
    expect(conversations[0]!.events).toEqual([{ type: 'bytes', from: 'client', time: undefined, bytes: large }]);
  });
});

describe('records are read', () => {
  test('as they were written', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 10 }), events => {
        const capture = readCapture(lines([3, OPEN], ...events.map(event => [3, event] as const)));
        const { client, server, isTls } = OPEN;
        expect(capture).toEqual({
          format: 'lines',
          conversations: [{ id: 1, client, server, isTls, events, notes: [] }],
          notes: [],
        });
      }),
    );
  });

  test('of several connections at once, and of a number that opens again', () => {
    const gap = (length: number) => ({ type: 'gap', from: 'client', time: undefined, length }) as const;
    const { conversations } = readCapture(
      lines([1, OPEN], [2, OPEN], [1, gap(1)], [2, gap(2)], [1, OPEN], [1, gap(3)]),
    );
    expect(conversations.map(({ id, events }) => [id, events])).toEqual([
      [1, [gap(1)]],
      [2, [gap(2)]],
      [3, [gap(3)]],
    ]);
  });

  test('without the lines that are none, which are noted', () => {
    const good = recordLine(1, { type: 'gap', from: 'server', time: undefined, length: 5 });
    const bad = [
      '{"connection":1,"event":"bytes","from":"nobody","bytes":""}',
      '{"connection":1,"event":"bytes","from":"client","bytes":"="}',
      '{"connection":1,"event":"bytes","from":"client"}',
      '{"connection":1,"event":"gap","from":"client","length":-1}',
      '{"connection":1,"event":"end","from":"client","how":"well"}',
      '{"connection":1,"event":"message","from":"client","opcode":16,"data":""}',
      '{"connection":"1","event":"open"}',
      'null',
      '{"connection":1,"eve',
    ];
    const { conversations, notes } = readCapture(text([good, ...bad].join('\n')));
    expect(conversations[0]!.events).toHaveLength(1);
    expect(notes).toHaveLength(bad.length);
    expect(notes[0]).toBe(
      `byte ${good.length + 1}: this line is not a record of an event, so it is left out: ${bad[0]!.slice(0, 60)}`,
    );
  });
});
