/** What to add to the configuration of a proxy. A proxy that needs nothing is left out. */
export interface Fixes {
  readonly nginx?: string;
  readonly apache?: string;
  readonly haproxy?: string;
  readonly caddy?: string;
  readonly traefik?: string;
  readonly alb?: string;
  readonly cloudflare?: string;
}

/** RFC 9110 §7.8: Upgrade is for one hop, so a proxy must be told to pass it on. */
export const PASS_UPGRADE: Fixes = {
  nginx: 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
  apache: 'ProxyPass "/ws" "http://127.0.0.1:9001/ws" upgrade=websocket (2.4.47 or later, with mod_proxy_http)',
  haproxy: 'mode http in frontend and backend, and no http-request del-header Upgrade or Connection',
  caddy: 'reverse_proxy 127.0.0.1:9001 (passes WebSocket on; remove header_up lines for Connection and Upgrade)',
  traefik: 'passes WebSocket on; remove Upgrade and Connection from headers.customRequestHeaders',
  alb: 'target group with protocol version HTTP1 (HTTP2 and gRPC targets get no Upgrade)',
  cloudflare: 'Network > WebSockets: on',
};

export const LONGER_IDLE: Fixes = {
  nginx: 'proxy_read_timeout 1h; proxy_send_timeout 1h;',
  apache: 'Timeout 3600 (ProxyTimeout does not apply to an upgraded connection)',
  haproxy: 'timeout tunnel 1h',
  caddy: 'reverse_proxy … { stream_timeout 0 }',
  traefik: 'entryPoints.<name>.transport.respondingTimeouts.idleTimeout: 1h',
  alb: 'idle_timeout.timeout_seconds = 3600',
  cloudflare: 'cannot be changed (100 s): send pings more often',
};

/** Host and Origin must name the same host if the server compares them. */
export const PASS_HOST: Fixes = {
  nginx: 'proxy_set_header Host $http_host;',
  apache: 'ProxyPreserveHost On',
  haproxy: 'no http-request set-header Host',
  caddy: 'header_up Host {http.request.hostport}',
  traefik: 'passHostHeader: true',
  alb: 'routing.http.preserve_host_header.enabled = true',
};

export const NO_BUFFERING: Fixes = {
  nginx: 'proxy_buffering off; proxy_request_buffering off;',
  apache: 'ProxyPass … upgrade=websocket flushpackets=on',
  haproxy: 'no option http-buffer-request',
  caddy: 'reverse_proxy … { flush_interval -1 }',
  traefik: 'remove the buffering middleware from this router',
};

export const LARGER_HEADERS: Fixes = {
  nginx: 'large_client_header_buffers 8 32k;',
  apache: 'LimitRequestFieldSize 32768',
  haproxy: 'tune.bufsize 65536',
};

export const REACH_UPSTREAM: Fixes = {
  nginx: 'proxy_pass must name the address and port where the application listens; see error.log',
  apache: 'ProxyPass must name the address and port where the application listens; see error_log',
  haproxy: 'the server line must name the address and port where the application listens; see show servers state',
  caddy: 'reverse_proxy must name the address and port where the application listens',
  traefik: 'loadbalancer.server.port must be the port where the application listens',
  alb: 'the target group needs a healthy target, and its security group must allow the port',
  cloudflare: 'the origin must accept connections from Cloudflare at this port',
};

/** Which proxy or server answered, by the header Server or by its error pages. */
const PRODUCTS: ReadonlyArray<readonly [product: keyof Fixes, server: RegExp, body: RegExp]> = [
  ['cloudflare', /^cloudflare/i, /Cloudflare Ray ID|error code: 1\d{3}/],
  ['alb', /^awselb/i, /(?!)/],
  ['nginx', /^(nginx|openresty|tengine)/i, /<center>(nginx|openresty)/],
  ['apache', /^Apache(?!-Coyote)/i, /<address>Apache/],
  ['caddy', /^Caddy/i, /(?!)/],
  ['traefik', /^Traefik/i, /(?!)/],
  [
    'haproxy',
    /^haproxy/i,
    /No server is available to handle this request|The server didn't respond in time\.|Your browser sent an invalid request/,
  ],
];

/** Returns the proxy that a response shows, if it is one that `Fixes` knows. */
export function productOf(server: string | undefined, body: string): keyof Fixes | undefined {
  return PRODUCTS.find(([, name, page]) => name.test(server ?? '') || page.test(body))?.[0];
}

const NAMES: Readonly<Record<keyof Fixes, string>> = {
  nginx: 'nginx',
  apache: 'Apache',
  haproxy: 'HAProxy',
  caddy: 'Caddy',
  traefik: 'Traefik',
  alb: 'AWS ALB',
  cloudflare: 'Cloudflare',
};

/** Returns the name of a proxy for people. */
export function nameOf(product: keyof Fixes): string {
  return NAMES[product];
}
