/** Servers whose answer shows that they expect the client of a library or another protocol. */
import { type Diagnosis, problem } from './diagnosis.js';
import { headersOf, refusalOf, wordsOf } from './evidence.js';
import type { Facts } from './facts.js';

export function frameworks(facts: Facts): Diagnosis | undefined {
  const response = refusalOf(facts);
  if (response === undefined) return undefined;
  const { status, body } = response;
  const headers = headersOf(response);
  if (status === 400 && /"code":1,.*"Session ID unknown"/.test(body)) {
    return problem(
      'socket.io-session',
      'Socket.IO does not know the session of this request: it was opened at another server behind the load balancer',
      'Turn on sticky sessions, or allow the transport websocket only.',
      {
        fixes: {
          nginx: 'ip_hash; (in the upstream block)',
          haproxy: 'cookie srv insert',
          traefik: 'sticky.cookie of the service',
          alb: 'stickiness.enabled = true',
        },
      },
    );
  }
  if (status === 400 && /"code":5,/.test(body) && /[?&]EIO=/.test(facts.target?.path ?? '')) {
    return problem(
      'socket.io',
      'the server is of another version of Socket.IO than the client: it does not know the EIO of this path',
      'Use the client of the same major version (EIO=3 is Socket.IO 2, EIO=4 is 3 and 4), or set allowEIO3 at the server.',
    );
  }
  if (
    (status === 400 || status === 404) &&
    /"code":[05],.*"(Transport unknown|Unsupported protocol version)"/.test(body)
  ) {
    return problem(
      'socket.io',
      'this is a Socket.IO server: its path needs `?EIO=4&transport=websocket`',
      'Use the client of Socket.IO in the same major version. A plain WebSocket client cannot exchange messages with it.',
    );
  }
  if (/Welcome to SockJS/.test(body))
    return problem(
      'sockjs',
      'this is a SockJS server: its WebSocket has the path …/websocket',
      'Add /websocket to the path, or use the client of SockJS.',
    );
  if (status === 400 && /Connection ID required/i.test(body))
    return problem(
      'signalr',
      'this is a SignalR hub, which wants a negotiated connection id',
      'Use the client of SignalR, or skipNegotiation with the transport WebSockets.',
    );
  if (/^application\/grpc/i.test(headers.get('Content-Type') ?? '') || headers.has('grpc-status')) {
    return problem('grpc', 'this is a gRPC server, not a WebSocket server', 'Use a gRPC client, or another port.');
  }
  if (/It looks like you are trying to access MongoDB over HTTP/.test(body))
    return problem('other-protocol', 'port is that of MongoDB, not of a WebSocket server', 'Check the port.');
  if (
    status === 511 ||
    /captive.?portal|hotspot.*log ?in|\b(sign|log) ?in\b.*\b(internet|wi-?fi)\b/i.test(
      `${headers.get('Location') ?? ''} ${wordsOf(body)}`,
    )
  ) {
    return problem(
      'captive-portal',
      `the network of this machine wants a login first (captive portal) and answers for ${facts.target?.hostname}`,
      'Open any http:// page in a browser, log in, and try again.',
    );
  }
  return undefined;
}
