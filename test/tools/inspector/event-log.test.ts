import { describe, expect, test } from 'vitest';
import { EventLog } from '../../../src/tools/inspector/event-log.js';
import type { LiveRecord } from '../../../src/wire/live-record.js';

function open(connection: number): LiveRecord {
  return { type: 'open', connection, client: undefined, server: undefined, isTls: false, time: 0 };
}

/** Adds bytes of a client to a log, and returns the record. */
function push(log: EventLog, connection: number, length: number): LiveRecord {
  const record: LiveRecord = {
    type: 'event',
    connection,
    offset: log.offsetOf(connection, 'client'),
    event: { type: 'bytes', from: 'client', time: 0, bytes: new Uint8Array(length) },
  };
  log.push(record);
  return record;
}

function end(log: EventLog, connection: number): void {
  for (const from of ['client', 'server'] as const) {
    const offset = log.offsetOf(connection, from);
    log.push({ type: 'event', connection, offset, event: { type: 'end', from, time: 0, how: 'fin' } });
  }
}

describe('a log', () => {
  test('returns records in pieces of about the size that is asked for', () => {
    const log = new EventLog();
    log.push(open(1));
    const records = [push(log, 1, 1000), push(log, 1, 1000), push(log, 1, 1000)];
    expect(log.read(0, 1)).toEqual({ records: [open(1)], next: 1, dropped: 0 });
    expect(log.read(1, 2000)).toEqual({ records: records.slice(0, 2), next: 3, dropped: 0 });
    expect(log.read(3, 2000)).toEqual({ records: records.slice(2), next: 4, dropped: 0 });
    expect(log.read(4, 2000)).toEqual({ records: [], next: 4, dropped: 0 });
  });

  test('counts the bytes of each side', () => {
    const log = new EventLog();
    log.push(open(1));
    push(log, 1, 10);
    log.push({ type: 'event', connection: 1, offset: 10, event: { type: 'gap', from: 'client', time: 0, length: 5 } });
    expect([log.offsetOf(1, 'client'), log.offsetOf(1, 'server'), log.offsetOf(2, 'client')]).toEqual([15, 0, 0]);
  });

  test('drops the oldest records beyond its limit, and says how many', () => {
    const log = new EventLog(100_000);
    log.push(open(1));
    for (let i = 0; i < 300; i++) push(log, 1, 5000);
    const { records, dropped, next } = log.read(0, Infinity);
    expect(next).toBe(301);
    // The opening and the first bytes, and what fits.
    expect(records.slice(0, 2)).toMatchObject([{ type: 'open' }, { offset: 0 }]);
    expect(records.length).toBe(2 + 19);
    expect(dropped).toBe(301 - records.length);
    expect(records[2]).toMatchObject({ offset: 5000 * 281 });
  });

  test('tells a slow reader only of records that it has missed', () => {
    const log = new EventLog(100_000);
    log.push(open(1));
    for (let i = 0; i < 300; i++) push(log, 1, 5000);
    const { records, dropped } = log.read(200, Infinity);
    expect(records.length).toBe(19);
    expect(dropped).toBe(301 - 200 - 19);
  });

  test('keeps the end of a connection', () => {
    const log = new EventLog(10_000);
    log.push(open(1));
    end(log, 1);
    log.push(open(2));
    for (let i = 0; i < 100; i++) push(log, 2, 5000);
    expect(log.read(0, 1).records.filter(({ connection }) => connection === 1)).toHaveLength(3);
  });

  test('forgets the oldest closed connections, and no open one', () => {
    const log = new EventLog(10_000);
    log.push(open(1));
    for (let id = 2; id < 1000; id++) {
      log.push(open(id));
      end(log, id);
    }
    const opened = log.read(0, 1).records.filter(({ type }) => type === 'open');
    expect(opened[0]).toMatchObject({ connection: 1 });
    expect(opened[1]!.connection).toBeGreaterThan(700);
    expect(opened.length).toBeLessThan(250);
  });

  test('ignores the events of connections that it does not know', () => {
    const log = new EventLog();
    push(log, 9, 10);
    expect(log.offsetOf(9, 'client')).toBe(0);
  });
});
