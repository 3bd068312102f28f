import { describe, expect, test } from 'vitest';
import { extension, PerMessageDeflate, type PerMessageDeflateOptions } from '../../src/ws/index.js';

type Callback = (error: Error | null, data?: Buffer) => void;

function result(start: (callback: Callback) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => start((error, data) => (error === null ? resolve(data!) : reject(error))));
}

function accept(options: PerMessageDeflateOptions, header: string): unknown {
  const offers = extension.parse(header)['permessage-deflate']!;
  return { ...new PerMessageDeflate(options).accept(offers) };
}

describe('the negotiation', () => {
  test('offers client_max_window_bits unless it is turned off', () => {
    expect(new PerMessageDeflate().offer()).toEqual({ client_max_window_bits: true });
    expect(new PerMessageDeflate({ clientMaxWindowBits: false as never }).offer()).toEqual({});
    expect(new PerMessageDeflate({ serverNoContextTakeover: true, serverMaxWindowBits: 10 }).offer()).toEqual({
      client_max_window_bits: true,
      server_max_window_bits: 10,
      server_no_context_takeover: true,
    });
  });

  test('a server accepts the first offer that its options allow', () => {
    const header = 'permessage-deflate; server_max_window_bits=9, permessage-deflate; client_max_window_bits';
    expect(accept({ isServer: true, serverMaxWindowBits: 12, clientMaxWindowBits: 11 }, header)).toEqual({
      server_max_window_bits: 12,
      client_max_window_bits: 11,
    });
  });

  test('a server without options leaves the client its largest window', () => {
    expect(accept({ isServer: true }, 'permessage-deflate; client_max_window_bits')).toEqual({});
  });

  test.each<[PerMessageDeflateOptions, string, string]>([
    [
      { isServer: true, serverNoContextTakeover: false },
      'server_no_context_takeover',
      'None of the extension offers can be accepted',
    ],
    [
      { isServer: true, clientMaxWindowBits: 10 },
      'server_no_context_takeover',
      'None of the extension offers can be accepted',
    ],
    [
      { clientNoContextTakeover: false },
      'client_no_context_takeover',
      'Unexpected parameter "client_no_context_takeover"',
    ],
    [
      { clientMaxWindowBits: 10 },
      'client_max_window_bits=11',
      'Unexpected or invalid parameter "client_max_window_bits"',
    ],
    [{}, 'client_max_window_bits', 'Invalid value for parameter "client_max_window_bits": true'],
    [{}, 'server_max_window_bits=7', 'Invalid value for parameter "server_max_window_bits": 7'],
    [{}, 'server_no_context_takeover=1', 'Invalid value for parameter "server_no_context_takeover": 1'],
    [{}, 'client_no_context_takeover; client_no_context_takeover', 'must have only a single value'],
    [{}, 'other', 'Unknown parameter "other"'],
  ])('refuses what does not fit: %j and %s', (options, parameters, message) => {
    expect(() => accept(options, `permessage-deflate; ${parameters}`)).toThrow(message);
  });
});

describe('messages', () => {
  function make(options?: PerMessageDeflateOptions): PerMessageDeflate {
    const deflate = new PerMessageDeflate(options);
    deflate.accept([{}]);
    return deflate;
  }

  test('come back as they were, whole and in fragments', async () => {
    const deflate = make();
    const whole = await result(callback => deflate.compress('hello hello', true, callback));
    expect(String(await result(callback => deflate.decompress(whole, true, callback)))).toBe('hello hello');
    const parts = [
      await result(callback => deflate.compress('hello', false, callback)),
      await result(callback => deflate.compress(' there', true, callback)),
    ];
    const first = await result(callback => deflate.decompress(parts[0]!, false, callback));
    const rest = await result(callback => deflate.decompress(parts[1]!, true, callback));
    expect(String(Buffer.concat([first, rest]))).toBe('hello there');
  });

  test('get smaller when repeated, with context takeover', async () => {
    const deflate = make();
    const first = await result(callback => deflate.compress('a message', true, callback));
    const second = await result(callback => deflate.compress('a message', true, callback));
    expect(second.length).toBeLessThan(first.length);
  });

  test('are refused above maxPayload, and if they are not DEFLATE data', async () => {
    const deflate = make({ maxPayload: 10 });
    const body = await result(callback => deflate.compress('x'.repeat(11), true, callback));
    await expect(result(callback => deflate.decompress(body, true, callback))).rejects.toMatchObject({
      message: 'Max payload size exceeded',
      code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    });
    const wrong = result(callback => deflate.decompress(Buffer.from('not deflated'), true, callback));
    await expect(wrong).rejects.toMatchObject({ code: 'Z_DATA_ERROR', errno: -3 });
  });

  test('are not finished after cleanup()', async () => {
    const deflate = make();
    const body = result(callback => deflate.compress('hello', true, callback));
    deflate.cleanup();
    await expect(body).rejects.toThrow('The deflate stream was closed while data was being processed');
  });

  test('are stored if the window has 8 bits, which zlib cannot deflate with', async () => {
    const deflate = new PerMessageDeflate({ isServer: true });
    deflate.accept([{ server_max_window_bits: ['8'] }]);
    const body = await result(callback => deflate.compress('abcabcabc', true, callback));
    expect(body.length).toBeGreaterThan(9);
  });
});

describe('large messages', () => {
  test('are compressed and inflated on the thread pool', async () => {
    const deflate = new PerMessageDeflate();
    deflate.accept([{}]);
    const data = Buffer.alloc(1_000_000, 'ab');
    const body = await result(callback => deflate.compress(data, true, callback));
    expect((await result(callback => deflate.decompress(body, true, callback))).equals(data)).toBe(true);
    const closed = result(callback => deflate.compress(data, true, callback));
    deflate.cleanup();
    await expect(closed).rejects.toThrow('The deflate stream was closed');
  });
});

describe('options that turn a parameter off', () => {
  test('refuse an offer, or leave the parameter out', () => {
    const off = { isServer: true, serverMaxWindowBits: false as never };
    expect(() => accept(off, 'permessage-deflate; server_max_window_bits=10')).toThrow('None of the extension offers');
    const header = 'permessage-deflate; client_max_window_bits=10';
    expect(accept({ isServer: true, clientMaxWindowBits: false as never }, header)).toEqual({});
    expect(accept({ isServer: true, clientMaxWindowBits: 9 }, header)).toEqual({ client_max_window_bits: 9 });
    expect(
      accept({ isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true }, 'permessage-deflate'),
    ).toEqual({
      server_no_context_takeover: true,
      client_no_context_takeover: true,
    });
    expect(accept({ clientMaxWindowBits: 10 }, 'permessage-deflate')).toEqual({ client_max_window_bits: 10 });
    expect(new PerMessageDeflate({ clientNoContextTakeover: true, clientMaxWindowBits: 9 }).offer()).toEqual({
      client_no_context_takeover: true,
      client_max_window_bits: 9,
    });
  });
});
