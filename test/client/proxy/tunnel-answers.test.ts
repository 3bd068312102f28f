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
