import { once } from 'node:events';
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as theirs from 'ws';
import * as ours from '../../src/ws/index.js';

/** ws101/ws does what `ws` does: each scenario runs with both, on both sides, and what is observed is the same. */

type Library = typeof theirs;

interface Pair {
  readonly client: Library;
  readonly server: Library;
}

/** The sockets of a connection, and what their events told. */
interface Observed {
  readonly client: theirs.WebSocket;
  readonly peer: theirs.WebSocket;
  readonly log: string[];
}

const OURS = ours as unknown as Library;

const PAIRS: ReadonlyArray<[string, Pair]> = [
  ['a client of ws101/ws and a server of ws', { client: OURS, server: theirs }],
  ['a client of ws and a server of ws101/ws', { client: theirs, server: OURS }],
  ['ws101/ws on both sides', { client: OURS, server: OURS }],
];

/** Writes down the events of a WebSocket. */
function observe(name: string, ws: theirs.WebSocket, log: string[]): void {
  const note = (...parts: unknown[]) => log.push([name, ...parts].join(' '));
  const show = (data: theirs.RawData) => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data as ArrayBuffer);
    return bytes.length > 40 ? `${bytes.length} bytes` : JSON.stringify(String(bytes));
  };
  ws.on('message', (data, isBinary) => note('message', show(data), isBinary));
  ws.on('ping', data => note('ping', show(data)));
  ws.on('pong', data => note('pong', show(data)));
  ws.on('error', error => note('error', (error as NodeJS.ErrnoException).code, error.name, error.message));
  ws.on('close', (code, reason) => note('close', code, show(reason), ws.readyState));
}

async function connect({ client, server }: Pair, options: { client?: object; server?: object }): Promise<Observed> {
  const wss = new server.WebSocketServer({ port: 0, ...options.server });
  onTestFinished(() => void wss.close());
  await once(wss, 'listening');
  const ws = new client.WebSocket(`ws://localhost:${(wss.address() as AddressInfo).port}`, options.client);
  const log: string[] = [];
  observe('client', ws, log);
  const [peer] = await new Promise<[theirs.WebSocket]>(resolve => {
    wss.once('connection', peer => {
      observe('server', peer, log);
      resolve([peer]);
    });
  });
  if (ws.readyState === ws.CONNECTING) await once(ws, 'open');
  return { client: ws, peer, log };
}

/** Resolves when a WebSocket has closed, also after an error. */
function closed(ws: theirs.WebSocket): Promise<unknown> {
  return new Promise(resolve => ws.once('close', resolve));
}

function socketOf(ws: theirs.WebSocket): Duplex {
  return (ws as unknown as { _socket: Duplex })._socket;
}

const DEFLATE = { client: { perMessageDeflate: { threshold: 0 } }, server: { perMessageDeflate: { threshold: 0 } } };

type Scenario = (observed: Observed) => void | Promise<void>;

const SCENARIOS: ReadonlyArray<[string, { client?: object; server?: object }, Scenario]> = [
  [
    'messages of all kinds',
    {},
    ({ client }) => {
      client.send('grün');
      client.send(Buffer.of(1, 2));
      client.send('');
      client.send(Buffer.alloc(100_000));
      client.send([1, 2, 3]);
      client.send(new Float32Array([1.5]));
      client.send(5 as never);
      client.send('as binary', { binary: true });
      client.send('unmasked?', { mask: true });
      client.close(1000);
    },
  ],
  [
    'messages of all sizes, compressed',
    DEFLATE,
    ({ client, peer }) => {
      for (const size of [0, 1, 125, 126, 1_000, 65_535, 65_536, 300_000]) {
        client.send('x'.repeat(size));
        peer.send(Buffer.alloc(size, 'y'));
      }
      client.send('plain', { compress: false });
      client.close();
    },
  ],
  [
    'compressed messages without context takeover and with small windows',
    {
      client: { perMessageDeflate: { threshold: 0, clientNoContextTakeover: true, clientMaxWindowBits: 9 } },
      server: { perMessageDeflate: { threshold: 0, serverNoContextTakeover: true, serverMaxWindowBits: 9 } },
    },
    ({ client, peer }) => {
      for (let i = 0; i < 5; i++) {
        client.send('hello '.repeat(1_000));
        peer.send('world '.repeat(1_000));
      }
      client.close(4999, 'enough');
    },
  ],
  [
    'fragments, with a Ping between them',
    DEFLATE,
    ({ client }) => {
      client.send('one, ', { fin: false });
      client.send('two, ', { fin: false });
      client.ping('between');
      client.send('three', { fin: true });
      client.close();
    },
  ],
  [
    'Pings without a payload, from both sides',
    {},
    async ({ client, peer }) => {
      client.ping();
      await once(client, 'pong');
      peer.ping('again', false);
      await once(peer, 'pong');
      peer.pong('unasked');
      peer.close(1001);
    },
  ],
  ['the close reason of the server', {}, ({ peer }) => peer.close(3000, 'füße')],
  ['close() on both sides', {}, ({ client, peer }) => [client, peer].forEach(ws => void ws.close(1000, 'x'))],
  ['terminate() of the client', {}, ({ client }) => client.terminate()],
  ['terminate() of the server', {}, ({ peer }) => peer.terminate()],
  ['the end of the socket', {}, ({ peer }) => void socketOf(peer).end()],
  ['a reset of the socket', {}, ({ peer }) => void (socketOf(peer) as net.Socket).resetAndDestroy()],
  ['a reserved opcode', {}, ({ client }) => void socketOf(client).write(Buffer.from('8380000000006162', 'hex'))],
  ['an unmasked frame', {}, ({ client }) => client.send('x', { mask: false })],
  ['text that is not UTF-8', {}, ({ client }) => client.send(Buffer.of(0xff), { binary: false })],
  ['an invalid close code', {}, ({ client }) => void socketOf(client).write(Buffer.from('88820000000003ed', 'hex'))],
  ['a message above maxPayload', { server: { maxPayload: 10 } }, ({ client }) => client.send('x'.repeat(11))],
  [
    'a compressed message above maxPayload',
    { ...DEFLATE, server: { perMessageDeflate: true, maxPayload: 100 } },
    ({ client }) => client.send('x'.repeat(1_000)),
  ],
  [
    'too many fragments',
    { server: { maxFragments: 3 } },
    ({ client }) => {
      for (let i = 0; i < 5; i++) client.send('x', { fin: false });
    },
  ],
  [
    'corrupt compressed data',
    DEFLATE,
    ({ client }) => void socketOf(client).write(Buffer.from('c184000000006162636465', 'hex')),
  ],
  [
    'pause() and resume()',
    {},
    async ({ client, peer }) => {
      peer.pause();
      client.send('later');
      await new Promise(resolve => setTimeout(resolve, 20));
      peer.resume();
      await once(peer, 'message');
      client.close();
    },
  ],
];

