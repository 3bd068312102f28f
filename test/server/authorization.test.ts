import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { type Authorize, type PendingRequest, Refusal, WebSocketServer } from '../../src/index.js';
import { headerOf, request } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

vi.mock('../../src/timers.js', () => import('../helpers/global-timers.js'));

const never = new Promise<never>(() => {});

/** What a client is answered where authorize() does this. */
async function answerOf(authorize: Authorize<unknown>, options: { authorizeTimeout?: number } = {}) {
  const opened = await openServer({ authorize, ...options });
  const peer = await rawConnect(opened.port);
  peer.write(request());
  const head = await peer.head();
  const status = Number(head.slice(9, 12));
  if (status !== 101) await peer.ended;
  return { ...opened, peer, head, status, body: peer.text };
}

describe('authorize() accepts', () => {
  test.each<[name: string, authorize: Authorize<unknown>, context: unknown]>([
    ['an object', () => ({ user: 'ada' }), { user: 'ada' }],
    ['an object, later', async () => ({ user: 'ada' }), { user: 'ada' }],
    ['an object whose status is not a number', () => ({ status: 'new' }), { status: 'new' }],
    ['a wrapped object with a numeric status', () => ({ user: { id: 7, status: 1 } }), { user: { id: 7, status: 1 } }],
    ['true', () => true, true],
    ['0', () => 0, 0],
  ])('with %s for the context', async (_name, authorize, context) => {
    const { status, requests } = await answerOf(authorize);
    expect(status).toBe(101);
    expect(requests[0]!.context).toEqual(context);
  });

  test('after reading the whole request', async () => {
    const seen: PendingRequest[] = [];
    const { requests } = await answerOf(pending => {
      seen.push(pending);
      return true;
    });
    expect(seen[0]).toMatchObject({
      method: 'GET',
      target: '/chat',
      path: '/chat',
      query: '',
      host: 'server.example.com',
      origin: undefined,
      subprotocols: [],
      transport: { remoteAddress: '127.0.0.1' },
    });
    expect(seen[0]!.headers.get('upgrade')).toBe('websocket');
    expect(requests[0]).toEqual({ ...seen[0], context: true });
  });

  test('without authorize(), every request is accepted, with undefined for the context', async () => {
    const { port, requests } = await openServer();
    const peer = await rawConnect(port);
    peer.write(request());
    await peer.head();
    expect(requests[0]!.context).toBeUndefined();
  });
});

describe('authorize() refuses', () => {
  test('with false: 403 [4.2.2-5]', async () => {
    const { status, refusals, details, connections } = await answerOf(() => false);
    expect(status).toBe(403);
    expect(details).toEqual(['authorize() returned false.']);
    expect(refusals).toEqual([[403, expect.objectContaining({ path: '/chat' })]]);
    expect(connections).toEqual([]);
  });

  test('with null, which a lookup without a result returns: 403', async () => {
    const { status, connections } = await answerOf(async () => null);
    expect(status).toBe(403);
    expect(connections).toEqual([]);
  });

  test('with undefined, as a function without a return statement does: 500 and a handlerError', async () => {
    const { status, failures, connections } = await answerOf(async () => undefined);
    expect(status).toBe(500);
    expect(String(failures[0])).toContain('authorize() must return a context, true, false or a denial');
    expect(connections).toEqual([]);
  });

  test('with a status, headers and a body, in a complete response [4.2.2-i2]', async () => {
    const { head, body, refusals, details, peer } = await answerOf(async () => ({
      status: 401,
      reason: 'Who',
      headers: { 'WWW-Authenticate': 'Basic realm="x"', 'Set-Cookie': ['a=1', 'b=2'] },
      body: 'say who you are',
      detail: 'expired since Monday',
    }));
    expect(head.startsWith('HTTP/1.1 401 Who\r\n')).toBe(true);
    expect(headerOf(head, 'WWW-Authenticate')).toBe('Basic realm="x"');
    expect(head).toContain('Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n');
    expect(headerOf(head, 'Connection')).toBe('close');
    expect(headerOf(head, 'Content-Length')).toBe('15');
    expect(body).toBe('say who you are');
    expect(refusals.map(([status]) => status)).toEqual([401]);
    expect(details).toEqual(['expired since Monday']);
    expect(head).not.toContain('Monday');
    expect(peer.hasEnded).toBe(true);
  });

  test('with a Refusal', async () => {
    const { head, body } = await answerOf(() => new Refusal(429, { headers: { 'Retry-After': '5' }, body: 'later' }));
    expect(head).toContain('HTTP/1.1 429 Too Many Requests');
    expect(headerOf(head, 'Retry-After')).toBe('5');
    expect(body).toBe('later');
  });

  test('with a redirect [4.2.2-3]', async () => {
    const { head } = await answerOf(() => ({ status: 307, headers: { Location: '/elsewhere' } }));
    expect(headerOf(head, 'Location')).toBe('/elsewhere');
  });
});

