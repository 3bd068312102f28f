/** Something else is served at the path. */
import { type Diagnosis, problem } from './diagnosis.js';
import { headersOf, refusalOf, saying, wordsOf } from './evidence.js';
import type { Facts } from './facts.js';
import { nameOf, PASS_UPGRADE, productOf } from './fixes.js';

export function missing(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  if (response === undefined || ![404, 405, 410].includes(response.status)) return undefined;
  const { status, body } = response;
  const headers = headersOf(response);
  const product = productOf(headers.get('Server'), body);
  if (status === 405) {
    return problem(
      'method-not-allowed',
      `something is served at ${facts.target?.path}, but not to GET (405)${allowOf(headers.get('Allow'))}: this is not the WebSocket`,
      'Check the path. An HTTP API may have its WebSocket at another one.',
    );
  }
  const host = opensHost(headers.get('Server'), body);
  if (host !== undefined) return host;
  const [page, what] =
    NOT_FOUND_PAGES.find(([pattern]) => pattern.test(`${headers.get('Server') ?? ''}\n${body}`)) ?? [];
  if (page !== undefined && what !== undefined)
    return problem(what[0], `${what[1]} (${status})${saying(body)}`, what[2]);
  if (/Cannot GET /.test(body)) {
    const proxy =
      product === undefined
        ? 'If there is a proxy in front, it may drop Upgrade and Connection'
        : `Or ${nameOf(product)} drops Upgrade and Connection`;
    return problem(
      'no-upgrade-handler',
      `the HTTP application (Express) answers the request as an ordinary one (${status}): ${wordsOf(body)}`,
      `Attach the WebSocket server to this HTTP server (its upgrade event), at this path. ${proxy}:`,
      { fixes: PASS_UPGRADE },
    );
  }
  return problem(
    'path-not-found',
    `no WebSocket is served at the path ${facts.target?.path} (${status})${saying(body)}`,
    `Check the path, upper and lower case and the slash at its end included.${product === undefined ? '' : ` ${nameOf(product)} itself may answer: it needs a location or route for this path that leads to the application.`} Some servers also answer 404 when a proxy drops Upgrade:`,
    { fixes: PASS_UPGRADE },
  );
}

const NOT_FOUND_PAGES: ReadonlyArray<
  readonly [page: RegExp, row: readonly [id: string, cause: string, advice: string]]
> = [
  [
    /^uvicorn/,
    [
      'path-not-found',
      'uvicorn answers the request as an ordinary one',
      "The path may be wrong. If it is right, uvicorn has no WebSocket library: pip install 'uvicorn[standard]'. A proxy that drops Upgrade also causes this.",
    ],
  ],
  [
    /^(WSGIServer|gunicorn|waitress)/i,
    [
      'no-websocket-server',
      'the server speaks WSGI, which has no WebSocket',
      'Run the application with an ASGI server, such as daphne or uvicorn, and lead this path to it.',
    ],
  ],
  [
    /default backend - 404/,
    [
      'path-not-found',
      'the ingress of Kubernetes has no rule for this host and path',
      'Add one, or correct its host: it must equal the name in the URL.',
    ],
  ],
  [
    /^[^\n]*\n404 page not found\s*$/,
    [
      'path-not-found',
      'Traefik, or a server in Go, has no route for this host and path',
      'Check the rule of the router (host, path, entry point), or the path.',
    ],
  ],
];

function allowOf(allow: string | undefined): string {
  return allow === undefined ? '' : `, only to ${allow}`;
}

function opensHost(server: string | undefined, body: string): Diagnosis | undefined {
  if (/no such app|no-such-app/i.test(body))
    return problem(
      'no-such-app',
      `there is no application at this name${saying(body)}`,
      'Check the host name, and that the application is deployed.',
    );
  return staticServer(server);
}

/** Servers that serve files or functions and have no WebSocket. */
const STATIC = /SimpleHTTP|BaseHTTP|AmazonS3|GitHub\.com|Vercel|Netlify|Werkzeug|PHP|lighttpd/i;

function staticServer(server: string | undefined): Diagnosis | undefined {
  if (server === undefined || !STATIC.test(server)) return undefined;
  return problem(
    'no-websocket-server',
    `the server is ${server}, which serves files or short requests and has no WebSocket`,
    'Run the WebSocket server as a program of its own, and connect to its address.',
  );
}

/** A page answers: the path is that of the website, or a proxy dropped Upgrade. */
export function ordinary(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  if (response === undefined || response.status >= 300) return undefined;
  const headers = headersOf(response);
  const type = (headers.get('Content-Type') ?? '').split(';')[0]!;
  const host = staticServer(headers.get('Server'));
  if (host !== undefined) return host;
  if (type === 'text/event-stream')
    return problem(
      'event-stream',
      'this is a stream of server-sent events (EventSource), not a WebSocket',
      'Use EventSource, or the path of the WebSocket.',
    );
  const what = /html/.test(type)
    ? 'a web page'
    : type === ''
      ? 'an ordinary response'
      : `an ordinary response (${type})`;
  return problem(
    'plain-response',
    `the server answers with ${what} (${response.status})${saying(response.body)} instead of a WebSocket`,
    'Check the path: a website often answers every unknown path with its start page. If it is right, a proxy in front of the server drops Upgrade and Connection:',
    { section: 'RFC 6455 §4.2.2', fixes: PASS_UPGRADE },
  );
}
