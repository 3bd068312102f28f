import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { CLOSE, CONTINUATION, type Frame, FrameReader, RSV1 } from '../../conformance/wire.js';

const EMPTY_LINE = '\r\n\r\n';

/** A message on the wire. */
export interface WireMessage {
  /** Whether RSV1 is set (RFC 7692 §6). */
  readonly isCompressed: boolean;
  readonly fragments: number;
  /** Bytes of payload in all fragments together. */
  readonly size: number;
}

/** A connection through the proxy. */
export interface WireRecord {
  /** Sec-WebSocket-Extensions of the request and of the response. */
  readonly offered: string | undefined;
  readonly agreed: string | undefined;
  readonly fromClient: readonly WireMessage[];
  readonly fromServer: readonly WireMessage[];
}

export interface WireProxy {
  readonly port: number;
  /** Returns the record so far of the only WebSocket connection through the proxy. */
  record(): WireRecord;
}

/**
 * Relays bytes to 127.0.0.1:`port` and records them, until the test finishes. It reads frames without code from src/.
 */
export async function startWireProxy(port: number): Promise<WireProxy> {
  const connections: Array<readonly [fromClient: Buffer[], fromServer: Buffer[]]> = [];
  const sockets = new Set<Socket>();
  const server = net.createServer({ allowHalfOpen: true }, client => {
    const upstream = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const record = [keep(client), keep(upstream)] as const;
    connections.push(record);
    client.pipe(upstream);
    upstream.pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
    }
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const record = () => {
    const records = connections.map(([fromClient, fromServer]) => ({
      request: split(Buffer.concat(fromClient)),
      response: split(Buffer.concat(fromServer)),
    }));
    const upgraded = records.filter(({ response }) => response.head.startsWith('HTTP/1.1 101 '));
    if (upgraded.length !== 1) throw new Error(`${upgraded.length} connections were upgraded, expected 1`);
    const [{ request, response }] = upgraded as [(typeof records)[0]];
    return {
      offered: extensionsOf(request.head),
      agreed: extensionsOf(response.head),
      fromClient: messagesOf('client', request.rest),
      fromServer: messagesOf('server', response.rest),
    };
  };
  return { port: (server.address() as AddressInfo).port, record };
}

function keep(socket: Socket): Buffer[] {
  const chunks: Buffer[] = [];
  socket.on('data', chunk => chunks.push(chunk));
  return chunks;
}

function split(bytes: Buffer): { head: string; rest: Buffer } {
  const end = bytes.indexOf(EMPTY_LINE);
  return { head: bytes.toString('latin1', 0, end), rest: bytes.subarray(end + EMPTY_LINE.length) };
}

function extensionsOf(head: string): string | undefined {
  return /^sec-websocket-extensions: *(.*)$/im.exec(head)?.[1]?.trim();
}

/** @throws {Error} if a frame violates a rule */
function messagesOf(from: 'client' | 'server', bytes: Buffer): WireMessage[] {
  const reader = new FrameReader(from, RSV1);
  reader.push(bytes);
  const messages: WireMessage[] = [];
  let fragments: Frame[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    if (frame.opcode >= CLOSE) continue;
    if ((frame.opcode === CONTINUATION) !== fragments.length > 0) throw new Error('a fragment is out of order');
    fragments.push(frame);
    if (!frame.fin) continue;
    const [first, ...later] = fragments;
    if (later.some(({ rsv }) => rsv !== 0)) throw new Error('RSV1 is set on a later fragment');
    const size = fragments.reduce((sum, { payload }) => sum + payload.length, 0);
    messages.push({ isCompressed: first!.rsv === RSV1, fragments: fragments.length, size });
    fragments = [];
  }
  return messages;
}
