import { nginxWith } from './reverse-proxies.js';

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
  const locations = Object.entries(LOCATIONS).map(
    ([name, directives]) => `location /${name} { ${directives} proxy_pass http://127.0.0.1:${upstream}; }`,
  );
  const port = await nginxWith(`; ${locations.join('\n')}`);
  return { url: location => `ws://127.0.0.1:${port}/${location}` };
}
