import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { type ConnectOptions, connect, HandshakeError, type Message, ProtocolError } from '../../../src/index.js';
import { MISBEHAVE_KINDS, type MisbehaveOptions, misbehave, type PeerReport } from '../../../src/tools/index.js';
import { deferred } from '../../cli/streams.js';
import { closeFrameOutcomes, compressionOutcomes, frameOutcomes } from './outcomes.js';

/** Every kind of misbehaving server, against the client of this package. */

interface Meeting {
  readonly url: string;
  /** Resolves with what the server saw of the client, when their connection has ended. */
  readonly report: Promise<PeerReport>;
}

type Check = (meeting: Meeting, options: ConnectOptions) => Promise<void>;

interface Case {
  readonly check: Check;
  readonly client?: ConnectOptions;
  readonly server?: MisbehaveOptions;
}

/** The opening handshake fails because of the response. */
function refuses(message: RegExp, status?: number): Check {
  return async ({ url }, options) => {
    const error = await connect(url, options).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(HandshakeError);
    const { phase, message: text, status: got } = error as HandshakeError;
    expect(text).toMatch(message);
    expect([phase, got]).toEqual(['response', status]);
  };
}

const invalid101 = (message: RegExp): Check => refuses(message, 101);

/** After these messages, the client fails the connection, and the server sees its Close frame. */
function fails(code: number, violation: string, ...expected: Message[]): Check {
  return async ({ url, report }, options) => {
    const client = await connect(url, options);
    const messages: Message[] = [];
    client.on('message', message => messages.push(message));
    const info = await client.closed;
    expect(info).toMatchObject({ code: 1006, wasClean: false, initiator: 'local', sent: { code } });
    expect(info.cause).toBeInstanceOf(ProtocolError);
    expect((info.cause as ProtocolError).violation.code).toBe(violation);
    expect(messages).toEqual(expected);
    expect(await report).toMatchObject({ opened: true, close: { code }, end: 'fin' });
  };
}

/** The client receives these messages, and everything works. */
function receives(...expected: Message[]): Check {
  return async ({ url, report }, options) => {
    const client = await connect(url, options);
    client.send('hello');
    const messages: Message[] = [];
    for await (const message of client) {
      if (message === 'hello') break;
      messages.push(message);
    }
    expect(messages).toEqual(expected);
    expect(await client.ping()).toBeGreaterThanOrEqual(0);
    expect(await client.close(1000)).toMatchObject({ code: 1000, wasClean: true });
    expect(await report).toMatchObject({ opened: true, dataFrames: 1, close: { code: 1000 }, end: 'fin' });
  };
}

/** The connection ends like this by itself. */
function ends(expected: object): Check {
  return async ({ url }, options) => {
    const client = await connect(url, options);
    client.send('hello');
    client.on('message', () => {});
    expect(await client.closed).toMatchObject(expected);
  };
}

/** The client closes the connection, and it ends like this. */
function closes(expected: object, messages: Message[] = []): Check {
  return async ({ url, report }, options) => {
    const client = await connect(url, options);
    const received: Message[] = [];
    client.on('message', message => received.push(message));
    expect(await client.close(1000)).toMatchObject(expected);
    expect(received).toEqual(messages);
    expect((await report).close?.code).toBe(1000);
  };
}

const SHORT_KEEPALIVE: ConnectOptions = { pingInterval: 100, pingTimeout: 100 };
const LOST = { code: 1006, initiator: 'network', cause: { code: 'WS101_CONNECTION_LOST' } };
const SILENT: Case = {
  client: SHORT_KEEPALIVE,
  check: ends({ code: 1006, initiator: 'network', cause: { code: 'WS101_KEEPALIVE_TIMEOUT' } }),
};
const DEFLATE: ConnectOptions = { perMessageDeflate: true };
const works = receives();
const accept = invalid101(/Sec-WebSocket-Accept: expected exactly/);
const subprotocol = invalid101(/Sec-WebSocket-Protocol: expected one of those we offered/);
const extension = invalid101(/Sec-WebSocket-Extensions: expected some of those we offered/);
const status = (code: number): Check => refuses(new RegExp(`the server answered ${code}`), code);

