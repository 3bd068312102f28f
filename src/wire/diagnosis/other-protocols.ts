/** Bytes that other servers send where an HTTP response is expected. */

export interface OtherProtocol {
  readonly name: string;
  /** What to do, if it is more than to check the port. */
  readonly advice?: string;
}

const KNOWN: ReadonlyArray<readonly [begins: RegExp, name: string, advice?: string]> = [
  [/^[\x14-\x17]\x03[\0-\x04]/, 'TLS', 'The port speaks TLS: use wss://.'],
  // The head of a SETTINGS frame (RFC 9113 §4.1, §6.5): length, type 4, flags, stream 0. GOAWAY is type 7.
  [
    /^\0\0[\0-\xff][\x04\x07][\0\x01]\0\0\0\0/,
    'HTTP/2 only',
    'Such as a gRPC server. A WebSocket needs HTTP/1.1: use another port, or allow HTTP/1.1 at this one.',
  ],
  [/^SSH-/, 'SSH'],
  [/^220[ -].*(SMTP|mail)/i, 'SMTP (mail)'],
  [/^220[ -]/, 'FTP or SMTP'],
  [/^\+OK/, 'POP3 (mail)'],
  [/^\* OK/, 'IMAP (mail)'],
  [/^-(ERR|DENIED|NOAUTH)/, 'Redis'],
  [/^.\0\0\0\x0a\d+\./s, 'MySQL or MariaDB'],
  [/^.\0\0[\0\x01]\xff/s, 'MySQL or MariaDB'],
  [/^(E\0\0\0|N$)/, 'PostgreSQL'],
  [/^(CLIENT_ERROR |ERROR\r\n)/, 'memcached'],
  [/^GET \S+ HTTP\/1\.1\r\n/, 'the echo protocol: it sends the request back'],
  [/^AMQP/, 'AMQP (RabbitMQ)', 'RabbitMQ serves WebSocket at port 15674 (STOMP) or 15675 (MQTT).'],
  [/^INFO \{/, 'NATS', 'NATS serves WebSocket at the port of its `websocket` block.'],
  [/^RFB \d/, 'VNC', 'A gateway such as websockify translates.'],
  [/^\x20\x02/, 'MQTT over TCP', 'MQTT over WebSocket has a port of its own, such as 8083 or 9001.'],
  [/^\xff[\xfb-\xfe]/, 'Telnet'],
  [/^ICY /, 'SHOUTcast'],
  [/^RTSP\//, 'RTSP'],
  [/^SIP\//, 'SIP'],
  [
    /^[\x81\x82\x88\x89]/,
    'WebSocket frames without an opening handshake',
    'The server must answer the HTTP request with a 101 first (RFC 6455 §4.2.2).',
  ],
  [
    /^\s*(<!doctype|<html)/i,
    'HTTP/0.9, or a page without a head',
    'The server must write a status line and headers first.',
  ],
  [
    /^\s*[{[]/,
    'JSON without an HTTP head',
    'The server must answer the HTTP request with a 101 first (RFC 6455 §4.2.2).',
  ],
];

/** Returns the protocol that the first bytes show. */
export function otherProtocol(opening: Uint8Array): OtherProtocol | undefined {
  const text = latin1(opening);
  const found = KNOWN.find(([begins]) => begins.test(text));
  if (found === undefined) return undefined;
  const [, name, advice] = found;
  return advice === undefined ? { name } : { name, advice };
}

export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, byte => String.fromCharCode(byte)).join('');
}

/** What usually listens at a port and closes a connection on which it reads HTTP. */
const PORTS: ReadonlyMap<number, string> = new Map([
  [1433, 'SQL Server'],
  [1883, 'MQTT over TCP (over WebSocket it is often 8083 or 9001)'],
  [2181, 'ZooKeeper'],
  [3389, 'Remote Desktop'],
  [4222, 'NATS'],
  [5432, 'PostgreSQL'],
  [5672, 'AMQP (RabbitMQ)'],
  [6379, 'Redis'],
  [8883, 'MQTT over TLS'],
  [9042, 'Cassandra'],
  [9092, 'Kafka'],
  [27017, 'MongoDB'],
  [50051, 'gRPC'],
]);

/** Returns what usually listens at this port, if it is not HTTP. */
export function usualProtocol(port: number | undefined): string | undefined {
  return port === undefined ? undefined : PORTS.get(port);
}
