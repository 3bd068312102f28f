import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { closedPort } from '../../helpers/raw-peer.js';
import { Program } from './program.js';

/** Configurations of nginx, suited for WebSockets or not. */
const LOCATIONS = {
  /** What nginx's documentation recommends for WebSockets. */
  right: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
          proxy_set_header Host $http_host;`,
  /** nginx does not pass on Upgrade and Connection, because they are meant for one hop. */
  withoutUpgrade: 'proxy_http_version 1.1;',
  /** By default, nginx also speaks HTTP/1.0 to the server. */
  plain: '',
  /** Upgrade is passed on, but Host is the upstream's name, which differs from the page's Origin. */
  withoutHost: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`,
} as const;

/** Starts nginx until the test finishes. `url(location)` leads through it to the server at port `upstream`. */
export async function startNginx(upstream: number): Promise<{ url: (location: keyof typeof LOCATIONS) => string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ws101-nginx-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // nginx cannot choose a free port and report it.
  const port = await closedPort();
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
  // nginx listens before it starts its workers.
  await nginx.line(/start worker process \d+/);
  return { url: location => `ws://127.0.0.1:${port}/${location}` };
}
