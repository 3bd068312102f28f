import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import {
  type CloseInfo,
  type Message,
  ProtocolError,
  type ServerOptions,
  type WebSocketConnection,
} from '../../../src/index.js';
import {
  MISBEHAVE_KINDS,
  type MisbehaveOptions,
  type MisbehavingClient,
  misbehavingClient,
} from '../../../src/tools/index.js';
import { deferred } from '../../cli/streams.js';
import { type Opened, openServer } from '../../helpers/open-server.js';
import { closeFrameOutcomes, compressionOutcomes, frameOutcomes } from './outcomes.js';

/** Every kind of misbehaving client, against the server of this package. */

interface Meeting {
  readonly client: MisbehavingClient;
  readonly server: Opened<unknown>;
  readonly messages: Message[];
  readonly connected: Promise<WebSocketConnection>;
  /** Resolves when the server's connection has ended. */
  readonly closed: Promise<CloseInfo>;
}

type Check = (meeting: Meeting) => Promise<void>;

interface Case {
  readonly check: Check;
  readonly server?: ServerOptions;
  readonly client?: MisbehaveOptions;
}

/** The server refuses the request with this status. */
function refused(status: number): Check {
  return async ({ client, server }) => {
    const { head, opened, end } = await client.report;
    expect(head).toMatch(new RegExp(`^${status} `));
    expect([opened, end]).toEqual([false, 'fin']);
    expect(server.refusals.map(([status]) => status)).toEqual([status]);
  };
}

/** The server fails the connection, and the client sees its Close frame. */
function fails(code: number, violation: string): Check {
  return async ({ client, messages, closed }) => {
    expect(await client.report).toMatchObject({ opened: true, close: { code }, end: 'fin' });
    const info = await closed;
    expect(info).toMatchObject({ code: 1006, wasClean: false, initiator: 'local', sent: { code } });
    expect(info.cause).toBeInstanceOf(ProtocolError);
    expect((info.cause as ProtocolError).violation.code).toBe(violation);
    expect(messages).toEqual([]);
  };
}

/** The server receives these messages, and the client closes cleanly. */
function receives(...expected: Message[]): Check {
  return async ({ client, messages, closed }) => {
    expect(await client.report).toMatchObject({ opened: true, close: { code: 1000 }, end: 'fin' });
    expect(await closed).toMatchObject({ code: 1000, wasClean: true, initiator: 'remote' });
    expect(messages).toEqual(expected);
  };
}

/** The connection ends like this by itself. */
function ends(expected: object): Check {
  return async ({ client, closed }) => {
    expect(await closed).toMatchObject(expected);
    await client.close();
  };
}

/** The server closes the connection, and it ends like this. */
function closes(expected: object, expectedMessages: Message[] = []): Check {
  return async ({ client, connected, messages, closed }) => {
    (await connected).close(4000, 'enough');
    expect(await closed).toMatchObject(expected);
    expect(messages).toEqual(expectedMessages);
    expect((await client.report).close).toEqual({ code: 4000, reason: 'enough' });
  };
}

const SHORT_KEEPALIVE: ServerOptions = { pingInterval: 100, pingTimeout: 100 };
const LOST = { code: 1006, initiator: 'network', cause: { code: 'WS101_CONNECTION_LOST' } };
const SILENT: Case = {
  server: SHORT_KEEPALIVE,
  check: ends({ code: 1006, initiator: 'network', cause: { code: 'WS101_KEEPALIVE_TIMEOUT' } }),
};
const DEFLATE: ServerOptions = { perMessageDeflate: true };
const TIMES_OUT: Case = { server: { handshakeTimeout: 200 }, client: { delay: 20 }, check: refused(408) };
const works = receives();

