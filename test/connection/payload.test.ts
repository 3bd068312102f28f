import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { payloadSize, toPayload } from '../../src/connection/payload.js';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { connectionAndPeer } from '../helpers/connections.js';

const NUMBERS = new Float32Array([1.5, -2, 3]);
const NUMBER_BYTES = Buffer.from(NUMBERS.buffer);

describe('toPayload()', () => {
  test.each<[string, unknown, Uint8Array]>([
    ['a Buffer', Buffer.from('ab'), Buffer.from('ab')],
    ['a Uint8Array', new Uint8Array([1, 2]), Buffer.from([1, 2])],
    ['a part of a Float32Array', NUMBERS.subarray(1), NUMBER_BYTES.subarray(4)],
    ['a DataView with an offset', new DataView(NUMBERS.buffer, 2, 5), NUMBER_BYTES.subarray(2, 7)],
    ['a BigInt64Array', new BigInt64Array([-1n]), Buffer.alloc(8, 0xff)],
    ['an ArrayBuffer', new Uint8Array([3, 4]).buffer, Buffer.from([3, 4])],
    ['a SharedArrayBuffer', new SharedArrayBuffer(3), Buffer.alloc(3)],
    ['an ArrayBuffer of another realm', runInNewContext('new Uint8Array([5, 6]).buffer'), Buffer.from([5, 6])],
    ['a Uint16Array of another realm', runInNewContext('new Uint16Array([0xffff])'), Buffer.from([255, 255])],
  ])('takes %s as the bytes that it covers', (_, data, bytes) => {
    const payload = toPayload(data as never) as Uint8Array;
    expect(payload).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(payload).equals(bytes)).toBe(true);
    expect(payloadSize(payload)).toBe(bytes.length);
  });

  test('takes text, measured as UTF-8, and Blobs as they are', () => {
    expect(toPayload('ü')).toBe('ü');
    expect(payloadSize('ü€')).toBe(5);
    const blob = new Blob(['abc']);
    expect(toPayload(blob)).toBe(blob);
    expect(payloadSize(blob)).toBe(3);
  });

  test.each([
    ['a Buffer', Buffer.from('x')],
    ['a Float64Array', new Float64Array(1)],
    ['an ArrayBuffer', new ArrayBuffer(1)],
  ])('rejects a Proxy of %s, and says why', (_, data) => {
    expect(() => toPayload(new Proxy(data, {}) as never)).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        code: 'WS101_INVALID_ARGUMENT',
        message: 'data is a Proxy, whose bytes cannot be read: pass its target',
      }),
    );
  });

  test.each<[unknown, string]>([
    [7, 'got 7'],
    [undefined, 'got undefined'],
    [null, 'got null'],
    [true, 'got true'],
    [{ length: 4 }, 'got an object'],
    [[1, 2], 'got an Array'],
    [() => 'x', 'got a function'],
  ])('refuses %j', (data, got) => {
    expect(() => toPayload(data as never)).toThrow(TypeError);
    expect(() => toPayload(data as never)).toThrow(
      `data must be a string, a Buffer, an ArrayBufferView, an ArrayBuffer or a Blob, ${got}`,
    );
  });
});

describe('bytes with a false length', () => {
  class Liar extends Uint8Array {
    override get length(): number {
      return 300;
    }
    override get byteLength(): number {
      return 300;
    }
    override get byteOffset(): number {
      return 0;
    }
  }
  const pool = Uint8Array.from({ length: 400 }, (_, i) => i);
  const LIARS: ReadonlyArray<[string, () => Uint8Array]> = [
    [
      'with a length of its own',
      () => Object.defineProperty(Buffer.from(pool.buffer, 100, 3), 'length', { value: 300 }),
    ],
    ['of a subclass', () => new Liar(pool.buffer, 100, 3)],
  ];

  test.each(LIARS)('an array %s is sent with its true length', (_what, make) => {
    expect([...(toPayload(make()) as Uint8Array)]).toEqual([100, 101, 102]);
    const { connection, peer } = connectionAndPeer('server');
    connection.send(make());
    connection.terminate();
    expect(peer.error).toBeUndefined();
    expect(() => encodeFrame('server', 2, make())).toThrow(TypeError);
  });

  test.each([
    ['of a size that is not a number', { size: Number.NaN, type: '', arrayBuffer: async () => new ArrayBuffer(1) }],
    ['of a negative size', { size: -1, type: '', arrayBuffer: async () => new ArrayBuffer(1) }],
  ])('a Blob %s is refused', (_what, blob) => {
    expect(() => toPayload(blob as never)).toThrow(TypeError);
  });

  test('a Blob whose arrayBuffer() returns a number closes the connection with 1011, and sends no memory of that size', async () => {
    const { connection, peer } = connectionAndPeer('server');
    connection.send({ size: 1, type: '', arrayBuffer: async () => 1_000 } as unknown as Blob);
    expect(await peer.saw(1)).toEqual(['close 1011 "the sender could not complete a message"']);
    peer.send(peer.frames.close(1011));
    expect((await connection.closed).cause).toMatchObject({ code: 'WS101_INVALID_ARGUMENT' });
  });
});
