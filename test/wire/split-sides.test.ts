import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../src/framing/index.js';
import { splitSides } from '../../src/wire/index.js';
import { concat } from '../helpers/bytes.js';
import { head, REQUEST, RESPONSE } from './wire-events.js';

function split(...pieces: Array<string | Uint8Array>): string[] {
  const bytes = concat(...pieces.map(piece => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)));
  return splitSides(bytes, undefined).map(event => `${event.from} ${event.type === 'bytes' ? event.bytes.length : ''}`);
}

describe('splitSides()', () => {
  test('assigns heads by their first line, and frames by their MASK bit', () => {
    const [request, response] = [head(...REQUEST), head(...RESPONSE)];
    expect(
      split(request, response, encodeFrame('client', 1, 'hello'), encodeFrame('server', 2, new Uint8Array(200))),
    ).toEqual([`client ${request.length}`, `server ${response.length}`, 'client 11', 'server 204']);
  });

  test('gives the body of a refusal to the server', () => {
    const refusal = `${head('HTTP/1.1 404 Not Found')}no WebSocket here`;
    expect(split(head(...REQUEST), refusal)).toEqual([`client ${head(...REQUEST).length}`, `server ${refusal.length}`]);
  });

  test.each([
    ['nothing', '', []],
    ['a cut-off head', 'GET / HT', ['client 8']],
    ['a cut-off frame', '\x81\x85\x00', ['client 3']],
    ['one byte', '\x81', ['server 1']],
    ['text', '+OK ready', ['server 9']],
  ])('takes %s', (_, bytes, expected) => {
    expect(split(bytes)).toEqual(expected);
  });
});
