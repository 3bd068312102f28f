import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

const TYPES: Readonly<Record<string, string>> = { '/page.html': 'text/html', '/cases.js': 'text/javascript' };

/** Opens a node:http server with only the page of ../w3c, until the test finishes. */
export async function startPageServer(): Promise<{ server: Server; origin: string }> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const type = TYPES[pathname];
    if (type === undefined) response.writeHead(404).end();
    else {
      const file = await readFile(new URL(`../w3c${pathname}`, import.meta.url));
      response.writeHead(200, { 'Content-Type': type }).end(file);
    }
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
