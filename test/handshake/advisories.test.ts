/** What has broken the handshake of other implementations, and must not break here. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HandshakeError } from '../../src/errors.js';
import { parseExtensions } from '../../src/handshake/extension-header.js';
import { parseTokenList } from '../../src/handshake/grammar.js';
import { ClientHandshake } from '../../src/handshake/http1/client-handshake.js';
import { requestHeadReader } from '../../src/handshake/http1/head-reader.js';
import { ServerHandshake } from '../../src/handshake/http1/server-handshake.js';
import { Refusal } from '../../src/handshake/refusal.js';
import { IS_MUTATION_RUN } from '../helpers/mutation-run.js';
import { request, response, SAMPLE_KEY } from '../helpers/sample-heads.js';
import { bytesOf, feed } from './http1/segmentation.js';

/** The shortest of five runs, in milliseconds: what the work takes, whatever else the machine does. */
function shortest(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

const statusOf = (text: string) => {
  const outcome = new ServerHandshake().receive(bytesOf(text));
  return outcome instanceof Refusal ? outcome.status : outcome && 101;
};

describe.skipIf(IS_MUTATION_RUN)('linear time', () => {
  const size = 16 * 1024;
  const hostile: ReadonlyArray<readonly [string, string, unknown]> = [
    ['ws CVE-2021-32640: b, 16 KiB of spaces, x', `b${' '.repeat(size)}x`, undefined],
    [
      'websocket-extensions CVE-2020-7662: an unclosed quoted-string of pairs',
      `a; b="${'\\c'.repeat(size / 2)}`,
      undefined,
    ],
    ['Deno CVE-2023-26103: spaces around commas', ' , '.repeat(size / 3), []],
    ['spaces and tabs before a semicolon', `a${' \t'.repeat(size / 2)};`, undefined],
    ['parameters without an end', 'a;b'.concat(';b'.repeat(size / 2), '='), undefined],
    ['one long token', 'a'.repeat(size), [{ name: 'a'.repeat(size), parameters: [] }]],
  ];
  for (const [title, text, parsed] of hostile) {
    test(`${title}: < 5 ms`, () => {
      expect(parseExtensions([text])).toEqual(parsed);
      expect(shortest(() => parseExtensions([text]))).toBeLessThan(5);
      expect(shortest(() => parseTokenList([text]))).toBeLessThan(5);
    });
  }

  test('ws CVE-2021-32640: in a whole request, answered with 400', () => {
    const text = request({ add: [`Sec-WebSocket-Extensions: b${' '.repeat(15_000)}x`] });
    expect(statusOf(text)).toBe(400);
    expect(shortest(() => statusOf(text))).toBeLessThan(5);
  });

  // Tried again, since a busy machine can be late by any factor; what is not linear is so every time.
  test('tungstenite CVE-2023-43669: 256 KiB a byte at a time', { retry: 2 }, () => {
    const read = (size: number) => {
      const bytes = bytesOf(request({ add: [`X: ${'x'.repeat(size)}`] }));
      const chunks = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
      return shortest(() => {
        const { outcome } = feed(requestHeadReader({ maxHeadSize: 512 * 1024 }), chunks);
        expect(outcome).toMatchObject({ method: 'GET' });
      });
    };
    // Eight times the bytes: eight times the time, where each byte is looked at once; more than 30 times, if all bytes so
    // far are copied for each.
    expect(read(256 * 1024)).toBeLessThan(20 * Math.max(read(32 * 1024), 1));
  });
});

describe('ws CVE-2024-37890, Cowboy CVE-2026-65624: header lines are counted, whatever their names', () => {
  test.each([
    ['2,000 unique', (i: number) => `X-${i}: y`],
    ['2,000 identical', () => 'X: y'],
    ['2,000 empty', () => 'X:'],
  ])('%s: 431', (_, line) => {
    const handshake = new ServerHandshake({ maxHeadSize: 1024 * 1024 });
    const text = request({ add: Array.from({ length: 2000 }, (_, i) => line(i)) });
    expect(handshake.receive(bytesOf(text))).toMatchObject({ status: 431 });
    expect(statusOf(text)).toBe(431);
  });
});

describe('ws 3.3.1, Node CVE-2026-21710: names of Object.prototype', () => {
  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf'];

  test('as headers, extensions, parameters and subprotocols', () => {
    const outcome = new ServerHandshake().receive(
      bytesOf(
        request({
          add: [
            ...names.map(name => `${name}: ${name}`),
            `Sec-WebSocket-Protocol: ${names.join(', ')}`,
            `Sec-WebSocket-Extensions: ${names.map(name => `${name}; ${name}=${name}; ${name}`).join(', ')}`,
          ],
        }),
      ),
    );
    expect(outcome).toMatchObject({ subprotocols: names });
    if (outcome === undefined || outcome instanceof Refusal) throw new Error('refused');
    expect(outcome.headers.get('__PROTO__')).toBe('__proto__');
    expect(outcome.extensions.map(({ name }) => name)).toEqual(names);
  });

  test('as an extension or a subprotocol that was not offered', () => {
    for (const name of names) {
      for (const header of ['Sec-WebSocket-Extensions', 'Sec-WebSocket-Protocol']) {
        const client = new ClientHandshake({ host: 'a', target: '/' }, SAMPLE_KEY);
        expect(client.receive(bytesOf(response({ add: [`${header}: ${name}`] })))).toBeInstanceOf(HandshakeError);
      }
    }
  });
});

test('aiohttp GHSA-mfx4-hv73-q22v: an upgrade with a body is refused, and its body is not read as frames', () => {
  const handshake = new ServerHandshake();
  const outcome = handshake.receive(bytesOf(`${request({ add: ['Content-Length: 7'] })}\x81\x81\0\0\0\0A`));
  expect(outcome).toMatchObject({ status: 400 });
  expect(handshake.rest).toHaveLength(0);
});

test('netty CVE-2026-59898: no upgrade without Connection and Upgrade', () => {
  expect(statusOf(request({ set: { Connection: undefined } }))).toBe(426);
  expect(statusOf(request({ set: { Upgrade: undefined } }))).toBe(426);
});

describe('injection', () => {
  const client = (headers: Record<string, string>) => () => new ClientHandshake({ host: 'a', target: '/', headers });

  test('undici CVE-2026-1527: CR LF through an option', () => {
    expect(client({ 'X-A': 'b\r\nX-C: d' })).toThrow(RangeError);
    expect(client({ 'X-A\r\nX-C': 'd' })).toThrow(RangeError);
    expect(() => new ClientHandshake({ host: 'a', target: '/', subprotocols: ['a\r\nX: b'] })).toThrow(RangeError);
  });

  test('Node CVE-2016-2216: U+010D and U+010A, which latin1 cuts to CR and LF', () => {
    expect(client({ 'X-A': 'b\u010d\u010aX-C: d' })).toThrow(RangeError);
    expect(() => new Refusal(403, { reason: '\u010d\u010a' })).toThrow(RangeError);
  });

  test('no option value adds a line to the request [4.1-19]', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', ':', '\r', '\n', '\0', '\u010d', '\u010a', '/', '#', 'é'),
    });
    fc.assert(
      // One random option at a time: if all were random, an invalid one would nearly always hide the others.
      fc.property(fc.constantFrom('host', 'target', 'origin', 'value'), text, (option, text) => {
        const { host = 'a', target = '', origin = 'a', value = 'a' }: Record<string, string> = { [option]: text };
        try {
          const { request } = new ClientHandshake({ host, target: `/${target}`, origin, headers: { X: value } });
          expect(
            Buffer.from(request)
              .toString('latin1')
              .split(/\r\n|\r|\n/),
          ).toHaveLength(10);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          expect((error as Error).message).toContain('must be');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('arbitrary bytes never throw', () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  const placed = fc.tuple(fc.nat(400), bytes);

  test('at a server: random bytes, and requests with random bytes within', () => {
    fc.assert(
      fc.property(bytes, placed, (random, [position, patch]) => {
        new ServerHandshake().receive(random);
        const text = bytesOf(request({ add: ['Origin: http://a', 'Sec-WebSocket-Extensions: a; b="c"', 'Expect: x'] }));
        text.set(patch.subarray(0, Math.max(0, text.length - position)), Math.min(position, text.length));
        const outcome = new ServerHandshake().receive(text);
        if (outcome instanceof Refusal) expect([400, 403, 404, 405, 414, 417, 426, 431, 505]).toContain(outcome.status);
      }),
      { numRuns: 500 },
    );
  });

  test('at a client: random bytes, and responses with random bytes within', () => {
    fc.assert(
      fc.property(bytes, placed, (random, [position, patch]) => {
        for (const text of [
          response({ add: ['Sec-WebSocket-Protocol: a'] }),
          'HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
        ]) {
          const client = new ClientHandshake({ host: 'a', target: '/', subprotocols: ['a'] }, SAMPLE_KEY);
          const patched = bytesOf(text);
          patched.set(patch.subarray(0, Math.max(0, text.length - position)), Math.min(position, text.length));
          if (client.receive(patched) === undefined && client.receive(random) === undefined) {
            expect(client.end()).toBeInstanceOf(HandshakeError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
