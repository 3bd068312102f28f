import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Program } from './program.js';

/** Ways to pass requests on: as it should be done for a WebSocket, and as it is done wrong. */
const LOCATIONS = {
  /** What nginx's own documentation advises for WebSockets. */
  right: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
          proxy_set_header Host $http_host;`,
  /** nginx keeps Upgrade and Connection to itself, since they are meant for the next hop. */
  withoutUpgrade: 'proxy_http_version 1.1;',
  /** It also speaks HTTP/1.0 to the server, since nothing else is said. */
  plain: '',
  /** Upgrade is passed on, and Host is the upstream's name: not what a page's Origin says. */
  withoutHost: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`,
} as const;

/** nginx, until the test is over: `url(location)` leads through it to the server at `upstream`. */
export async function startNginx(upstream: number): Promise<{ url: (location: keyof typeof LOCATIONS) => string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ws101-nginx-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const locations = Object.entries(LOCATIONS).map(
    ([name, directives]) => `location /${name} { ${directives} proxy_pass http://127.0.0.1:${upstream}; }`,
  );
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${name};`);
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; pid nginx.pid; error_log stderr notice; worker_processes 1; events {}
     http { access_log off; ${temporary.join(' ')} server { listen 127.0.0.1:${port}; ${locations.join('\n')} } }`,
  );
  const nginx = Program.forTest('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')]);
  // It listens before it starts its workers.
  await nginx.line(/start worker process \d+/);
  return { url: location => `ws://127.0.0.1:${port}/${location}` };
}

/** nginx cannot be told to take a free port and say which, so one is looked for. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
