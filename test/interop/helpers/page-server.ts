import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** The files, and their types. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/page.html': ['w3c/page.html', 'text/html'],
  '/cases.js': ['w3c/cases.js', 'text/javascript'],
  '/probe.js': ['misbehave/probe.js', 'text/javascript'],
};

/** Opens a node:http server with only these files, until the test finishes. */
export async function startPageServer(): Promise<{ server: Server; origin: string }> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const [file, type] = FILES[pathname] ?? [];
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': type }).end(await readFile(new URL(`../${file}`, import.meta.url)));
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