/** Returns what was observed, each side in its order. */
async function run(pair: Pair, options: { client?: object; server?: object }, scenario: Scenario): Promise<string[]> {
  const observed = await connect(pair, options);
  const ends = Promise.all([closed(observed.client), closed(observed.peer)]);
  await scenario(observed);
  await ends;
  const side = (name: string) => observed.log.filter(line => line.startsWith(name));
  return [...side('client'), ...side('server')];
}

describe.each(SCENARIOS)('%s', (_, options, scenario) => {
  test.each(PAIRS)('with %s', async (_, pair) => {
    const expected = await run({ client: theirs, server: theirs }, options, scenario);
    expect(expected.length).toBeGreaterThanOrEqual(2);
    // Messages of zlib differ, since the streams are used otherwise.
    const withoutDetail = (log: string[]) => log.map(line => line.replace(/(Z_\w+) .*/, '$1'));
    expect(withoutDetail(await run(pair, options, scenario))).toEqual(withoutDetail(expected));
  });
});

/** Answers each request for a WebSocket with these bytes. */
async function raw(answer: string): Promise<number> {
  const server = net.createServer(socket => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  server.listen(0);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a client', () => {
  test.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'],
    ['HTTP/1.1 401 Unauthorized\r\n\r\n'],
    ['HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n'],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n'],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['nonsense\r\n\r\n'],
    [''],
  ])('reports the response %j as ws does', async answer => {
    const port = await raw(answer);
    const outcome = async ({ WebSocket }: Library) => {
      const log: string[] = [];
      const ws = new WebSocket(`ws://localhost:${port}`, { followRedirects: true, maxRedirects: 2 });
      observe('client', ws, log);
      await closed(ws);
      return log;
    };
    expect(await outcome(OURS)).toEqual(await outcome(theirs));
  });

  test('sends the same request', async () => {
    const heads: string[] = [];
    const server = net.createServer(socket => {
      socket.once('data', head => {
        heads.push(String(head).replace(/Key: .*/, 'Key: …'));
        socket.destroy();
      });
    });
    server.listen(0);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const { WebSocket } of [theirs, OURS]) {
      const ws = new WebSocket(`ws://me:secret@localhost:${port}/chat?a=1`, ['a', 'b'], {
        headers: { 'X-Custom': 'yes', Host: 'example.com' },
        origin: 'https://example.com',
        perMessageDeflate: { serverMaxWindowBits: 10, clientNoContextTakeover: true },
      });
      ws.on('error', () => {});
      await closed(ws);
    }
    const lines = heads.map(head => head.split('\r\n').sort());
    expect(lines[1]).toEqual(lines[0]);
  });
});

describe('a server', () => {
  test.each([
    ['a plain request', { Connection: 'close' }, 'GET'],
    ['another method', {}, 'POST'],
    ['another protocol', { Upgrade: 'h2c' }, 'GET'],
    ['no key', { 'Sec-WebSocket-Key': '' }, 'GET'],
    ['version 12', { 'Sec-WebSocket-Version': '12' }, 'GET'],
    ['a subprotocol twice', { 'Sec-WebSocket-Protocol': 'a, a' }, 'GET'],
    ['subprotocols', { 'Sec-WebSocket-Protocol': 'a, b' }, 'GET'],
    ['a malformed extension', { 'Sec-WebSocket-Extensions': 'x;;' }, 'GET'],
    ['compression', { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }, 'GET'],
    ['another path', {}, 'GET /other'],
  ])('answers %s as ws does', async (_, headers, method) => {
    const answer = async ({ WebSocketServer }: Library) => {
      const http = createServer((_, response) => response.writeHead(204).end());
      const server = new WebSocketServer({ server: http, path: '/', perMessageDeflate: true });
      http.listen(0);
      onTestFinished(() => {
        server.close();
        http.close();
        http.closeAllConnections();
      });
      await once(http, 'listening');
      const [verb, path = '/'] = method.split(' ');
      const socket = net.connect((http.address() as AddressInfo).port);
      const lines = Object.entries({
        Host: 'localhost',
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4PEA==',
        'Sec-WebSocket-Version': '13',
        ...headers,
      }).map(([name, value]) => `${name}: ${value}`);
      socket.write(`${verb} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      const [head] = await once(socket, 'data');
      socket.destroy();
      return String(head).replace(/Date: .*\r\n/, '');
    };
    expect(await answer(OURS)).toBe(await answer(theirs));
  });
});
