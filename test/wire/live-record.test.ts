import { expect, test } from 'vitest';
import { decodeRecords, encodeRecords, type LiveRecord } from '../../src/wire/live-record.js';

const RECORDS: readonly LiveRecord[] = [
  { type: 'open', connection: 7, client: '127.0.0.1:5000', server: undefined, isTls: true, time: 1_700_000_000_000.25 },
  {
    type: 'event',
    connection: 7,
    offset: 2 ** 40,
    event: { type: 'bytes', from: 'client', time: 12.5, bytes: Uint8Array.of(1, 2, 255) },
  },
  {
    type: 'event',
    connection: 2 ** 32 - 1,
    offset: 0,
    event: { type: 'message', from: 'server', time: undefined, opcode: 10, data: Uint8Array.of(9) },
  },
  { type: 'event', connection: 7, offset: 3, event: { type: 'end', from: 'client', time: 13, how: 'fin' } },
  { type: 'event', connection: 7, offset: 3, event: { type: 'end', from: 'server', time: 13, how: 'reset' } },
];

test('records survive encoding and decoding', () => {
  expect(decodeRecords(encodeRecords(RECORDS))).toEqual(RECORDS);
  expect(decodeRecords(encodeRecords([]))).toEqual([]);
});

test('a gap is decoded as the offset after it, so that missing bytes are counted once', () => {
  const gap: LiveRecord = {
    type: 'event',
    connection: 1,
    offset: 100,
    event: { type: 'gap', from: 'client', time: 5, length: 40 },
  };
  expect(decodeRecords(encodeRecords([gap]))).toEqual([{ ...gap, offset: 140, event: { ...gap.event, length: 0 } }]);
});

test('records of unknown kinds are skipped', () => {
  const batch = encodeRecords(RECORDS.slice(1, 3));
  batch[0] = 99;
  expect(decodeRecords(batch)).toEqual(RECORDS.slice(2, 3));
  batch[0] = 1;
  batch[1] = 9;
  expect(decodeRecords(batch)).toEqual(RECORDS.slice(2, 3));
});
