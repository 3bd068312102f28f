import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { closedPort } from '../../helpers/raw-peer.js';
import { Program } from './program.js';

/** Starts tinyproxy, an HTTP proxy, until the test finishes. Returns its port. */
export async function startTinyproxy(...directives: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ws101-tinyproxy-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const port = await closedPort();
  const lines = [`Port ${port}`, 'Listen 127.0.0.1', 'MaxClients 20', 'LogLevel Connect', ...directives];
  await writeFile(join(folder, 'tinyproxy.conf'), `${lines.join('\n')}\n`);
  Program.forTest('/usr/bin/tinyproxy', ['-d', '-c', join(folder, 'tinyproxy.conf')]);
  await listening(port);
  return port;
}

/** Starts microsocks, a SOCKS5 proxy, until the test finishes. Returns its port. */
export async function startMicrosocks(...args: readonly string[]): Promise<number> {
  const port = await closedPort();
  Program.forTest('/usr/bin/microsocks', ['-i', '127.0.0.1', '-p', String(port), ...args]);
  await listening(port);
  return port;
}

/** Resolves when something listens at the port. These proxies do not say so. */
async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<boolean>(resolve => socket.on('error', () => resolve(false))),
    ]);
    socket.destroy();
    if (isOpen) return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
