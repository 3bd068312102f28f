/**
 * The commands of a peer. It works in lockstep: it sends a number of messages in one write, and waits for all answers
 * before the next. So the endpoint under test reads and writes equally often on every machine.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { clientFrame, connectRaw } from '../soak/wire.js';

const RSV1 = 0x40;

export interface Messages {
  readonly opcode: 1 | 2;
  /** Bytes of payload in each message. */
  readonly size: number;
  readonly inFlight: number;
  /** Bytes of payload in one more message, sent after them in the same write. */
  readonly behind?: number;
}

const sockets: Socket[] = [];

const commands = {
  /** Opens `count` connections to a server. */
  async dial(port: number, count: number, ...headers: string[]): Promise<void> {
    for (let i = 0; i < count; i++) sockets.push(await connectRaw(port, ...headers));
  },

  /** Sends messages on every connection and waits for all echoes, `times` times. */
  async echo(messages: Messages, times: number): Promise<void> {
    const { opcode, behind } = messages;
    const sizes = Array.from({ length: messages.inFlight }, () => messages.size);
    if (behind !== undefined) sizes.push(behind);
    const batch = Buffer.concat(sizes.map(size => clientFrame(opcode, Buffer.alloc(size, 'x'))));
    const answerSize = sizes.reduce((sum, size) => sum + serverFrame(opcode, size).length, 0);
    await Promise.all(sockets.map(socket => exchange(socket, batch, answerSize, times)));
  },

  /** Echoes one compressed text (RFC 7692 §6), one message at a time. */
  async echoDeflated(text: string, times: number): Promise<void> {
    const deflated = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const message = clientFrame(RSV1 | 1, deflated);
    // The echo has no masking key.
    await Promise.all(sockets.map(socket => exchange(socket, message, message.length - 4, times)));
  },

  /** Opens and closes a connection with a closing handshake, `times` times. */
  async visit(port: number, times: number): Promise<void> {
    const close = clientFrame(8, Buffer.from([0x03, 0xe8]));
    for (let i = 0; i < times; i++) {
      const socket = await connectRaw(port);
      socket.end(close);
      socket.resume();
      await once(socket, 'close');
    }
  },

  /** Waits until `bytes` bytes have arrived on every connection. */
  async receive(bytes: number): Promise<void> {
    await Promise.all(sockets.map(socket => received(socket, bytes)));
  },

  /** Accepts connections. When a full batch of messages has arrived, answers with as many. Returns the port. */
  async serve(messages: Messages): Promise<number> {
    const requestSize = clientFrame(messages.opcode, Buffer.alloc(messages.size)).length * messages.inFlight;
    const answer = Buffer.concat(
      Array.from({ length: messages.inFlight }, () => serverFrame(messages.opcode, messages.size)),
    );
    const server = net.createServer({ noDelay: true }, socket => void answerAll(socket, requestSize, answer));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
};

export type Commands = typeof commands;

async function exchange(socket: Socket, batch: Buffer, answerSize: number, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    socket.write(batch);
    await received(socket, answerSize);
  }
}

/** Waits for `bytes` bytes, and reads them. */
function received(socket: Socket, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = bytes;
    const take = (chunk: Buffer) => {
      left -= chunk.length;
      if (left > 0) return;
      socket.off('data', take).off('close', fail).pause();
      resolve();
    };
    const fail = () => reject(new Error(`the connection closed with ${left} bytes missing`));
    socket.on('data', take).on('close', fail).resume();
  });
}

function serverFrame(opcode: number, size: number): Buffer {
  const masked = clientFrame(opcode, Buffer.alloc(size));
  const head = masked.subarray(0, masked.length - size - 4);
  head[1]! &= 0x7f;
  return Buffer.concat([head, Buffer.alloc(size, 'x')]);
}

async function answerAll(socket: Socket, requestSize: number, answer: Buffer): Promise<void> {
  socket.on('error', () => {});
  const [head] = (await once(socket, 'data')) as [Buffer];
  const key = /^sec-websocket-key: *(\S+)/im.exec(head.toString('latin1'))![1]!;
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const response = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write(`${response.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let got = 0;
  socket.on('data', (chunk: Buffer) => {
    got += chunk.length;
    for (; got >= requestSize; got -= requestSize) socket.write(answer);
  });
}

process.on('disconnect', () => process.exit());
process.on('message', async ([name, ...args]: [keyof Commands, ...unknown[]]) => {
  const command = commands[name] as (...args: unknown[]) => Promise<unknown>;
  process.send?.({ value: await command(...args) });
});
