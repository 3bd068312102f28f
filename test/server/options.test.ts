import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import tls, { type TlsOptions } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { type ServerOptions, WebSocketServer } from '../../src/index.js';
import { resolveServerOptions } from '../../src/server/settings.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';

const TLS = { cert: TLS_CERTIFICATE, key: TLS_KEY };
const OTHER_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
});
const NO_CERTIFICATE =
  'tls must be an object with cert and key, or with pfx, SNICallback or pskCallback, got an object';
const SOURCES = 'one of: port, socketPath, server, noServer';

test('a callback after the options throws, and names the event to use', () => {
  const Constructor = WebSocketServer as new (options: ServerOptions, callback?: unknown) => WebSocketServer;
  for (const callback of [() => {}, null]) {
    const create = () => new Constructor({ port: 0 }, callback);
    expect(create).toThrow(TypeError);
    expect(create).toThrow("instead of a callback, use server.once('listening', …)");
  }
  expect(() => new Constructor({ noServer: true }, undefined)).not.toThrow();
});

describe('the constructor throws for a wrong option, and names it', () => {
  test.each<[message: string, options: unknown, error: typeof TypeError | typeof RangeError]>([
    ['options must be an object, got undefined', undefined, TypeError],
    ['options must be an object, got null', null, TypeError],
    ['options must be an object, got 8080', 8080, TypeError],
    [`Pass ${SOURCES}`, {}, TypeError],
    [`Pass ${SOURCES}`, { noServer: false }, TypeError],
    [`Pass only ${SOURCES} (got port and noServer)`, { port: 0, noServer: true }, TypeError],
    [`Pass only ${SOURCES} (got port and socketPath)`, { port: 0, socketPath: '/tmp/x' }, TypeError],
    [`Pass only ${SOURCES} (got port and server)`, { port: 0, server: http.createServer() }, TypeError],
    ['port must be a number, got "80"', { port: '80' }, TypeError],
    ['port must be an integer from 0 to 65535, got 65536', { port: 65_536 }, RangeError],
    ['port must be an integer', { port: -1 }, RangeError],
    [
      'host must be a host name or an IP address (leave it out to listen on all addresses), got ""',
      { port: 0, host: '' },
      RangeError,
    ],
    ['host must be a string, got 5', { port: 0, host: 5 }, TypeError],
    ['socketPath must be a string, got 5', { socketPath: 5 }, TypeError],
    ['host must be a host name or an IP address, without NUL', { port: 0, host: '127.0.0.1\0x' }, RangeError],
    ['socketPath must be a path without NUL', { socketPath: '/tmp/a\0b' }, RangeError],
    ['socketPath must be a path of at most', { socketPath: `/${'a'.repeat(107)}` }, RangeError],
    ['socketPath must be a path that is not empty', { socketPath: '' }, RangeError],
    ['backlog must be an integer from 1', { port: 0, backlog: 0.5 }, RangeError],
    ['tls must be an object, got true', { port: 0, tls: true }, TypeError],
    ['tls must be an object, got null', { port: 0, tls: null }, TypeError],
    [NO_CERTIFICATE, { port: 0, tls: {} }, RangeError],
    [NO_CERTIFICATE, { socketPath: '/tmp/x', tls: { cert: undefined, key: undefined } }, RangeError],
    [NO_CERTIFICATE, { port: 0, tls: { cert: TLS_CERTIFICATE } }, RangeError],
    [NO_CERTIFICATE, { port: 0, tls: { key: TLS_KEY } }, RangeError],
    ['tls works with port or socketPath only: leave it out next to noServer', { noServer: true, tls: TLS }, TypeError],
    [
      'tls works with port or socketPath only: leave it out next to server',
      { server: http.createServer(), tls: TLS },
      TypeError,
    ],
    ['host works with port only: leave it out next to noServer', { noServer: true, host: '::1' }, TypeError],
    ['host works with port only: leave it out next to server', { server: http.createServer(), host: '::1' }, TypeError],
    ['host works with port only: leave it out next to socketPath', { socketPath: '/tmp/x', host: '::1' }, TypeError],
    [
      'backlog works with port or socketPath only: leave it out next to noServer',
      { noServer: true, backlog: 5 },
      TypeError,
    ],
    [
      'backlog works with port or socketPath only: leave it out next to server',
      { server: http.createServer(), backlog: 5 },
      TypeError,
    ],
    [
      'handshakeTimeout works with port or socketPath only: leave it out next to server',
      { server: http.createServer(), handshakeTimeout: 5 },
      TypeError,
    ],
    [
      'maxHeadSize works with port or socketPath only: leave it out next to noServer',
      { noServer: true, maxHeadSize: 5 },
      TypeError,
    ],
    [
      'maxHeaderLines works with port or socketPath only: leave it out next to noServer',
      { noServer: true, maxHeaderLines: 5 },
      TypeError,
    ],
    ['noServer must be a boolean, got "yes"', { noServer: 'yes' }, TypeError],
    ['noServer must be a boolean, got 0', { port: 0, noServer: 0 }, TypeError],
    [
      'server must be a server of node:http or node:https, which emits `upgrade`, got an object',
      { server: {} },
      TypeError,
    ],
    [
      'server must be a server of node:http or node:https, which emits `upgrade`, got a function',
      { server: () => {} },
      TypeError,
    ],
    ['path must be a path like `/chat`, without query and fragment, got "chat"', { port: 0, path: 'chat' }, RangeError],
    ['path must be', { port: 0, path: '/chat?x' }, RangeError],
    ['path must be one literal path', { port: 0, path: '/chat/:id' }, RangeError],
    ["origins must be '*', an array of origins, or a function, got", { port: 0, origins: 'https://a' }, TypeError],
    ['each entry of origins must be `scheme://host[:port]`', { port: 0, origins: ['https://a/b'] }, RangeError],
    ['hosts must be an array of `host[:port]`, got "a"', { port: 0, hosts: 'a' }, TypeError],
    ['each entry of hosts must be `host[:port]`', { port: 0, hosts: ['a b'] }, RangeError],
    ['subprotocols must be an array of tokens, got "chat"', { port: 0, subprotocols: 'chat' }, TypeError],
    ['each entry of subprotocols must be a token, got "a b"', { port: 0, subprotocols: ['a b'] }, RangeError],
    ['subprotocols must not contain "a" twice', { port: 0, subprotocols: ['a', 'a'] }, RangeError],
    ['authorize must be a function, got true', { port: 0, authorize: true }, TypeError],
    ['authorizeTimeout must be an integer from 1', { port: 0, authorizeTimeout: 0 }, RangeError],
    ['handshakeTimeout must be an integer from 1', { port: 0, handshakeTimeout: 0 }, RangeError],
    ['handshakeTimeout must be an integer from 1 to 2147483647', { port: 0, handshakeTimeout: 2 ** 31 }, RangeError],
    ['maxConnections must be an integer from 0', { port: 0, maxConnections: -1 }, RangeError],
    ['maxConnections must be a number, got "1"', { port: 0, maxConnections: '1' }, TypeError],
    ['maxHeadSize must be a positive integer, got 0', { port: 0, maxHeadSize: 0 }, RangeError],
    ['maxHeaderLines must be a positive integer, got -1', { port: 0, maxHeaderLines: -1 }, RangeError],
    ['maxMessageSize must be an integer from 0', { port: 0, maxMessageSize: -1 }, RangeError],
    ["incoming must be 'keep' or 'discard', got \"drop\"", { port: 0, incoming: 'drop' }, RangeError],
    ['perMessageDeflate must be a boolean or an object, got "yes"', { port: 0, perMessageDeflate: 'yes' }, TypeError],
    ['perMessageDeflate must be a boolean or an object', { port: 0, perMessageDeflate: null }, TypeError],
    [
      'perMessageDeflate.serverMaxWindowBits must be an integer from 9 to 15, got 8',
      { port: 0, perMessageDeflate: { serverMaxWindowBits: 8 } },
      RangeError,
    ],
    [
      'perMessageDeflate.clientMaxWindowBits must be an integer from 8 to 15, got 16',
      { port: 0, perMessageDeflate: { clientMaxWindowBits: 16 } },
      RangeError,
    ],
    [
      'perMessageDeflate.threshold must be an integer from 0 to 9007199254740991, got NaN',
      { port: 0, perMessageDeflate: { threshold: Number.NaN } },
      RangeError,
    ],
    [
      'perMessageDeflate.serverNoContextTakeover must be a boolean, got 1',
      { port: 0, perMessageDeflate: { serverNoContextTakeover: 1 } },
      TypeError,
    ],
  ])('%s', (message, options, error) => {
    const construct = () => {
      const server = new WebSocketServer(options as ServerOptions);
      // Where the test fails: it must not go on listening.
      server.on('error', () => {});
      void server.close();
    };
    expect(construct).toThrow(error);
    expect(construct).toThrow(message);
  });

  test.each<[what: string, tls: object]>([
    ['an invalid certificate', { cert: 'none', key: TLS_KEY }],
    ['an invalid key', { cert: TLS_CERTIFICATE, key: 'none' }],
    ['a certificate that is not text', { cert: 5, key: TLS_KEY }],
    ['a key of another certificate', { cert: TLS_CERTIFICATE, key: OTHER_KEY }],
    ['an unknown TLS version', { ...TLS, minVersion: 'TLSv9' }],
  ])('the error for %s has the error of node:tls as its cause', (_what, tls) => {
    let thrown: unknown;
    try {
      new WebSocketServer({ port: 0, tls });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TypeError);
    const { message, cause } = thrown as TypeError;
    expect(cause).toBeInstanceOf(Error);
    expect(message).toBe(`tls must be options of node:tls (${(cause as Error).message}), got an object`);
    expect(thrown).toMatchObject({ code: 'WS101_INVALID_ARGUMENT' });
  });

  test.each<[what: string, tls: TlsOptions]>([
    ['a callback for each name', { SNICallback: (_name, done) => done(null) }],
    ['keys shared beforehand', { pskCallback: () => null }],
  ])('TLS without a certificate, but with %s, is accepted', (_what, options) => {
    expect(() => resolveServerOptions({ port: 0, tls: options })).not.toThrow();
  });

  test('options of listening may accompany their address, and any option may be undefined', () => {
    const none = { host: undefined, backlog: undefined, tls: undefined, handshakeTimeout: undefined } as object;
    for (const options of [
      { socketPath: '/tmp/x', backlog: 5, tls: TLS },
      { noServer: true, port: undefined },
    ]) {
      expect(() => resolveServerOptions({ ...none, ...options } as ServerOptions)).not.toThrow();
    }
    expect(() => resolveServerOptions({ port: 0, host: '::1', backlog: 5, noServer: false })).not.toThrow();
  });

  test('after the constructor has thrown, nothing listens and no listener is left', () => {
    const server = http.createServer();
    expect(() => new WebSocketServer({ server, path: 'none' })).toThrow();
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});

describe('defaults', () => {
  test('apply to missing options', () => {
    const settings = resolveServerOptions({ noServer: true });
    expect(settings).toMatchObject({
      authorize: undefined,
      authorizeTimeout: 10_000,
      handshakeTimeout: 10_000,
      maxConnections: Number.MAX_SAFE_INTEGER,
      connection: { maxMessageSize: 16 * 1024 * 1024, closeTimeout: 10_000 },
    });
    expect(settings.policy.path).toBeUndefined();
  });
});

describe('server', () => {
  test.each<[what: string, make: () => object]>([
    ['node:http', () => http.createServer()],
    ['node:https', () => https.createServer()],
    ['node:http2 with HTTP/1.1', () => http2.createSecureServer({ allowHTTP1: true })],
    ['another runtime, which is not a net.Server', () => ({ on() {}, setTimeout() {} })],
  ])('a server of %s is accepted', (_what, make) => {
    expect(() => resolveServerOptions({ server: make() as http.Server })).not.toThrow();
  });

  test.each<[what: string, make: () => object]>([
    ['node:net', () => net.createServer()],
    ['node:tls', () => tls.createServer()],
    ['node:http2 without TLS', () => http2.createServer()],
    ['node:http2 without HTTP/1.1', () => http2.createSecureServer()],
  ])('a server of %s throws, since it never emits `upgrade`', (_what, make) => {
    expect(() => resolveServerOptions({ server: make() as http.Server })).toThrow(
      'server must be a server of node:http or node:https, which emits `upgrade`, got ',
    );
  });
});
