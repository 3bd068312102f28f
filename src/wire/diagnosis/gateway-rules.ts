/** A proxy or load balancer has no answer of the server behind it. */
import { type Diagnosis, problem } from './diagnosis.js';
import { headersOf, refusalOf, retryAfter, saying } from './evidence.js';
import type { Facts } from './facts.js';
import { nameOf, productOf, REACH_UPSTREAM } from './fixes.js';

/** What proxies and load balancers say about the server behind them. */
const GATEWAY: ReadonlyMap<number, readonly [id: string, cause: string, advice: string]> = new Map([
  [
    502,
    [
      'bad-gateway',
      'could not get a valid answer from the server behind it',
      'The application may be down, listen on another port or address, crash on this request, or speak another protocol (TLS).',
    ],
  ],
  [
    503,
    [
      'unavailable',
      'has no server that can answer now',
      'The application may be down, starting, overloaded, or fail the health check of the load balancer.',
    ],
  ],
  [
    504,
    [
      'gateway-timeout',
      'waited for the server behind it in vain',
      'The application hangs or is unreachable (firewall, wrong address). A server that waits before its 101 also causes this.',
    ],
  ],
  [
    520,
    [
      'bad-gateway',
      'got an empty or unknown answer from the origin server',
      'Look at the log of the origin server: it may crash or reset the connection.',
    ],
  ],
  [
    521,
    [
      'origin-refused-connection',
      'was refused by the origin server',
      'Start it, or allow the addresses of Cloudflare in its firewall.',
    ],
  ],
  [
    522,
    [
      'gateway-timeout',
      'cannot reach the origin server in time',
      'Allow the addresses of Cloudflare in its firewall, and check the DNS record.',
    ],
  ],
  [523, ['gateway-timeout', 'finds no route to the origin server', 'Check the address in the DNS record.']],
  [524, ['gateway-timeout', 'waited for the origin server for 100 s', 'The server must answer the handshake at once.']],
  [
    525,
    [
      'origin-tls',
      'cannot complete TLS with the origin server',
      'Check its certificate and the SSL/TLS mode of Cloudflare.',
    ],
  ],
  [
    526,
    [
      'origin-tls',
      'does not accept the certificate of the origin server',
      'Install a valid one, or an origin certificate of Cloudflare.',
    ],
  ],
  [
    530,
    ['bad-gateway', 'cannot resolve or reach the origin server', 'Check the DNS record of the origin, or the tunnel.'],
  ],
]);

export function gateway(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  const row = response === undefined ? undefined : GATEWAY.get(response.status);
  if (response === undefined || row === undefined) return undefined;
  const headers = headersOf(response);
  const [id, cause, advice] = row;
  const server = headers.get('Server');
  const product = productOf(server, response.body);
  const via = headers.get('Via');
  const named = product === undefined ? (/vegur/i.test(via ?? '') ? 'Heroku' : server) : nameOf(product);
  const who = named ?? (via === undefined ? 'a proxy, or the server itself,' : `a proxy (${via})`);
  const after = retryAfter(response);
  return problem(
    id,
    `${who} ${cause} (${response.status})${saying(response.body)}`,
    after === undefined ? advice : `${advice} It asks to wait ${after}.`,
    { fixes: REACH_UPSTREAM },
  );
}