describe('authorize() fails', () => {
  test.each<[name: string, authorize: Authorize<unknown>]>([
    [
      'throws',
      () => {
        throw new Error('secret of ours');
      },
    ],
    [
      'throws an error whose message cannot be read',
      () => {
        throw Object.defineProperty(new Error(), 'message', {
          get() {
            throw new Error('secret of ours');
          },
        });
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret of ours'))],
    ['returns a status that does not refuse', () => ({ status: 200, reason: 'secret of ours' })],
    ['returns an object with only a status that does not refuse', () => ({ status: 1 })],
    ['returns a row whose status refuses', () => ({ id: 7, status: 403 })],
    ['returns a row whose status does not refuse', () => ({ id: 7, status: 1 })],
    ['returns a row whose status is NaN', () => ({ id: 7, status: Number.NaN })],
    ['returns a refusal with a typo', () => ({ status: 401, header: { 'WWW-Authenticate': 'secret of ours' } })],
    ['returns headers that cannot be sent', () => ({ status: 403, headers: { 'secret of ours': 'a\nb' } })],
  ])('%s: 500 without details for the client, and a handlerError with them', async (_name, authorize) => {
    const { status, body, failures, refusals, details } = await answerOf(authorize);
    expect(status).toBe(500);
    expect(body).not.toContain('secret');
    expect(failures).toHaveLength(1);
    const [error, connection] = failures[0]!;
    expect(error).toMatchObject({ code: 'WS101_HANDLER_FAILED', cause: expect.any(Error) });
    expect(error.message).toMatch(/^authorize\(\) failed: /);
    expect(connection).toBeUndefined();
    expect(refusals.map(([code]) => code)).toEqual([500]);
    expect(details).toEqual(['authorize() failed: see the handlerError event.']);
  });

  test('with an object that has a numeric status and more: the error says how to return it', async () => {
    const { failures } = await answerOf(() => ({ id: 7, status: 1 }));
    expect(failures[0]![0].message).toBe(
      'authorize() failed: authorize() must return a denial with no properties but status, reason, headers, body and ' +
        'detail, or a context without a numeric `status` (wrap it, as in { user: row }), got an object',
    );
  });

  test('without a handlerError listener: a process warning', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { server, port } = await openServer({ authorize: () => Promise.reject(new Error('oops')) });
    server.removeAllListeners('handlerError');
    const peer = await rawConnect(port);
    peer.write(request());
    await peer.ended;
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0]![0]).toMatchObject({ code: 'WS101_HANDLER_FAILED' });
    warned.mockRestore();
  });

  test('takes too long: 503, and its signal is aborted', async () => {
    const signals: AbortSignal[] = [];
    const { status, failures, details } = await answerOf(
      (_request, { signal }) => {
        signals.push(signal);
        return never;
      },
      { authorizeTimeout: 30 },
    );
    expect(status).toBe(503);
    expect(signals[0]!.aborted).toBe(true);
    expect(failures[0]![0].message).toBe('authorize() failed: no answer within 30 ms (authorizeTimeout)');
    expect(details).toEqual(['authorize() took more than 30 ms (authorizeTimeout).']);
  });

  test('rejects after the timeout: nothing more happens', async () => {
    const { failures } = await answerOf(() => wait(60).then(() => Promise.reject(new Error('late'))), {
      authorizeTimeout: 20,
    });
    await wait(80);
    expect(failures).toHaveLength(1);
  });
});

