import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeaderFields } from '../../../src/handshake/header-fields.js';
import { encodeRequestHead, encodeResponseHead } from '../../../src/handshake/http1/head.js';
import { HeadFault, requestHeadReader, responseHeadReader } from '../../../src/handshake/http1/head-reader.js';
import { bytesOf, feed, type Receiver } from './segmentation.js';

/** How a byte can be cut from its neighbours: sizes of chunks. */
const cuts = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 40 });

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return [...chunks, bytes.subarray(offset)];
}

const name = fc.string({ unit: fc.constantFrom(...'aA0!#$%&*+-.^_`|~'), minLength: 1, maxLength: 12 });
const value = fc
  .string({ unit: fc.constantFrom('a', ' ', '\t', ':', ',', '"', '\x80', '\xff'), maxLength: 20 })
  .map(text => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const headers = fc.array(fc.tuple(name, value), { maxLength: 20 }).map(lines => new HeaderFields(lines));
const version = fc.constantFrom('1.0', '1.1', '2.0');

describe('parse(serialise(head)) = head, in any segmentation', () => {
  const rest = fc.uint8Array({ maxLength: 20 });

  test('of requests', () => {
    const target = fc.string({ unit: fc.constantFrom(...'/a?=&%{|}~'), minLength: 1 });
    fc.assert(
      fc.property(fc.record({ method: name, target, version, headers }), rest, cuts, (head, behind, sizes) => {
        const reading = feed(requestHeadReader(), cut(Buffer.concat([encodeRequestHead(head), behind]), sizes));
        expect(reading.outcome).toEqual(head);
        expect(reading.rest).toBe(Buffer.from(behind).toString('latin1'));
      }),
    );
  });

  test('of responses', () => {
    const status = fc.integer({ min: 100, max: 999 });
    fc.assert(
      fc.property(fc.record({ version, status, reason: value, headers }), rest, cuts, (head, behind, sizes) => {
        const reading = feed(responseHeadReader(), cut(Buffer.concat([encodeResponseHead(head), behind]), sizes));
        expect(reading.outcome).toEqual(head);
        expect(reading.rest).toBe(Buffer.from(behind).toString('latin1'));
      }),
    );
  });
});

/** Bytes that now and then look like a head. */
const nearlyHead = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'GET / HTTP/1.1',
        'HTTP/1.1 101 x',
        '\r\n',
        '\r\n\r\n',
        'A: b',
        ': ',
        ' ',
        '\t',
        '\r',
        '\n',
        '\0',
      ),
      fc.uint8Array({ maxLength: 4 }).map(bytes => Buffer.from(bytes).toString('latin1')),
    ),
    { maxLength: 30 },
  )
  .map(parts => bytesOf(parts.join('')));

describe('arbitrary bytes', () => {
  test.each([
    ['requests', requestHeadReader],
    ['responses', responseHeadReader],
  ] as const)('as %s never throw, and mean the same however they are cut', (_, create) => {
    fc.assert(
      fc.property(nearlyHead, cuts, fc.integer({ min: 1, max: 60 }), (bytes, sizes, maxHeadSize) => {
        const reader = (): Receiver<object> => create({ maxHeadSize, maxHeaderLines: 3 });
        const whole = feed(reader(), [bytes]);
        const pieces = feed(reader(), cut(bytes, sizes));
        expect(pieces.outcome).toEqual(whole.outcome);
        if (!(whole.outcome instanceof HeadFault)) expect(pieces.rest).toBe(whole.rest);
      }),
      { numRuns: 500 },
    );
  });
});

describe('limits', () => {
  test('apply at the first byte too many', () => {
    const reader = requestHeadReader({ maxHeadSize: 20 });
    expect(reader.receive(bytesOf('GET / HTTP/1.1\r\nA: b'))).toBeUndefined();
    expect(reader.size).toBe(20);
    expect(reader.receive(bytesOf('c'))).toMatchObject({ kind: 'too-large' });
  });

  test('are 16 KiB and 100 lines', () => {
    const line = `A: ${'x'.repeat(97)}\r\n`;
    const text = `GET / HTTP/1.1\r\n${line.repeat(100)}`;
    expect(requestHeadReader().receive(bytesOf(`${text}\r\n`))).toMatchObject({ method: 'GET' });
    expect(requestHeadReader().receive(bytesOf(`${text}A: b\r\n`))).toMatchObject({ kind: 'too-large' });
    const large = (size: number) => `GET / HTTP/1.1\r\nA: ${'x'.repeat(size - 23)}\r\n\r\n`;
    expect(requestHeadReader().receive(bytesOf(large(16_384)))).toMatchObject({ method: 'GET' });
    expect(requestHeadReader().receive(bytesOf(large(16_385)))).toMatchObject({ kind: 'too-large' });
  });

  test('apply to all heads of a reader together', () => {
    const reader = responseHeadReader({ maxHeadSize: 45 });
    expect(reader.receive(bytesOf('HTTP/1.1 100 x\r\n\r\nHTTP'))).toMatchObject({ status: 100 });
    expect(reader.rest).toEqual(bytesOf('HTTP'));
    reader.next();
    expect(reader.rest).toHaveLength(0);
    expect(reader.receive(bytesOf('HTTP/1.1 101 y\r\nA: b\r\n\r\n'))).toMatchObject({ status: 101 });
    reader.next();
    expect(reader.receive(bytesOf('HTTP/1.1'))).toMatchObject({ kind: 'start-line-too-long' });
  });
});

describe('memory', () => {
  test('does not keep the chunk of a socket alive', () => {
    const chunk = bytesOf('GET / HTTP/1.1\r\nA: bcd');
    const reader = requestHeadReader();
    reader.receive(chunk);
    chunk.fill(0);
    expect(reader.receive(bytesOf('e\r\n\r\n'))).toMatchObject({ headers: { lines: [['A', 'bcde']] } });
  });
});
