import http from 'node:http';
import net from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ServerOptions, WebSocketServer } from '../../src/index.js';
import { resolveServerOptions } from '../../src/server/options.js';

const HOMES = 'options must be an object with exactly one of port, socketPath, server, noServer';

describe('what the caller does wrong throws in the constructor, naming the option', () => {
  test.each<[message: string, options: unknown, error: typeof TypeError | typeof RangeError]>([
    ['options must be an object, got undefined', undefined, TypeError],
    ['options must be an object, got null', null, TypeError],
    ['options must be an object, got 8080', 8080, TypeError],
    [`${HOMES}, got "none of them"`, {}, TypeError],
    [`${HOMES}, got "none of them"`, { noServer: false }, TypeError],
    [`${HOMES}, got "port, noServer"`, { port: 0, noServer: true }, TypeError],
    [`${HOMES}, got "port, socketPath"`, { port: 0, socketPath: '/tmp/x' }, TypeError],
    [`${HOMES}, got "port, server"`, { port: 0, server: http.createServer() }, TypeError],
    ['port must be a number, got "80"', { port: '80' }, TypeError],
    ['port must be an integer from 0 to 65535, got 65536', { port: 65_536 }, RangeError],
    ['port must be an integer', { port: -1 }, RangeError],
    ['host must be a string, got 5', { port: 0, host: 5 }, TypeError],
    ['socketPath must be a string, got 5', { socketPath: 5 }, TypeError],
    ['backlog must be an integer from 1', { port: 0, backlog: 0.5 }, RangeError],
    ['tls must be an object, got true', { port: 0, tls: true }, TypeError],
    ['tls must be an object, got null', { port: 0, tls: null }, TypeError],
    ['tls must be left out: the server that this one stands on has its own', { noServer: true, tls: {} }, TypeError],
    ['tls must be left out', { server: http.createServer(), tls: {} }, TypeError],
    ['server must be a server of node:http or node:https, got an object', { server: {} }, TypeError],
    ['server must be a server of node:http or node:https, got a function', { server: () => {} }, TypeError],
    ['path must be a path like `/chat`, without query and fragment, got "chat"', { port: 0, path: 'chat' }, TypeError],
    ['path must be', { port: 0, path: '/chat?x' }, TypeError],
    ['origins must be \'*\' or an array of origins, got "https://a"', { port: 0, origins: 'https://a' }, TypeError],
    ['each of origins must be `scheme://host[:port]` without a path', { port: 0, origins: ['https://a/b'] }, TypeError],
    ['hosts must be an array of `host[:port]`, got "a"', { port: 0, hosts: 'a' }, TypeError],
    ['each of hosts must be `host[:port]`, got "a b"', { port: 0, hosts: ['a b'] }, TypeError],
    ['subprotocols must be an array of tokens, got "chat"', { port: 0, subprotocols: 'chat' }, TypeError],
    ['each of subprotocols must be a token, got "a b"', { port: 0, subprotocols: ['a b'] }, TypeError],
    ['subprotocols must be an array without repetition, got "a"', { port: 0, subprotocols: ['a', 'a'] }, TypeError],
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
    [
      'permessageDeflate must be a boolean or an object of options, got "yes"',
      { port: 0, permessageDeflate: 'yes' },
      TypeError,
    ],
    ['permessageDeflate must be a boolean or an object', { port: 0, permessageDeflate: null }, TypeError],
    [
      'permessageDeflate.serverMaxWindowBits must be an integer from 9 to 15, got 8',
      { port: 0, permessageDeflate: { serverMaxWindowBits: 8 } },
      RangeError,
    ],
    [
      'permessageDeflate.clientMaxWindowBits must be an integer from 8 to 15, got 16',
      { port: 0, permessageDeflate: { clientMaxWindowBits: 16 } },
      RangeError,
    ],
    [
      'permessageDeflate.threshold must be an integer from 0 to 9007199254740991, got NaN',
      { port: 0, permessageDeflate: { threshold: Number.NaN } },
      RangeError,
    ],
    [
      'permessageDeflate.serverNoContextTakeover must be a boolean, got 1',
      { port: 0, permessageDeflate: { serverNoContextTakeover: 1 } },
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

  test('a certificate that is none throws as node:tls throws', () => {
    expect(() => new WebSocketServer({ port: 0, tls: { cert: 'none', key: 'none' } })).toThrow();
  });

  test('nothing listens, and nobody is listened to, where the constructor threw', () => {
    const server = http.createServer();
    expect(() => new WebSocketServer({ server, path: 'none' })).toThrow();
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});

describe('defaults', () => {
  test('stand in the gaps', () => {
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

  test('any server of node will do', () => {
    const server = new net.Server();
    onTestFinished(() => void server.close());
    expect(() => resolveServerOptions({ server: server as http.Server })).not.toThrow();
  });
});
