import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, test } from 'vitest';
import { connect } from '../../../src/index.js';
import { MISBEHAVE_KINDS, misbehave, misbehavingClient, type PeerReport } from '../../../src/tools/index.js';
import { deferred } from '../../cli/streams.js';
import { openServer } from '../../helpers/open-server.js';

describe('MISBEHAVE_KINDS', () => {
  test('describes every kind in sentences that continue "The server" and "A correct client"', () => {
    expect(MISBEHAVE_KINDS.length).toBeGreaterThan(140);
    for (const { kind, does, expected, section } of MISBEHAVE_KINDS) {
      expect(kind).toMatch(/^[a-z0-9.-]+$/);
      expect(section).toMatch(/^(RFC \d{4} )?§\d/);
      expect(does).toMatch(/^[a-z].*[^.]$/);
      expect(expected).toMatch(/^[a-z].*[^.]$/);
    }
  });

  test('has each kind once for each side', () => {
    for (const side of ['client', 'server']) {
      const kinds = MISBEHAVE_KINDS.filter(({ by }) => by === 'both' || by === side).map(({ kind }) => kind);
      expect(kinds.length).toBe(new Set(kinds).size);
    }
  });
});

describe('misbehave()', () => {
  test('listens on a free port of 127.0.0.1 by default', async () => {
    await using server = await misbehave('no-pong');
    expect(server.url).toBe(`ws://127.0.0.1:${server.port}`);
    expect(server.port).toBeGreaterThan(0);
  });

  test('listens on the host and port that it is given', async () => {
    const free = await misbehave('no-pong');
    await free.close();
    await using server = await misbehave('no-pong', { host: '::1', port: free.port });
    expect(server.url).toBe(`ws://[::1]:${free.port}`);
    const client = await connect(server.url);
    client.terminate();
  });

  test('rejects if the port is taken', async () => {
    await using server = await misbehave('no-pong');
    await expect(misbehave('no-pong', { port: server.port })).rejects.toThrow(/EADDRINUSE/);
  });

  test('close() destroys connections, and nothing listens any more', async () => {
    const server = await misbehave('no-close');
    const client = await connect(server.url);
    await server.close();
    expect(await client.closed).toMatchObject({ code: 1006, initiator: 'network' });
    await expect(connect(server.url)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('behaves, apart from its kind', async () => {
    await using server = await misbehave('no-pong');
    const client = await connect(`${server.url}/any/path`, {
      subprotocols: ['chat', 'news'],
      origin: 'https://a.example',
    });
    expect(client.subprotocol).toBe('chat');
    client.send(new Uint8Array([1, 2]));
    expect((await once(client, 'message'))[0]).toEqual(Buffer.from([1, 2]));
    expect(await client.close(4000, 'bye')).toMatchObject({ code: 4000, reason: 'bye', wasClean: true });
  });

  test('reports what each client did', async () => {
    const report = deferred<PeerReport>();
    await using server = await misbehave('masked', { onReport: report.resolve });
    const client = await connect(`${server.url}/path?query`);
    await client.closed;
    expect(await report.promise).toEqual({
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      head: 'GET /path?query',
      opened: true,
      dataFrames: 0,
      close: { code: 1002, reason: 'a frame from a server must not be masked' },
      violation: undefined,
      end: 'fin',
    });
  });

  test('answers a request that is not HTTP by ending the connection', async () => {
    const report = deferred<PeerReport>();
    await using server = await misbehave('no-pong', { onReport: report.resolve });
    const socket = net.connect(server.port, '127.0.0.1').resume();
    socket.write('hello\r\n\r\n');
    await once(socket, 'end');
    socket.destroy();
    const violation = expect.stringContaining('expected a request line');
    expect(await report.promise).toMatchObject({ opened: false, head: undefined, violation });
  });
});

describe.each([
  ['misbehave()', 'server', (kind: never, options?: never) => misbehave(kind, options)],
  [
    'misbehavingClient()',
    'client',
    (kind: never, options?: never) => misbehavingClient(kind, 'ws://127.0.0.1:9', options),
  ],
] as const)('%s rejects', (_, side, call) => {
  test.each([
    ['an unknown kind', ['maskd'], RangeError, `unknown kind of misbehaving ${side} "maskd"`],
    ['a kind that is no string', [7], TypeError, 'kind must be the name of a kind, got 7'],
    ['an unknown option', ['no-pong', { dely: 1 }], TypeError, "unknown option 'dely': did you mean 'delay'?"],
    ['a delay that is no number', ['no-pong', { delay: '1' }], TypeError, 'delay must be a number'],
    ['a delay below 0', ['no-pong', { delay: -1 }], RangeError, 'delay must be an integer from 0'],
    ['a fraction of a frame', ['no-pong', { count: 0.5 }], RangeError, 'count must be an integer from 0'],
    [
      'a code that is too large',
      ['close-code-reserved', { code: 65_536 }],
      RangeError,
      'code must be an integer from 0',
    ],
    ['a code that must not be sent', ['close-at-once', { code: 1005 }], RangeError, 'code must be 1000 to 1003'],
    ['a reason without a code', ['close-at-once', { reason: 'x' }], TypeError, 'code must be a number'],
  ])('%s', async (_, [kind, options], type, message) => {
    const error = await call(kind as never, options as never).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ code: 'WS101_INVALID_ARGUMENT', message: expect.stringContaining(message) });
  });
});

test('a misspelled kind is answered with a suggestion', async () => {
  await expect(misbehave('wrong-acept')).rejects.toThrow("did you mean 'wrong-accept'?");
  await expect(misbehave('unmasked')).rejects.toThrow("did you mean 'masked'?");
  await expect(misbehave('nothing')).rejects.toThrow('MISBEHAVE_KINDS lists them');
});

describe('misbehavingClient()', () => {
  test('rejects a url that is not ws:', async () => {
    await expect(misbehavingClient('post', 'wss://127.0.0.1/')).rejects.toThrow('url must be a ws: or http: url');
    await expect(misbehavingClient('post', 'nonsense')).rejects.toThrow('url must be a ws: or http: url');
  });

  test('rejects if nothing listens', async () => {
    await expect(misbehavingClient('post', 'ws://127.0.0.1:1/')).rejects.toThrow(/ECONNREFUSED/);
  });

  test('reports what the server did', async () => {
    const { port } = await openServer();
    await using client = await misbehavingClient('post', `ws://127.0.0.1:${port}/`);
    expect(await client.report).toMatchObject({ head: '405 Method Not Allowed', opened: false, end: 'fin' });
  });

  test('close() destroys its connection', async () => {
    const { port, server } = await openServer();
    const accepted = once(server, 'connection');
    const client = await misbehavingClient('half-open', `ws://127.0.0.1:${port}/`);
    const [connection] = await accepted;
    await client.close();
    expect(await connection.closed).toMatchObject({ code: 1006, initiator: 'network' });
    expect(await client.report).toMatchObject({ end: undefined });
  });
});
