import { describe, expect, test } from 'vitest';
import type { ServerOptions } from '../../src/index.js';
import { request } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { rawConnect } from '../helpers/raw-peer.js';

/** The status that a page of these origins is answered with, over a socket. */
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

describe('a browser that another site has told to connect, cookies included', () => {
  test.each([
    ['webpack-dev-server CVE-2018-14732: evil', 'http://evil.example'],
    ['webpack-dev-server CVE-2025-30360: a foreign IP address', 'http://203.0.113.7:8080'],
    ['Vite CVE-2025-24010: null', 'null'],
    ['Vitest CVE-2025-24964: localhost, where the server is not', 'http://localhost:51204'],
    ['Storybook CVE-2026-27148: malformed', 'http//server.example.com'],
    ['Jenkins CVE-2024-23898: its own name in front of another', 'http://server.example.com.evil'],
  ])('%s: 403', async (_, origin) => {
    expect(await statusOf([origin])).toBe(403);
    expect(await statusOf([origin], { origins: ['https://allowed.com'] })).toBe(403);
  });

  test('Jenkins CVE-2024-23898: allowed.com.evil, two headers, each beside an allow-list: 403', async () => {
    const options = { origins: ['https://allowed.com'] };
    expect(await statusOf(['https://allowed.com'], options)).toBe(101);
    expect(await statusOf(['https://allowed.com.evil'], options)).toBe(403);
    expect(await statusOf(['https://allowed.com', 'https://evil.example'], options)).toBe(403);
    expect(await statusOf(['https://evil.example', 'https://allowed.com'], options)).toBe(403);
  });
});
