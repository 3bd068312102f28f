import { describe, expect, test } from 'vitest';
import { CONNECT_OPTION_NAMES } from '../src/client/options.js';
import { type ConnectOptions, connect, type ServerOptions, WebSocketServer } from '../src/index.js';
import { SERVER_OPTION_NAMES } from '../src/server/options.js';

/** One value of each type, and null. */
const VALUES: Readonly<Record<string, unknown>> = {
  null: null,
  boolean: true,
  number: 1,
  NaN: Number.NaN,
  bigint: 1n,
  string: 'none',
  symbol: Symbol('none'),
  function: () => undefined,
  array: [7],
  object: { none: 7 },
};

type Kind = keyof typeof VALUES;

/** The types that each option accepts. Values of other types throw a TypeError that names the option. */
type Table<Options> = { readonly [name in keyof Required<Options>]: readonly Kind[] };

const NUMBER = ['number', 'NaN'] as const;

const CONNECTION = {
  maxMessageSize: NUMBER,
  maxFragments: NUMBER,
  highWaterMark: NUMBER,
  maxBufferedAmount: NUMBER,
  pingInterval: NUMBER,
  pingTimeout: NUMBER,
  closeTimeout: NUMBER,
  maxUnreadMessages: NUMBER,
  maxUnreadBytes: NUMBER,
  unreadTimeout: NUMBER,
  incoming: ['string'],
  autoPong: ['boolean'],
  text: ['string'],
} as const;

const CONNECT: Table<ConnectOptions> = {
  ...CONNECTION,
  dial: ['function'],
  socket: ['object'],
  // node:tls checks its content.
  tls: ['object', 'array'],
  proxy: ['string', 'object'],
  maxHeadSize: NUMBER,
  maxHeaderLines: NUMBER,
  subprotocols: ['array'],
  headers: ['array', 'object'],
  origin: ['string'],
  perMessageDeflate: ['boolean', 'object'],
  signal: [],
  handshakeTimeout: NUMBER,
  maxRedirects: NUMBER,
  oneAtATime: ['boolean'],
  tap: [],
};

const SERVER: Table<ServerOptions> = {
  ...CONNECTION,
  port: NUMBER,
  host: ['string'],
  socketPath: ['string'],
  backlog: NUMBER,
  tls: ['object', 'array'],
  server: [],
  noServer: ['boolean'],
  headers: ['array', 'object', 'function'],
  respond: ['function'],
  path: ['string'],
  origins: ['string', 'array', 'function'],
  hosts: ['array', 'function'],
  maxHeadSize: NUMBER,
  maxHeaderLines: NUMBER,
  subprotocols: ['array', 'function'],
  perMessageDeflate: ['boolean', 'object'],
  authorize: ['function'],
  authorizeTimeout: NUMBER,
  maxConnections: NUMBER,
  handshakeTimeout: NUMBER,
  tap: ['function'],
};

function rowsOf(table: Readonly<Record<string, readonly Kind[]>>): Array<[name: string, kind: Kind]> {
  return Object.entries(table).flatMap(([name, kinds]) =>
    Object.keys(VALUES)
      .filter(kind => !kinds.includes(kind))
      .map((kind): [string, Kind] => [name, kind]),
  );
}

async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectTypeErrorFor(error: unknown, name: string): void {
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ code: 'WS101_INVALID_ARGUMENT' });
  expect((error as Error).message).toMatch(new RegExp(`\\b${name}\\b.* must be .*, got `));
}

describe('null, or a value of a wrong type, throws a TypeError that names the option', () => {
  test('the tables list every option', () => {
    expect(Object.keys(CONNECT).sort()).toEqual(Object.keys(CONNECT_OPTION_NAMES).sort());
    expect(Object.keys(SERVER).sort()).toEqual(Object.keys(SERVER_OPTION_NAMES).sort());
  });

  test.each(rowsOf(CONNECT))('connect(): %s, %s', async (name, kind) => {
    const options = { [name]: VALUES[kind] } as ConnectOptions;
    expectTypeErrorFor(
      await thrownBy(() => connect('ws://127.0.0.1:1/', { handshakeTimeout: 1000, ...options })),
      name,
    );
  });

  test.each(rowsOf(SERVER))('WebSocketServer: %s, %s', async (name, kind) => {
    const home =
      name === 'port' || name === 'socketPath' || name === 'server' || name === 'noServer' ? {} : { port: 0 };
    const construct = () =>
      void new WebSocketServer({ ...home, [name]: VALUES[kind] } as ServerOptions).on('error', () => {}).close();
    expectTypeErrorFor(await thrownBy(construct), name);
  });
});
