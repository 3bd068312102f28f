import { describe, expect, test } from 'vitest';
import { connect } from '../../src/index.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';
import { startEchoServer } from './helpers/echo-server.js';
import { askPython, startPython } from './helpers/python.js';
import { CERTIFICATE_FILE, KEY_FILE } from './helpers/tls-files.js';

const BYTES = Array.from({ length: 256 }, (_, byte) => byte);

describe('a python3-websockets client with our server', () => {
  const ask = async (name: string, options: Parameters<typeof startEchoServer>[0] = {}) => {
    const server = await startEchoServer(options);
    return { seen: await askPython('websockets_client.py', server.url, name), server };
  };

  test('receives its text back', async () => {
    const { seen, server } = await ask('text');
    expect(seen).toEqual(['hello', '', 'κόσμε 🌍', 'x'.repeat(65_536)]);
    expect(await server.closed).toMatchObject({ code: 1000, wasClean: true, initiator: 'remote' });
  });

  test('receives its binary back as binary', async () => {
    expect((await ask('binary')).seen).toEqual({ type: 'bytes', bytes: BYTES });
  });

  test('receives its fragments back as one message', async () => {
    expect((await ask('fragments')).seen).toEqual(['one zwölf three', [0, 1, 2]]);
  });

  test('reads a message that we send in fragments', async () => {
    expect((await ask('receive_fragments')).seen).toBe('one two three');
  });

  test('receives a Pong, and sends one', async () => {
    const { seen, server } = await ask('ping');
    expect(seen).toBe('pong back');
    expect(server.pings).toEqual(['from python']);
  });

  test('uses the first of its subprotocols that we support', async () => {
    expect((await ask('subprotocol', { subprotocols: ['chat.v1', 'chat.v2'] })).seen).toBe('chat.v2');
    expect((await ask('subprotocol')).seen).toBeNull();
  });

  test('offers permessage-deflate, and works without it', async () => {
    const { seen } = await ask('extensions');
    expect(seen).toEqual({ offered: expect.stringContaining('permessage-deflate'), agreed: 0 });
  });

  test('closes with a code and a reason, and receives the code back', async () => {
    const { seen, server } = await ask('close');
    expect(seen).toEqual({ code: 4001, reason: '' });
    const farewell = { code: 4001, reason: 'python says goodbye' };
    expect(await server.closed).toMatchObject({ ...farewell, wasClean: true, initiator: 'remote' });
  });

  test('receives our close code and reason', async () => {
    const { seen, server } = await ask('server_closes');
    expect(seen).toMatchObject({ code: 4002, reason: 'the server says goodbye' });
    expect(await server.closed).toMatchObject({ code: 4002, wasClean: true, initiator: 'local' });
  });

  test('receives 1 MiB of binary and of text back', async () => {
    expect((await ask('mebibyte')).seen).toEqual([true, true]);
  });

  test('receives a thousand messages back in order', async () => {
    expect((await ask('many')).seen).toBe(true);
  });

  test('receives 1009 for a message above our limit', async () => {
    const { seen, server } = await ask('too_big', { maxMessageSize: 1000 });
    expect(seen).toBe(1009);
    expect(await server.closed).toMatchObject({ sent: { code: 1009 } });
  });

  test('receives 1007 for text that is not UTF-8', async () => {
    expect((await ask('invalid_text')).seen).toBe(1007);
  });

  test('receives 1002 for a reserved bit', async () => {
    expect((await ask('reserved_bit')).seen).toBe(1002);
  });

  test('works over TLS', async () => {
    const server = await startEchoServer({ tls: { cert: TLS_CERTIFICATE, key: TLS_KEY } });
    expect(await askPython('websockets_client.py', server.url, 'mebibyte', CERTIFICATE_FILE)).toEqual([true, true]);
    expect(await server.closed).toMatchObject({ code: 1000, wasClean: true });
  });
});

describe('our client with a python3-websockets server', () => {
  const start = async (...tlsFiles: string[]) => {
    const server = startPython('websockets_server.py', ...tlsFiles);
    const [, port] = await server.line(/^port (\d+)$/);
    const scheme = tlsFiles.length === 0 ? 'ws' : 'wss';
    return { server, url: `${scheme}://127.0.0.1:${port}/` };
  };

  test('receives its text and binary back, and closes cleanly', async () => {
    const { server, url } = await start();
    const connection = await connect(url);
    const messages = connection[Symbol.asyncIterator]();
    connection.send('κόσμε 🌍');
    expect((await messages.next()).value).toBe('κόσμε 🌍');
    connection.send(Uint8Array.from(BYTES));
    expect((await messages.next()).value).toEqual(Buffer.from(BYTES));
    expect(await connection.close(4001, 'goodbye')).toMatchObject({ code: 4001, reason: 'goodbye', wasClean: true });
    await server.line(/^closed 4001 goodbye$/);
  });

  test('sends fragments, and reads them', async () => {
    const connection = await connect((await start()).url);
    const messages = connection[Symbol.asyncIterator]();
    await connection.sendStream(['κόσ', 'με', '']);
    expect((await messages.next()).value).toBe('κόσμε');
    connection.send('fragments');
    expect((await messages.next()).value).toBe('one two three');
    expect(await connection.close()).toMatchObject({ wasClean: true });
  });

  test('reads and sends 1 MiB', async () => {
    const connection = await connect((await start()).url);
    const messages = connection[Symbol.asyncIterator]();
    connection.send('big');
    const { value: big = '' } = await messages.next();
    expect(big).toHaveLength(2 ** 20);
    connection.send(big);
    // toEqual() takes seconds for a buffer of this size.
    expect((await messages.next()).value).toSatisfy(echo => Buffer.from(big).equals(echo));
    await connection.close();
  });

  test('pings, and answers a Ping', async () => {
    const connection = await connect((await start()).url);
    expect(await connection.ping('from ws101')).toBeGreaterThan(0);
    connection.send('ping');
    for await (const message of connection) {
      expect(message).toBe('pong');
      break;
    }
    await connection.close();
  });

  test("receives the server's close code and reason", async () => {
    const { url } = await start();
    const connection = await connect(url);
    connection.send('close 4002 the server says goodbye');
    expect(await connection.closed).toMatchObject({
      code: 4002,
      reason: 'the server says goodbye',
      wasClean: true,
      initiator: 'remote',
      sent: { code: 4002 },
    });
  });

  test('negotiates a subprotocol', async () => {
    const { server, url } = await start();
    const connection = await connect(url, { subprotocols: ['chat.v9', 'chat.v2'] });
    expect(connection.subprotocol).toBe('chat.v2');
    await server.line(/^subprotocol chat\.v2$/);
    await connection.close();
  });

  test('works over TLS, and rejects an unknown certificate', async () => {
    const { url } = await start(CERTIFICATE_FILE, KEY_FILE);
    const connection = await connect(url, { tls: { ca: TLS_CERTIFICATE } });
    const messages = connection[Symbol.asyncIterator]();
    connection.send('big');
    expect((await messages.next()).value).toHaveLength(2 ** 20);
    expect(await connection.close(1000)).toMatchObject({ code: 1000, wasClean: true });
    await expect(connect(url)).rejects.toMatchObject({ phase: 'tls', hint: expect.stringContaining('tls.ca') });
  });
});
