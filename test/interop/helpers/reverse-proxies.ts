import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { closedPort } from '../../helpers/raw-peer.js';
import { listening } from './listening.js';
import { Program } from './program.js';

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  .map(name => `${name}_temp_path ${name};`)
  .join(' ');

/** Starts nginx until the test finishes. Returns its port. */
export async function nginxWith(server: string, http = ''): Promise<number> {
  return await start('nginx', port => ({
    config: `daemon off; pid nginx.pid; error_log stderr notice; worker_processes 1; events {}
      http { access_log off; ${TEMPORARY} ${http} server { listen 127.0.0.1:${port} ${server} } }`,
    command: '/usr/sbin/nginx',
    args: (folder, file) => ['-p', folder, '-c', file],
  }));
}

/** Starts HAProxy until the test finishes. Returns its port. */
export async function haproxyWith(upstream: number, lines: readonly string[] = []): Promise<number> {
  return await start('haproxy', port => ({
    config: [
      'defaults',
      '  mode http',
      '  timeout connect 2s',
      '  timeout client 20s',
      '  timeout server 20s',
      'listen proxy',
      `  bind 127.0.0.1:${port}`,
      ...lines.map(line => `  ${line}`),
      `  server application 127.0.0.1:${upstream}`,
      '',
    ].join('\n'),
    command: '/usr/sbin/haproxy',
    args: (_, file) => ['-db', '-f', file],
  }));
}

/** Starts Apache until the test finishes. Returns its port. */
export async function apacheWith(...lines: readonly string[]): Promise<number> {
  const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'proxy_wstunnel'];
  return await start('apache', port => ({
    config: [
      `Listen 127.0.0.1:${port}`,
      'ServerName localhost',
      'PidFile apache.pid',
      'ErrorLog error.log',
      'Mutex pthread',
      ...modules.map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
      ...lines,
      '',
    ].join('\n'),
    command: '/usr/sbin/apache2',
    args: (folder, file) => ['-d', folder, '-f', file, '-DFOREGROUND'],
  }));
}

interface Start {
  readonly config: string;
  readonly command: string;
  readonly args: (folder: string, file: string) => readonly string[];
}

/** None of them can choose a free port and report it. */
async function start(name: string, startOn: (port: number) => Start): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), `ws101-${name}-`));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const port = await closedPort();
  const { config, command, args } = startOn(port);
  const file = join(folder, 'proxy.conf');
  await writeFile(file, config);
  const program = Program.forTest(command, args(folder, file));
  await Promise.race([listening(port), failed(program)]);
  return port;
}

async function failed(program: Program): Promise<never> {
  const { code, stderr } = await program.ended;
  throw new Error(`ended with ${code}: ${stderr}`);
}
