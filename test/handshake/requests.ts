/** The sample of RFC 6455 §1.3, and requests that differ from it. */
export const SAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const SAMPLE_ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** What every opening handshake must have. */
const HEADERS: Readonly<Record<string, string>> = {
  Host: 'server.example.com',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': SAMPLE_KEY,
  'Sec-WebSocket-Version': '13',
};

export interface RequestChanges {
  readonly line?: string;
  /** Replaces a header, or with undefined removes it. */
  readonly set?: Readonly<Record<string, string | undefined>>;
  /** Whole lines, without CRLF, behind the others. */
  readonly add?: readonly string[];
}

/** A valid opening handshake, but for `changes`. */
export function request({ line = 'GET /chat HTTP/1.1', set = {}, add = [] }: RequestChanges = {}): string {
  const headers = Object.entries({ ...HEADERS, ...set }).filter(([, value]) => value !== undefined);
  return [line, ...headers.map(([name, value]) => `${name}: ${value}`), ...add, '', ''].join('\r\n');
}

export interface ResponseChanges {
  readonly line?: string;
  readonly set?: Readonly<Record<string, string | undefined>>;
  readonly add?: readonly string[];
}

/** A valid 101 to SAMPLE_KEY, but for `changes`. */
export function response({
  line = 'HTTP/1.1 101 Switching Protocols',
  set = {},
  add = [],
}: ResponseChanges = {}): string {
  const headers = Object.entries({
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': SAMPLE_ACCEPT,
    ...set,
  }).filter(([, value]) => value !== undefined);
  return [line, ...headers.map(([name, value]) => `${name}: ${value}`), ...add, '', ''].join('\r\n');
}
