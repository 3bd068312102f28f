/** Redirects: to TLS, to a login page, to another path, or without end. */
import { type Diagnosis, problem } from './diagnosis.js';
import { headersOf, refusalOf } from './evidence.js';
import type { Facts } from './facts.js';
import { PASS_HOST } from './fixes.js';

/** Addresses of RFC 1918. */
const PRIVATE = /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./;
/** Names and addresses that only a local network knows. */
const LOCAL = new RegExp(`${PRIVATE.source}|^127\\.|^[^.]+$|\\.(local|internal|lan|home)$`);

export function redirect(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  if (response === undefined || response.status < 300 || response.status > 399) return undefined;
  const { status } = response;
  const location = headersOf(response).get('Location');
  if (location === undefined)
    return problem('redirect', `the server answers ${status} without saying where to go instead`, 'Check the path.');
  const from = parse(facts.target?.href ?? 'ws://unknown/');
  const to = parse(location, from?.href);
  const follows = facts.retries?.find(({ change }) => change === 'redirect');
  const opens = follows?.isOpen === true;
  const what = `the server redirects (${status}) to ${location}`;
  const browser = 'Browsers do not follow redirects of a WebSocket: write the final URL into the program.';
  if (to === undefined || from === undefined)
    return problem('redirect', what, `Use that URL, if it is a WebSocket. ${browser}`);
  const isHttps = to.protocol === 'https:' || to.protocol === 'wss:';
  if (PRIVATE.test(to.hostname) && !LOCAL.test(from.hostname) && !opens) {
    return problem(
      'redirect',
      `${what}, a private address, which clients elsewhere cannot reach`,
      'The server takes its internal address for its name: a proxy in front of it must pass on Host. Or the network of this machine wants a login first (captive portal): open any http:// page in a browser.',
      { fixes: PASS_HOST },
    );
  }
  if (/log-?in|sign-?in|auth|sso|saml|oauth|session/i.test(to.pathname + to.hostname + to.search) && !opens) {
    return problem(
      'redirect-to-login',
      `${what}, a login page: the request has no valid session`,
      "Send the cookie or token of a session: -H 'Cookie: …' or -H 'Authorization: …'. An API should answer 401 to a WebSocket instead.",
    );
  }
  if (follows?.status !== undefined && follows.status >= 300 && follows.status < 400) {
    return problem(
      'redirect-loop',
      `${what}, and so on without end`,
      'Behind a proxy that ends TLS, the server must trust X-Forwarded-Proto, or it redirects to https forever.',
    );
  }
  if (isHttps && from.protocol === 'ws:' && to.hostname === from.hostname) {
    const url = `wss://${to.host}${to.pathname}${to.search}`;
    return problem('redirect-to-tls', `${what}: it wants TLS`, `Use ${url}. ${browser}`);
  }
  if (to.host === from.host && to.pathname.replace(/\/$/, '') === from.pathname.replace(/\/$/, '')) {
    return problem('path-slash', `${what}: the path differs by the slash at its end`, `Use this path. ${browser}`);
  }
  const next = to.href.replace(/^http/, 'ws');
  const last = opens && URL.canParse(follows.value) ? follows.value : next;
  return problem(
    'redirect',
    `${what}${last === next ? '' : `, and then to ${last}`}${opens ? ', where the WebSocket opens' : ''}`,
    `Use ${last}. ${browser}`,
  );
}

function parse(text: string, base?: string): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}
