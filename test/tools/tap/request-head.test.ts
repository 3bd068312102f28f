import { describe, expect, test } from 'vitest';
import { HeaderFields, type HeaderLine } from '../../../src/index.js';
import { changeHead } from '../../../src/tools/tap/request-head.js';
import { targetOf } from '../../../src/tools/tap/target.js';

interface Changes {
  readonly url?: string;
  readonly headers?: readonly HeaderLine[];
  readonly origin?: string;
}

async function changed(lines: readonly string[], { url = 'wss://a.example', headers = [], origin }: Changes = {}) {
  const target = await targetOf(url, {});
  const changes = { target, headers: new HeaderFields(headers), origin, ownHosts: ['localhost', '127.0.0.1', '[::1]'] };
  const { text, isUpgrade } = changeHead([...lines, '', ''].join('\r\n'), changes);
  expect(text.slice(-4)).toBe('\r\n\r\n');
  return { lines: text.slice(0, -4).split('\r\n'), isUpgrade };
}

const UPGRADE = 'Upgrade: websocket';

describe('the head of a request to the target', () => {
  test('has the host of the target, and every other line as it was', async () => {
    const others = [UPGRADE, 'connection:   keep-alive, Upgrade', 'Cookie: a=b', 'X-Odd : \xe4 ', 'no colon'];
    const { lines, isUpgrade } = await changed(['GET /chat?a=1 HTTP/1.1', 'hOst:localhost:9002', ...others]);
    expect(lines).toEqual(['GET /chat?a=1 HTTP/1.1', 'hOst: a.example', ...others]);
    expect(isUpgrade).toBe(true);
  });

  test.each([
    ['ws://a.example:81', '/x?y', 'a.example:81 /x?y'],
    ['ws://a.example:81/', '/x?y', 'a.example:81 /x?y'],
    ['ws://a.example/chat', '/', 'a.example /chat'],
    ['ws://a.example/chat?k=v', '/x?y', 'a.example /chat?k=v'],
    ['ws://[::1]:81/chat', '/chat', '[::1]:81 /chat'],
    ['ws://a.example', 'http://localhost:9002/x', 'a.example /x'],
    ['ws://a.example', 'http://localhost:9002', 'a.example /'],
    ['ws+unix:/tmp/a.sock:/chat', '/', 'localhost /chat'],
  ])('has the path of the target if it has one: %s and %s', async (url, path, expected) => {
    const { lines } = await changed([`GET ${path} HTTP/1.1`, 'Host: localhost:9002', UPGRADE], { url });
    expect(`${lines[1]!.slice(6)} ${lines[0]!.slice(4, -9)}`).toBe(expected);
  });

  test.each([
    ['localhost:9002', 'http://localhost:9002', 'https://a.example'],
    ['127.0.0.1:9002', 'https://127.0.0.1:9002', 'https://a.example'],
    ['localhost:9002', 'http://localhost:3000', 'http://localhost:3000'],
    ['localhost:9002', 'null', 'null'],
    // A name that its owner made to lead to this machine.
    ['evil.example:9002', 'http://evil.example:9002', 'http://evil.example:9002'],
  ])('has the origin of the target only if the origin is the tap: host %s, origin %s', async (host, sent, expected) => {
    const { lines } = await changed(['GET / HTTP/1.1', `Host: ${host}`, `Origin: ${sent}`, UPGRADE]);
    expect(lines[2]).toBe(`Origin: ${expected}`);
  });

  test('has the origin that is asked for, whether the client sent one or not', async () => {
    const origin = 'https://b.example';
    const replaced = await changed(['GET / HTTP/1.1', 'Origin: null', UPGRADE], { origin });
    expect(replaced.lines.filter(line => line.startsWith('Origin'))).toEqual([`Origin: ${origin}`]);
    const added = await changed(['GET / HTTP/1.1', UPGRADE], { origin });
    expect(added.lines).toContain(`Origin: ${origin}`);
  });

  test('has the given headers in place of those of the client', async () => {
    const headers: HeaderLine[] = [
      ['Cookie', 'c=d'],
      ['X-A', '1'],
      ['X-A', '2'],
    ];
    const { lines } = await changed(['GET / HTTP/1.1', 'cookie: a=b', UPGRADE], { headers });
    expect(lines).toEqual(['GET / HTTP/1.1', UPGRADE, 'Cookie: c=d', 'X-A: 1', 'X-A: 2']);
  });

  test('has the credentials of the URL unless the client sends its own', async () => {
    const url = 'ws://user:p%40ss@a.example';
    const { lines } = await changed(['GET / HTTP/1.1', UPGRADE], { url });
    expect(lines).toContain(`Authorization: Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    const own = await changed(['GET / HTTP/1.1', 'authorization: Bearer x', UPGRADE], { url });
    expect(own.lines).toEqual(['GET / HTTP/1.1', 'authorization: Bearer x', UPGRADE]);
  });

  test('asks for no second request on the connection of an ordinary request', async () => {
    const { lines, isUpgrade } = await changed(['GET / HTTP/1.1', 'Connection: keep-alive', 'Host: localhost']);
    expect(lines).toEqual(['GET / HTTP/1.1', 'Host: a.example', 'Connection: close']);
    expect(isUpgrade).toBe(false);
  });
});
