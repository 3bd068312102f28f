import { describe, expect, test } from 'vitest';
import { HeaderFields, type HeaderLine } from '../../../src/handshake/header-fields.js';
import { ResponseBody } from '../../../src/handshake/http1/response-body.js';
import { bytesOf, segmentations } from './segmentation.js';

const bodyOf = (headers: HeaderLine[], status = 404) =>
  new ResponseBody({ version: '1.1', status, reason: '', headers: new HeaderFields(headers) });

const CHUNKED: HeaderLine[] = [['Transfer-Encoding', 'gzip, Chunked']];
const length = (value: string): HeaderLine[] => [['Content-Length', value]];

/** Reads `text` in every segmentation: all must give the same. */
function read(headers: HeaderLine[], text: string): { content: string; isWhole: boolean } {
  const readings = [...segmentations(bytesOf(text))].map(([, chunks]) => {
    const body = bodyOf(headers);
    for (const chunk of chunks) body.receive(chunk);
    return { content: Buffer.from(body.content).toString('latin1'), isWhole: body.isWhole };
  });
  for (const reading of readings) expect(reading).toEqual(readings[0]);
  return readings[0]!;
}

describe('the length of a body (RFC 9112 §6.3)', () => {
  test.each<[string, HeaderLine[], string, string, boolean]>([
    ['Content-Length', length('5'), 'hello', 'hello', true],
    ['Content-Length, followed by more bytes', length('5'), 'hello, world', 'hello', true],
    ['Content-Length not reached', length('6'), 'hello', 'hello', false],
    ['Content-Length: 0', length('0'), 'hello', '', true],
    ['Content-Length above the largest integer', length('9'.repeat(400)), 'hello', 'hello', false],
    ['not a number', length('five'), 'hello', 'hello', false],
    ['a number followed by letters', length('3x'), 'hello', 'hello', false],
    ['letters followed by a number', length('x3'), 'hello', 'hello', false],
    ['two lengths', [...length('5'), ...length('4')], 'hello', 'hello', false],
    ['until the end of the connection', [], 'hello', 'hello', false],
    ['chunked', CHUNKED, '5\r\nhello\r\n0\r\n\r\n', 'hello', true],
    ['chunked alone', [['Transfer-Encoding', 'chunked']], '5\r\nhello\r\n0\r\n\r\n', 'hello', true],
    [
      'chunked, and not as the last coding',
      [['Transfer-Encoding', 'chunked, gzip']],
      '5\r\nhello',
      '5\r\nhello',
      false,
    ],
    ['chunked over Content-Length', [...CHUNKED, ...length('3')], '5\r\nhello\r\n0\r\n', 'hello', true],
    ['chunked, incomplete', CHUNKED, '5\r\nhello\r\n', 'hello', false],
    ['chunked, within a chunk', CHUNKED, 'B\r\nhello', 'hello', false],
    ['chunked, with extensions', CHUNKED, '5;a=b\r\nhello\r\n06 ; c\r\n world\r\n00\r\n', 'hello world', true],
    [
      'chunked, in hexadecimal',
      CHUNKED,
      `1A\r\n${'x'.repeat(26)}\r\na\r\n${'y'.repeat(10)}\r\n0\r\n\r\n`,
      'x'.repeat(26) + 'y'.repeat(10),
      true,
    ],
    ['chunked, with a size above the largest integer', CHUNKED, `${'F'.repeat(400)}\r\nhello`, 'hello', false],
    ['chunked, and empty', CHUNKED, '0\r\n\r\n', '', true],
    ['chunked, without a size', CHUNKED, 'x\r\nhello', '', true],
    ['another transfer coding', [['Transfer-Encoding', 'gzip']], 'hello', 'hello', false],
  ])('%s', (_, headers, text, content, isWhole) => {
    expect(read(headers, text)).toEqual({ content, isWhole });
  });

  test.each([204, 304])('is 0 for %i', status => {
    expect(bodyOf(length('5'), status).isWhole).toBe(true);
  });
});

describe('the limit of 1 MiB', () => {
  test('holds for the content', () => {
    const body = bodyOf([]);
    body.receive(new Uint8Array(1024 * 1024 - 1));
    expect(body.isWhole).toBe(false);
    body.receive(new Uint8Array(10));
    expect(body.isWhole).toBe(true);
    expect(body.content).toHaveLength(1024 * 1024);
  });

  test('holds for a chunked coding that has no content', () => {
    const body = bodyOf(CHUNKED);
    body.receive(bytesOf('1;'));
    body.receive(Buffer.alloc(2 * 1024 * 1024, 'x'));
    expect(body.isWhole).toBe(true);
    expect(body.content).toHaveLength(0);
  });
});