describe('the client disconnects while authorize() decides', () => {
  test.each([
    ['FIN', 'end'],
    ['RST', 'reset'],
  ] as const)('by %s: the signal is aborted, and nobody is told of a connection', async (_name, how) => {
    let aborted: unknown;
    let asked: () => void;
    const isAsked = new Promise<void>(resolve => {
      asked = resolve;
    });
    const { port, connections, refusals, failures } = await openServer({
      authorize: (_request, { signal }) => {
        asked();
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = signal.reason;
            reject(signal.reason as Error);
          });
        });
      },
    });
    const peer = await rawConnect(port);
    peer.write(request());
    await isAsked;
    if (how === 'end') peer.socket.end();
    else peer.reset();
    await expect.poll(() => aborted).toEqual(new Error('the client has left'));
    await peer.closed;
    expect([connections, refusals, failures]).toEqual([[], [], []]);
  });

  test('a later result is ignored', async () => {
    let answer: (context: true) => void = () => {};
    const { port, connections, server } = await openServer({
      authorize: () =>
        new Promise<unknown>(resolve => {
          answer = resolve;
        }),
    });
    const peer = await rawConnect(port);
    peer.socket.end(request());
    await peer.closed;
    answer(true);
    await wait(10);
    expect(connections).toEqual([]);
    expect(server.clients.size).toBe(0);
  });
});

describe('the server closes while authorize() decides', () => {
  test('the client gets 503, the signal is aborted, no timer is left', async () => {
    const signals: AbortSignal[] = [];
    const { server, port, connections, failures } = await openServer({
      authorizeTimeout: 54_321,
      authorize: (_request, { signal }) => {
        signals.push(signal);
        return never;
      },
    });
    const set = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    const peer = await rawConnect(port);
    peer.write(request());
    await expect.poll(() => signals.length).toBe(1);
    const closed = server.close();
    expect(await peer.head()).toContain('503 Service Unavailable');
    peer.socket.end();
    await closed;
    expect(signals[0]!.aborted).toBe(true);
    const index = set.mock.calls.findIndex(([, time]) => time === 54_321);
    expect(cleared).toHaveBeenCalledWith(set.mock.results[index]!.value);
    vi.restoreAllMocks();
    expect([connections, failures]).toEqual([[], []]);
  });
});

describe('the context has the type that authorize() accepts with (checked by the compiler)', () => {
  const noServer = true;
  class User {
    readonly name: string = 'ada';
  }

  test('for a value and for a promise', () => {
    const now = new WebSocketServer({ noServer, authorize: () => ({ user: 'ada' }) });
    now.on('connection', (_, { context }) => expectTypeOf(context).toEqualTypeOf<{ user: string }>());
    const later = new WebSocketServer({ noServer, authorize: async () => ({ user: 'ada' }) });
    later.on('connection', (_, { context }) => expectTypeOf(context).toEqualTypeOf<{ user: string }>());
  });

  test('without the types that refuse: false, null, a status, a Refusal', () => {
    const all = new WebSocketServer({
      noServer,
      authorize: async ({ path }) => {
        if (path === '/false') return false;
        if (path === '/null') return null;
        if (path === '/status') return { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } };
        if (path === '/refusal') return new Refusal(403);
        return { user: 'ada' };
      },
    });
    all.on('connection', (_, { context }) => expectTypeOf(context.user).toEqualTypeOf<string>());
    const either = new WebSocketServer({
      noServer,
      authorize: ({ path }) => (path === '/' ? { user: 'ada' } : { status: 401 }),
    });
    either.on('connection', (_, { context }) => expectTypeOf(context.user).toEqualTypeOf<string>());
    const found = new WebSocketServer({ noServer, authorize: async (): Promise<User | null> => new User() });
    found.on('connection', (_, { context }) => expectTypeOf(context).toEqualTypeOf<User>());
    const yes = new WebSocketServer({ noServer, authorize: ({ path }) => path === '/' });
    yes.on('connection', (_, { context }) => expectTypeOf(context).toEqualTypeOf<true>());
  });

  test('as the type argument says, and unknown without authorize()', () => {
    const named = new WebSocketServer<User>({ noServer, authorize: () => ({ status: 401 }) });
    named.on('connection', (_, { context }) => expectTypeOf(context).toEqualTypeOf<User>());
    const none = new WebSocketServer({ noServer });
    none.on('connection', (_, { context }) => expectTypeOf(context).toEqualTypeOf<unknown>());
    // @ts-expect-error A Promise of another context than the named one.
    expect(() => new WebSocketServer<User>({ noServer, authorize: async () => ({ user: 'ada' }) })).not.toThrow();
  });
});
