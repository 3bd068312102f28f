/** The examples of docs/http-servers.md, as they are printed there, each with the real framework. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type InlineConfig } from 'vite';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect, type WebSocketConnection, type WebSocketServer } from '../../src/index.js';

const page = readFileSync(new URL('../../docs/http-servers.md', import.meta.url), 'utf8');
const generated: string[] = [];

afterAll(() => {
  for (const file of generated) rmSync(file);
});

/** Imports the first code block under a heading, with a free port and some exports added. */
async function example<Exports>(heading: string, exports = ''): Promise<Exports> {
  const section = page.split(`\n## ${heading}\n`)[1]!;
  const code = /^```ts.*\n([\s\S]*?)^```$/m
    .exec(section)![1]!
    .replace('8080', '0')
    .replace("'ws101'", "'../../src/index.js'");
  // Beside this file, so that its imports are found.
  const file = fileURLToPath(new URL(`http-servers-${heading.toLowerCase()}.generated.ts`, import.meta.url));
  writeFileSync(file, `${code}\n${exports}\n`);
  generated.push(file);
  return await import(file);
}

interface Running {
  readonly httpServer: Server;
  readonly server: WebSocketServer;
}

/** Waits until the server of an example listens, and closes it after the test. Returns its host and port. */
async function listening({ httpServer, server }: Running): Promise<string> {
  if (!httpServer.listening) await once(httpServer, 'listening');
  onTestFinished(async () => {
    httpServer.close();
    await server.close({ timeout: 1_000 });
  });
  return `127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
}

async function firstMessage(connection: WebSocketConnection): Promise<unknown> {
  const [message] = await once(connection, 'message');
  return message;
}

describe.each([
  ['Express', 'export { httpServer, server };', 'a page'],
  ['Fastify', 'export const httpServer = fastify.server;\nexport { server };', undefined],
  ['Koa', 'export { httpServer, server };', 'a page'],
  ['Hono', 'export { httpServer, server };', 'a page'],
])('%s', (name, exports, body) => {
  test('serves its page and our WebSocket on one port', async () => {
    const host = await listening(await example<Running>(name, exports));
    const response = await fetch(`http://${host}/`, { headers: { Connection: 'close' } });
    if (body === undefined) expect(response.status).toBe(404);
    else expect(await response.text()).toBe(body);
    const connection = await connect(`ws://${host}/chat`);
    expect(await firstMessage(connection)).toBe('welcome');
    await connection.close();
    await expect(connect(`ws://${host}/other`)).rejects.toMatchObject({ status: 404 });
  });
});

test('Vite keeps its own WebSocket for hot module replacement beside ours', async () => {
  const { default: config } = await example<{ default: InlineConfig }>('Vite');
  const root = mkdtempSync(join(tmpdir(), 'ws101-vite-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'index.html'), '<script type="module" src="/main.js"></script>');
  writeFileSync(join(root, 'main.js'), 'console.log(1);');
  const vite = await createServer({
    ...config,
    root,
    configFile: false,
    logLevel: 'silent',
    server: { port: 0, host: '127.0.0.1' },
  });
  onTestFinished(() => vite.close());
  await vite.listen();
  const host = `127.0.0.1:${(vite.httpServer!.address() as AddressInfo).port}`;

  const chat = await connect(`ws://${host}/chat`);
  expect(await firstMessage(chat)).toBe('welcome');

  const token = vite.config.webSocketToken;
  const hmr = await connect(`ws://${host}/?token=${token}`, { subprotocols: ['vite-hmr'] });
  expect(JSON.parse(String(await firstMessage(hmr)))).toEqual({ type: 'connected' });
  // The module must be known before a change to it is reported.
  await (await fetch(`http://${host}/main.js`)).text();
  const update = firstMessage(hmr);
  writeFileSync(join(root, 'main.js'), 'console.log(2);');
  expect(JSON.parse(String(await update))).toMatchObject({ type: 'full-reload' });
  await hmr.close();
  await chat.close();
});
