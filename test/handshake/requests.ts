/** The opening handshake of RFC 6455 §1.3, and heads that differ from it. */
export const SAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const SAMPLE_ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

type Headers = Readonly<Record<string, string | undefined>>;

export interface HeadChanges {
  /** The first line. */
  readonly line?: string;
  /** Replaces a header, or with undefined removes it. */
  readonly set?: Headers;
  /** Whole lines, without CRLF, behind the others. */
  readonly add?: readonly string[];
}

/** A valid request, but for `changes`. */
export function request(changes: HeadChanges = {}): string {
  return head('GET /chat HTTP/1.1', changes, {
    Host: 'server.example.com',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': SAMPLE_KEY,
    'Sec-WebSocket-Version': '13',
  });
}

/** A valid response to SAMPLE_KEY, but for `changes`. */
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
