import { type IncomingMessage, request } from 'node:http';
import { Duplex } from 'node:stream';

export interface ReadByNode {
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** Parses a response with Node's HTTP parser. Rejects if it is malformed or incomplete. */
export function readByNode(response: Uint8Array, method: string): Promise<ReadByNode> {
  return new Promise((resolve, reject) => {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const outgoing = request({ method, createConnection: () => socket });
    outgoing.on('error', reject);
    outgoing.on('upgrade', () => reject(new Error('read as an upgrade')));
    outgoing.on('response', incoming => void readBody(incoming).then(resolve, reject));
    outgoing.end();
    socket.push(response);
    socket.push(null);
  });
}

async function readBody(incoming: IncomingMessage): Promise<ReadByNode> {
  let body = '';
  for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
  if (!incoming.complete) throw new Error('the response is incomplete');
  return { status: incoming.statusCode, reason: incoming.statusMessage, rawHeaders: incoming.rawHeaders, body };
}
