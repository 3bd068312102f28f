/** Responses other than 101, as servers, proxies and load balancers send them (RFC 6455 §4.1, §4.4). */
import type { KindRow, KindRows } from './kind.js';

const FAIL = 'fails the connection, and reports the status';

interface Response {
  readonly reason: string;
  readonly headers?: readonly string[];
  /** HTML, unless the headers say otherwise. */
  readonly body?: string;
}

const RESPONSES: Readonly<Record<number, Response>> = {
  200: { reason: 'OK', body: '<!doctype html><title>Home</title><h1>Welcome</h1>' },
  204: { reason: 'No Content' },
  301: { reason: 'Moved Permanently', headers: ['Location: /moved'] },
  302: { reason: 'Found', headers: ['Location: /login?next=%2F'] },
  307: { reason: 'Temporary Redirect', headers: ['Location: /moved'] },
  308: { reason: 'Permanent Redirect', headers: ['Location: /moved'] },
  400: { reason: 'Bad Request' },
  401: { reason: 'Unauthorized', headers: ['WWW-Authenticate: Basic realm="ws101"'] },
  403: { reason: 'Forbidden' },
  404: { reason: 'Not Found' },
  405: { reason: 'Method Not Allowed', headers: ['Allow: POST'] },
  407: { reason: 'Proxy Authentication Required', headers: ['Proxy-Authenticate: Basic realm="proxy"'] },
  408: { reason: 'Request Timeout' },
  410: { reason: 'Gone' },
  413: { reason: 'Content Too Large' },
  426: { reason: 'Upgrade Required', headers: ['Upgrade: websocket', 'Sec-WebSocket-Version: 8'] },
  429: { reason: 'Too Many Requests', headers: ['Retry-After: 7'] },
  500: { reason: 'Internal Server Error' },
  501: { reason: 'Not Implemented' },
  502: { reason: 'Bad Gateway' },
  503: { reason: 'Service Unavailable', headers: ['Retry-After: 7'] },
  504: { reason: 'Gateway Time-out' },
};

function statusRow(status: number, { reason, headers = [], body }: Response): KindRow {
  const isEmpty = status === 204;
  const page =
    body ?? `<html><head><title>${status} ${reason}</title></head><body><h1>${status} ${reason}</h1></body></html>`;
  const isRedirect = headers.some(line => line.startsWith('Location'));
  return {
    by: 'server',
    section: status === 426 ? '§4.4' : '§4.1',
    does: `answers ${status} ${reason}${isRedirect ? ' to every path: following never ends' : ''}`,
    expected: isRedirect ? `${FAIL}, or follows it a limited number of times` : FAIL,
    run: async peer => {
      await peer.readHead();
      const content = isEmpty ? [] : ['Content-Type: text/html', `Content-Length: ${page.length}`];
      const lines = [`HTTP/1.1 ${status} ${reason}`, ...headers, ...content, 'Connection: close'];
      await peer.write(`${lines.join('\r\n')}\r\n\r\n${isEmpty ? '' : page}`);
      peer.end();
      await peer.drain();
    },
  };
}

export const REFUSAL_KINDS: KindRows = {
  ...Object.fromEntries(
    Object.entries(RESPONSES).map(([status, response]) => [`status-${status}`, statusRow(Number(status), response)]),
  ),
  'endless-body': {
    by: 'server',
    section: '§4.1',
    does: 'answers 200 with a body that does not end',
    expected: `${FAIL} without waiting for the end of the body`,
    run: async peer => {
      await peer.readHead();
      await peer.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n');
      const forever = async () => {
        for (;;) await peer.write('x'.repeat(1_024));
      };
      await Promise.all([peer.drain(), forever()]);
    },
  },
};
