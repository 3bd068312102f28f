import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { startEcho, urlOf } from '../../src/cli/echo.js';
import { type ServerOptions, type WebSocketConnection, WebSocketServer } from '../../src/index.js';

/** Starts a server that passes its connections to `serve`, until the test finishes. Returns its url. */
export async function server(
  serve: (connection: WebSocketConnection) => void,
  options: ServerOptions = {},
): Promise<string> {
  const standing = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  standing.on('connection', serve);
  onTestFinished(() => standing.close({ timeout: 0 }));
  await once(standing, 'listening');
  return urlOf(standing, false);
}

/** Starts an echo server until the test finishes. Returns its url. */
export async function echo(): Promise<string> {
  const standing = await startEcho({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => standing.close({ timeout: 0 }));
  return urlOf(standing, false);
}
