import { describe, expect, test } from 'vitest';
import type { ServerOptions } from '../../src/index.js';
import { request } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

/** Returns the status of the response to a page with these Origin headers. */
async function statusOf(origins: readonly string[], options: ServerOptions = {}): Promise<number> {
  const { port, connections } = await openServer(options);
  const peer = await rawConnect(port);
  peer.write(request({ set: { Cookie: 'session=secret' }, add: origins.map(origin => `Origin: ${origin}`) }));
  const status = Number((await peer.head()).slice(9, 12));
  if (status !== 101) {
    await peer.ended;
    expect(connections).toEqual([]);
  }
  return status;
}

describe('a request with cookies from a page of another site', () => {
  test.each([
    ['webpack-dev-server CVE-2018-14732: another host', 'http://evil.example'],
    ['webpack-dev-server CVE-2025-30360: a foreign IP address', 'http://203.0.113.7:8080'],
    ['Vite CVE-2025-24010: the origin null', 'null'],
    ["Vitest CVE-2025-24964: localhost, which is not the server's host", 'http://localhost:51204'],
    ['Storybook CVE-2026-27148: a malformed origin', 'http//server.example.com'],
    ["Jenkins CVE-2024-23898: a host that starts with the server's name", 'http://server.example.com.evil'],
  ])('%s: is refused with 403', async (_, origin) => {
    expect(await statusOf([origin])).toBe(403);
    expect(await statusOf([origin], { origins: ['https://allowed.com'] })).toBe(403);
  });

  test('Jenkins CVE-2024-23898: allowed.com.evil and two Origin headers are refused with 403', async () => {
    const options = { origins: ['https://allowed.com'] };
    expect(await statusOf(['https://allowed.com'], options)).toBe(101);
    expect(await statusOf(['https://allowed.com.evil'], options)).toBe(403);
    expect(await statusOf(['https://allowed.com', 'https://evil.example'], options)).toBe(403);
    expect(await statusOf(['https://evil.example', 'https://allowed.com'], options)).toBe(403);
  });
});
