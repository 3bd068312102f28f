import { describe, expect, test } from 'vitest';
import { type ConnectOptions, connect, type HandshakeError } from '../../../src/index.js';
import { closedPort, rawServer } from '../../helpers/raw-peer.js';

async function failure(url: string, options: ConnectOptions = {}): Promise<HandshakeError> {
  return (await connect(url, options).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )) as HandshakeError;
}

describe('an HTTP proxy', () => {
  test('gets an IPv6 address in brackets, and bytes after its answer come from the server', async () => {
    let asked = '';
    const proxy = await rawServer(async peer => {
      asked = await peer.head();
      peer.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n');
    });
    const error = await failure('ws://[2001:db8::1]:81/', { proxy: `http://127.0.0.1:${proxy.port}` });
    expect(asked.split('\r\n')[0]).toBe('CONNECT [2001:db8::1]:81 HTTP/1.1');
    expect(error).toMatchObject({ phase: 'response', status: 418 });
  });
});

describe('an HTTP proxy, RFC 9110:', () => {
  const teapot = 'HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n';

  /** Connects through a proxy that answers CONNECT with `answer`, piece by piece. */
  async function answered(...pieces: readonly string[]): Promise<HandshakeError> {
    const proxy = await rawServer(async peer => {
      await peer.head();
      for (const piece of pieces) {
        peer.write(piece);
        await new Promise(resolve => setImmediate(resolve));
      }
    });
    return failure('ws://example.test/', { proxy: `http://127.0.0.1:${proxy.port}` });
  }

  const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';

  test.each([
    ['in one piece', [`${interim}HTTP/1.1 200 OK\r\n\r\n${teapot}`]],
    ['byte by byte', [...`${interim}HTTP/1.1 200 OK\r\n\r\n${teapot}`]],
  ])('the tunnel opens after interim responses %s (§15.2)', async (_, pieces) => {
    expect(await answered(...pieces)).toMatchObject({ phase: 'response', status: 418 });
  });

  test('a refusal after an interim response has its own status, not that of the interim one (§15.2)', async () => {
    const error = await answered(`${interim}HTTP/1.1 403 Forbidden\r\n\r\nblocked`);
    expect(error).toMatchObject({ phase: 'proxy', status: 403, body: 'blocked' });
    expect(error.headers.get('Link')).toBeUndefined();
  });

  test('a 101 is a refusal, because CONNECT asks for no other protocol', async () => {
    expect(await answered('HTTP/1.1 101 Switching Protocols\r\n\r\n')).toMatchObject({ phase: 'proxy', status: 101 });
  });

  test.each([
    ['Content-Length: 3'],
    ['Transfer-Encoding: chunked'],
    ['Content-Length: 3\r\nTransfer-Encoding: chunked'],
    ['Content-Length: 3\r\nContent-Length: 4'],
    ['Content-Length: abc'],
  ])('a 200 opens the tunnel whatever its framing says: %j (§9.3.6)', async lines => {
    const error = await answered(`HTTP/1.1 200 OK\r\n${lines}\r\n\r\n${teapot}`);
    expect(error).toMatchObject({ phase: 'response', status: 418 });
  });

  test('bytes of the server that follow the answer in their own segment are not lost', async () => {
    expect(await answered('HTTP/1.1 200 OK\r\n\r', '\n', teapot)).toMatchObject({ phase: 'response', status: 418 });
  });

  test('a proxy that closes in the middle of its answer fails', async () => {
    const proxy = await rawServer(async peer => {
      await peer.head();
      peer.socket.end('HTTP/1.1 200 OK\r\nX:');
    });
    const error = await failure('ws://example.test/', { proxy: `http://127.0.0.1:${proxy.port}` });
    expect(error).toMatchObject({ phase: 'proxy', fault: 'network' });
    expect(error.summary).toContain('the connection was closed');
  });
});

describe('a SOCKS5 proxy', () => {
  test('that answers in another version of SOCKS fails', async () => {
    const proxy = await rawServer(async peer => peer.write(Buffer.from([4, 90])));
    const error = await failure('ws://example.test/', { proxy: `socks5h://127.0.0.1:${proxy.port}` });
    expect(error.summary).toContain('does not speak SOCKS5: its first byte is 0x04');
    expect(error.hint).toBe('is this a SOCKS5 proxy?');
  });

  test('that changes its version in the second answer fails', async () => {
    const proxy = await rawServer(async peer => {
      await peer.until(() => peer.received.length >= 3);
      peer.write(Buffer.from([5, 0]));
      await peer.until(() => peer.received.length > 3);
      peer.write(Buffer.from([6, 0, 0, 1]));
    });
    const error = await failure('ws://example.test/', { proxy: `socks5h://127.0.0.1:${proxy.port}` });
    expect(error).toMatchObject({ phase: 'proxy' });
    expect(error.summary).toContain('does not speak SOCKS5: its first byte is 0x06');
  });
});

test('an error of connecting has an IPv6 address in brackets', async () => {
  const port = await closedPort();
  const error = await failure(`ws://[::1]:${port}/`);
  expect(error).toMatchObject({ phase: 'connect' });
  expect(error.summary).toContain(`connecting to [::1]:${port} failed`);
});