const CASES: Readonly<Record<string, Check | Case>> = {
  'wrong-accept': accept,
  'accept-for-another-key': accept,
  'accept-is-key': accept,
  'no-accept': accept,
  'accept-twice': accept,
  'no-upgrade-header': invalid101(/Upgrade: expected websocket/),
  'wrong-upgrade': invalid101(/Upgrade: expected websocket, got "h2c"/),
  'no-connection-header': invalid101(/Connection: expected/),
  'wrong-connection': invalid101(/Connection: expected .*, got "keep-alive"/),
  'http-1.0-101': invalid101(/the HTTP version: expected 1.1, got "1.0"/),
  'chunked-101': works,
  'content-length-101': works,
  'two-101s': fails(1002, 'RESERVED_BITS'),
  'unoffered-subprotocol': { client: { subprotocols: ['chat'] }, check: subprotocol },
  'no-subprotocol': { client: { subprotocols: ['chat'] }, check: works },
  'two-subprotocols': { client: { subprotocols: ['chat'] }, check: subprotocol },
  'subprotocol-twice': { client: { subprotocols: ['chat'] }, check: subprotocol },
  'unoffered-extension': extension,
  'bad-extension-syntax': extension,
  'unoffered-deflate': extension,
  'bad-deflate-parameters': { client: DEFLATE, check: invalid101(/server_max_window_bits must have a value/) },
  'unknown-deflate-parameter': { client: DEFLATE, check: invalid101(/unknown parameter/) },
  'deflate-twice': { client: DEFLATE, check: extension },
  'extensions-twice': { client: DEFLATE, check: extension },
  'folded-header': refuses(/does not begin with white space/),
  'header-without-colon': refuses(/without a space before the colon/),
  'control-in-header': refuses(/the control byte 0x00/),
  'huge-head': refuses(/a head of at most 16384 bytes/),
  'odd-case': works,
  'no-reason-phrase': works,
  'early-hints': works,
  'bare-lf': refuses(/an LF without CR/),
  'endless-100': refuses(/more than 5 interim responses/),
  'frame-with-101': receives('early'),
  'all-at-once': async ({ url }, options) => {
    const client = await connect(url, options);
    const messages: Message[] = [];
    client.on('message', message => messages.push(message));
    expect(await client.closed).toMatchObject({ code: 1000, wasClean: true });
    expect(messages).toEqual(['last']);
  },
  'not-http': refuses(/an SSH server answered/),
  'tls-alert': refuses(/the server speaks TLS/),
  'http-2-settings': refuses(/perhaps HTTP\/2 only/),
  'empty-response': refuses(/ended before a response arrived/),
  'cut-mid-head': refuses(/ended before the response was complete/),
  'reset-before-101': refuses(/ECONNRESET/),
  'accept-late': { server: { delay: 20 }, check: works },
  'ignore-everything': { client: { handshakeTimeout: 500 }, check: refuses(/took more than 500 ms/) },
  'slow-head': { client: { handshakeTimeout: 500 }, server: { delay: 20 }, check: refuses(/took more than 500 ms/) },
  ...Object.fromEntries(
    MISBEHAVE_KINDS.filter(({ kind }) => kind.startsWith('status-')).map(({ kind }) => [
      kind,
      status(Number(kind.slice('status-'.length))),
    ]),
  ),
  'endless-body': status(200),
  masked: fails(1002, 'MASKED_SERVER_FRAME'),
  'masked-control': fails(1002, 'MASKED_SERVER_FRAME'),
  ...frameOutcomes({ fails, receives }),
  'message-flood': { server: { count: 2_000 }, check: receives(...Array<string>(2_000).fill('flood')) },
  ...compressionOutcomes({ fails, receives }, check => ({ client: DEFLATE, check })),
  'deflate-context': { client: DEFLATE, check: fails(1007, 'INVALID_COMPRESSED_DATA', 'context') },
  'no-pong': SILENT,
  'wrong-pong': async ({ url }) => {
    const client = await connect(url, { pingInterval: 0 });
    const answered = client.ping();
    const [payload] = await once(client, 'pong');
    expect(String(payload)).toBe('another');
    client.terminate();
    // The Pong has not answered the Ping.
    await expect(answered).resolves.toBeUndefined();
  },
  'cut-mid-frame': ends(LOST),
  'stall-mid-frame': SILENT,
  'half-open': SILENT,
  'never-read': SILENT,
  'slow-byte': { server: { delay: 1 }, check: works },
  'close-at-once': {
    server: { code: 4001, reason: 'not now' },
    check: ends({ code: 4001, reason: 'not now', wasClean: true, initiator: 'remote' }),
  },
  'no-close-frame': ends(LOST),
  reset: ends(LOST),
  'no-close': {
    client: { closeTimeout: 200 },
    check: closes({ code: 1006, initiator: 'local', cause: { code: 'WS101_CLOSE_TIMEOUT' } }),
  },
  'no-fin': closes({ code: 1000, wasClean: true }),
  'other-code': closes({ code: 4999, wasClean: true }),
  'data-instead-of-close': closes({ code: 1000, wasClean: true }, ['late']),
  'close-late': { server: { delay: 20 }, check: closes({ code: 1000, wasClean: true }) },
  ...closeFrameOutcomes({ fails, ends }),
};

const SERVER_KINDS = MISBEHAVE_KINDS.filter(({ by }) => by !== 'client').map(({ kind }) => kind);

test('every kind of misbehaving server is tested', () => {
  expect(Object.keys(CASES).sort()).toEqual([...SERVER_KINDS].sort());
});

test.each(SERVER_KINDS)('our client handles a server with %s', async kind => {
  const given = CASES[kind]!;
  const { check, client = {}, server: options = {} } = typeof given === 'function' ? { check: given } : given;
  const report = deferred<PeerReport>();
  const server = await misbehave(kind, { ...options, onReport: report.resolve });
  onTestFinished(() => server.close());
  await check({ url: server.url, report: report.promise }, client);
});