const CASES: Readonly<Record<string, Check | Case>> = {
  'wrong-version': refused(426),
  'no-version': refused(426),
  'two-versions': refused(426),
  'short-key': refused(400),
  'bad-base64-key': refused(400),
  'no-key': refused(400),
  'two-keys': refused(400),
  'no-host': refused(400),
  'two-hosts': refused(400),
  'lower-http-version': refused(400),
  'higher-http-version': refused(505),
  post: refused(405),
  'no-upgrade-header': refused(426),
  'wrong-upgrade': refused(426),
  'no-connection-header': refused(426),
  'fragment-in-target': refused(400),
  'bad-target': refused(400),
  'bad-subprotocol': refused(400),
  'subprotocol-twice': refused(400),
  'bad-extension-syntax': refused(400),
  'bad-deflate-parameters': { server: DEFLATE, check: works },
  'cross-origin': refused(403),
  body: refused(400),
  'chunked-body': refused(400),
  'space-before-colon': refused(400),
  'folded-header': refused(400),
  'control-in-header': refused(400),
  'bare-lf': refused(400),
  'huge-head': refused(431),
  'many-headers': refused(431),
  'huge-target': refused(414),
  'odd-case': works,
  'frame-before-101': receives('early'),
  'not-http': refused(400),
  'tls-hello': refused(400),
  'http-2-preface': refused(505),
  'send-nothing': TIMES_OUT,
  'cut-mid-head': async ({ client, server }) => {
    expect(await client.report).toMatchObject({ head: undefined, opened: false, end: 'fin' });
    expect(server.refusals).toEqual([]);
  },
  'slow-head': TIMES_OUT,
  unmasked: fails(1002, 'UNMASKED_CLIENT_FRAME'),
  'unmasked-control': fails(1002, 'UNMASKED_CLIENT_FRAME'),
  ...frameOutcomes({ fails, receives }),
  'message-flood': { client: { count: 2_000 }, check: receives(...Array<string>(2_000).fill('flood')) },
  ...compressionOutcomes({ fails, receives }, check => ({ server: DEFLATE, check })),
  'no-pong': SILENT,
  'wrong-pong': async ({ connected, closed }) => {
    const connection = await connected;
    const answered = connection.ping();
    const [payload] = await once(connection, 'pong');
    expect(String(payload)).toBe('another');
    connection.terminate();
    // The Pong has not answered the Ping.
    expect(await answered).toBeUndefined();
    await closed;
  },
  'cut-mid-frame': ends(LOST),
  'stall-mid-frame': SILENT,
  'half-open': SILENT,
  'never-read': async ({ client, connected }) => {
    const connection = await connected;
    // Less than maxBufferedAmount, and more than the kernel takes.
    for (let i = 0; i < 15; i++) connection.send(new Uint8Array(1_048_576));
    const flushed = connection.flushed();
    expect(connection.send('more')).toBe(false);
    const hasFlushed = await Promise.race([flushed.then(() => true), setTimeout(500, false)]);
    expect(hasFlushed).toBe(false);
    await client.close();
    await flushed.catch(() => {});
  },
  'slow-byte': { client: { delay: 1 }, check: closes({ code: 4000, wasClean: true }) },
  'close-at-once': {
    client: { code: 4001, reason: 'not now' },
    check: ends({ code: 4001, reason: 'not now', wasClean: true, initiator: 'remote' }),
  },
  'no-close-frame': ends(LOST),
  // How the server reports it depends on when the reset arrives: when it reads, or when it writes.
  reset: ends({ code: 1006, wasClean: false }),
  'no-close': {
    server: { closeTimeout: 200 },
    check: closes({ code: 1006, initiator: 'local', cause: { code: 'WS101_CLOSE_TIMEOUT' } }),
  },
  'no-fin': closes({ code: 4000, wasClean: true }),
  'other-code': closes({ code: 4999, wasClean: true }),
  'data-instead-of-close': closes({ code: 4000, wasClean: true }, ['late']),
  'close-late': { client: { delay: 20 }, check: closes({ code: 4000, wasClean: true }) },
  ...closeFrameOutcomes({ fails, ends }),
};

const CLIENT_KINDS = MISBEHAVE_KINDS.filter(({ by }) => by !== 'server').map(({ kind }) => kind);

test('every kind of misbehaving client is tested', () => {
  expect(Object.keys(CASES).sort()).toEqual([...CLIENT_KINDS].sort());
});

test.each(CLIENT_KINDS)('our server handles a client with %s', async kind => {
  const given = CASES[kind]!;
  const { check, server: options = {}, client: how = {} } = typeof given === 'function' ? { check: given } : given;
  const server = await openServer(options);
  const messages: Message[] = [];
  const connected = deferred<WebSocketConnection>();
  const closed = deferred<CloseInfo>();
  server.server.on('connection', connection => {
    connected.resolve(connection);
    connection.on('message', message => messages.push(message));
    void connection.closed.then(closed.resolve);
  });
  const client = await misbehavingClient(kind, `ws://127.0.0.1:${server.port}/`, how);
  onTestFinished(() => client.close());
  await check({ client, server, messages, connected: connected.promise, closed: closed.promise });
});
