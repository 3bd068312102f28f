import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { CaseExtension } from './conformance-case.js';
import { RawConnection } from './raw-connection.js';

/** The tester's own opening handshake (RFC 6455 §4), as far as the cases need it. */

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Opens a connection to a server under test. */
export async function openTo(port: number, target: string, extension?: CaseExtension): Promise<RawConnection> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const connection = new RawConnection(socket);
  await once(socket, 'connect');
  const key = randomBytes(16).toString('base64');
  const lines = [
    `GET ${target} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
  ];
  if (extension !== undefined) lines.push(`Sec-WebSocket-Extensions: ${extension.offer}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);

  const head = await connection.head();
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`the server did not respond with 101:\n${head}`);
  if (field(head, 'Sec-WebSocket-Accept') !== acceptOf(key)) throw new Error(`wrong Sec-WebSocket-Accept:\n${head}`);
  const agreed = field(head, 'Sec-WebSocket-Extensions');
  if (normalized(agreed) !== normalized(extension?.response)) {
    throw new Error(`expected the extensions ${extension?.response}, but the server responded with ${agreed}`);
  }
  connection.startFrames('server', extension?.assignedBits ?? 0);
  return connection;
}

/** A client under test that waits for its 101. */
export interface WaitingClient {
  readonly connection: RawConnection;
  readonly request: string;
}

/** Accepts the connections of clients under test, and finds each by its request target. */
export class ClientListener {
  readonly #waiting = new Map<string, (client: WaitingClient) => void>();
  readonly #server = net.createServer({ allowHalfOpen: true }, socket => void this.#receive(new RawConnection(socket)));

  /** @param port by default, any free port */
  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }

  /** Waits for the client that requests `target`. */
  client(target: string): Promise<WaitingClient> {
    return new Promise(resolve => this.#waiting.set(target, resolve));
  }

  async #receive(connection: RawConnection): Promise<void> {
    const request = await connection.head();
    const target = request.split(' ', 2)[1] ?? '';
    this.#waiting.get(target)?.({ connection, request });
    this.#waiting.delete(target);
  }
}

/** Returns the 101 for a client's request. After this, the connection reads frames. */
export function switchingProtocols({ connection, request }: WaitingClient, extension?: CaseExtension): string {
  const offered = field(request, 'Sec-WebSocket-Extensions') ?? '';
  if (extension !== undefined && !offered.includes(extension.name)) {
    throw new Error(`expected an offer of ${extension.name}, but the client offered '${offered}'`);
  }
  const key = field(request, 'Sec-WebSocket-Key') ?? '';
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(key)}`,
  ];
  if (extension !== undefined) lines.push(`Sec-WebSocket-Extensions: ${extension.response}`);
  connection.startFrames('client', extension?.assignedBits ?? 0);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Sorts the parameters, because their order has no meaning. */
function normalized(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [name, ...parameters] = value.split(';').map(part => part.trim());
  return [name, ...parameters.sort()].join('; ');
}

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${GUID}`).digest('base64');
}

function field(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find(each => each.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim();
}
