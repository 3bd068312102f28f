import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { closedPort } from '../../helpers/raw-peer.js';
import { listening } from './listening.js';
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

/** The password `secret`, as squid's user file has it: `openssl passwd -apr1 -salt ws101ws1 secret`. */
const PASSWORD_HASH = '$apr1$ws101ws1$lau6l3YwU8lhQsx2i7dr7.';

/**
 * Starts squid, an HTTP proxy, until the test finishes. It lets everyone in, or with `password: true` the user ada with
 * the password secret. Returns its port.
 */
export async function startSquid({
  ports,
  password = false,
}: {
  ports: number[];
  password?: boolean;
}): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ws101-squid-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const port = await closedPort();
  const users = join(folder, 'users');
  const lines = [
    `http_port 127.0.0.1:${port}`,
    'pid_filename none',
    'access_log none',
    'cache_log /dev/null',
    'cache deny all',
    'memory_cache_shared off',
    'visible_hostname localhost',
    'shutdown_lifetime 0 seconds',
    `acl allowed port ${ports.join(' ')}`,
    'http_access deny !allowed',
    ...(password
      ? [
          `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${users}`,
          'acl users proxy_auth REQUIRED',
          'http_access allow users',
        ]
      : ['http_access allow all']),
  ];
  await writeFile(join(folder, 'squid.conf'), `${lines.join('\n')}\n`);
  await writeFile(users, `ada:${PASSWORD_HASH}\n`);
  // Squid gives up root for a user of its own.
  await chmod(folder, 0o755);
  Program.forTest('/usr/sbin/squid', ['-N', '-f', join(folder, 'squid.conf')]);
  await listening(port);
  return port;
}

/** Starts danted, a SOCKS5 proxy, until the test finishes. It connects to all ports but `blocked`. Returns its port. */
export async function startDante({ blocked }: { blocked?: number } = {}): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ws101-dante-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const port = await closedPort();
  const everything = 'from: 0.0.0.0/0 to: 0.0.0.0/0';
  const lines = [
    'logoutput: /dev/null',
    `internal: 127.0.0.1 port = ${port}`,
    'external: lo',
    'clientmethod: none',
    'socksmethod: none',
    `client pass { ${everything} }`,
    ...(blocked === undefined ? [] : [`socks block { ${everything} port = ${blocked} }`]),
    `socks pass { ${everything} }`,
  ];
  await writeFile(join(folder, 'danted.conf'), `${lines.join('\n')}\n`);
  Program.forTest('/usr/sbin/danted', ['-f', join(folder, 'danted.conf'), '-p', join(folder, 'danted.pid')]);
  await listening(port);
  return port;
}
