import { constants } from 'node:buffer';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FrameDecoder } from '../../src/framing/frame-decoder.js';
import { MessageAssembler } from '../../src/framing/message-assembler.js';
import { rawFrame } from '../helpers/raw-frame.js';

afterEach(() => vi.restoreAllMocks());

function decode(chunks: Uint8Array[], { maxMessageSize = 100_000, ownsChunks = true, mask = false } = {}) {
  const messages: unknown[] = [];
  const sink = { message: (data: string | Uint8Array) => void messages.push(data), control: () => undefined };
  const assembler = new MessageAssembler(sink, { maxMessageSize, maxFragments: 10 }, ownsChunks);
  const decoder = new FrameDecoder(assembler, { from: mask ? 'client' : 'server', ownsChunks });
  for (const chunk of chunks) decoder.push(chunk);
  return { messages, error: decoder.error, retained: assembler.retained };
}

function noMemory(): never {
  throw new RangeError('Array buffer allocation failed');
}

/** Which of the two a copy comes from depends on the size of Node's pool, and so on its version. */
function exhaustMemory(): void {
  vi.spyOn(Buffer, 'allocUnsafe').mockImplementation(noMemory);
  vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(noMemory);
}

function halves(frame: Uint8Array): Uint8Array[] {
  const middle = frame.length >> 1;
  return [frame.subarray(0, middle), frame.subarray(middle)];
}

const BINARY = rawFrame({ opcode: 2, payload: new Uint8Array(2_000) });
const TEXT = rawFrame({ opcode: 1, payload: new Uint8Array(2_000).fill(0x61) });

describe('a message that does not fit in memory fails with 1009', () => {
  test.each<[string, Uint8Array[]]>([
    ['copied whole', [new Uint8Array([...BINARY, ...new Uint8Array(16_000)])]],
    ['gathered in pieces', halves(BINARY)],
    ['a text gathered in pieces', halves(TEXT)],
  ])('%s', (_, chunks) => {
    exhaustMemory();
    const { messages, error, retained } = decode(chunks);
    expect(messages).toEqual([]);
    expect(error).toMatchObject({ closeCode: 1009 });
    expect(error!.message).toContain('not enough memory for 2000 bytes');
    expect(retained).toBe(0);
  });

  test('in large pieces, at the first one that needs memory', () => {
    for (const mask of [false, true]) {
      const payload = new Uint8Array(400_000);
      const frame = rawFrame({ opcode: 2, payload, ...(mask ? { key: [1, 2, 3, 4] as const } : {}) });
      const chunks = [0, 1, 2, 3, 4, 5, 6].map(i => new Uint8Array(frame.subarray(i * 65_536, (i + 1) * 65_536)));
      const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(noMemory);
      const { error, retained } = decode(chunks, { maxMessageSize: 500_000, mask });
      const times = allocate.mock.calls.length;
      allocate.mockRestore();
      expect(error).toMatchObject({ closeCode: 1009 });
      expect([times, retained]).toEqual([1, 0]);
    }
  });

  test('as soon as this is known', () => {
    exhaustMemory();
    expect(decode(halves(BINARY).slice(0, 1)).error).toMatchObject({ closeCode: 1009 });
  });

  test.each([
    ['whole', [TEXT]],
    ['in pieces', halves(TEXT)],
  ])('a text that arrives %s and cannot become a string', (_, chunks) => {
    vi.spyOn(Buffer.prototype, 'toString').mockImplementation(noMemory);
    const { messages, error } = decode(chunks);
    vi.restoreAllMocks();
    expect(messages).toEqual([]);
    expect(error).toMatchObject({ closeCode: 1009 });
  });

  test('if the payload is masked in a chunk that is not owned', () => {
    const frame = rawFrame({ opcode: 2, key: [1, 2, 3, 4], payload: new Uint8Array(2_000) });
    exhaustMemory();
    const { error } = decode([frame], { ownsChunks: false, mask: true });
    expect(error).toMatchObject({ closeCode: 1009 });
    expect(error!.message).toContain('not enough memory for 2000 bytes');
  });
});

describe('maxMessageSize above the size of a Buffer', () => {
  test.runIf(constants.MAX_LENGTH < Number.MAX_SAFE_INTEGER)(
    'is what a Buffer holds: a frame of one byte more fails at its header',
    () => {
      const header = Buffer.alloc(10);
      header.writeUInt16BE(0x827f);
      header.writeBigUInt64BE(BigInt(constants.MAX_LENGTH) + 1n, 2);
      const { error } = decode([header], { maxMessageSize: Number.MAX_SAFE_INTEGER });
      expect(error).toMatchObject({ closeCode: 1009, offset: 0 });
      header.writeBigUInt64BE(BigInt(constants.MAX_LENGTH), 2);
      expect(decode([header], { maxMessageSize: Number.MAX_SAFE_INTEGER }).error).toBeUndefined();
    },
  );

  test('holds for all fragments together', () => {
    const first = Buffer.from('0201' + '61', 'hex');
    const second = Buffer.alloc(10);
    second.writeUInt16BE(0x807f);
    second.writeBigUInt64BE(BigInt(constants.MAX_LENGTH), 2);
    const { error } = decode([first, second], { maxMessageSize: Number.MAX_SAFE_INTEGER });
    expect(error).toMatchObject({ closeCode: 1009 });
  });
});
