/** Heads of the opening handshake in RFC 6455 §1.3, with changes. */
export const SAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const SAMPLE_ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

type Headers = Readonly<Record<string, string | undefined>>;

export interface HeadChanges {
  /** Replaces the first line. */
  readonly line?: string;
  /** Replaces headers. A value of undefined removes the header. */
  readonly set?: Headers;
  /** Lines to append, without CRLF. */
  readonly add?: readonly string[];
}

/** Returns a request that is valid except for `changes`. */
export function request(changes: HeadChanges = {}): string {
  return head('GET /chat HTTP/1.1', changes, {
    Host: 'server.example.com',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': SAMPLE_KEY,
    'Sec-WebSocket-Version': '13',
  });
}

/** Returns a response to SAMPLE_KEY that is valid except for `changes`. */
export function response(changes: HeadChanges = {}): string {
  return head('HTTP/1.1 101 Switching Protocols', changes, {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': SAMPLE_ACCEPT,
  });
}

function head(firstLine: string, { line = firstLine, set = {}, add = [] }: HeadChanges, headers: Headers): string {
  const fields = Object.entries({ ...headers, ...set }).filter(([, value]) => value !== undefined);
  return [line, ...fields.map(([name, value]) => `${name}: ${value}`), ...add, '', ''].join('\r\n');
}
