/**
 * The least that JavaScript on node:net can do and still deliver messages to an application. One function reads frames
 * in place, creates a Buffer or a string per message, and writes all answers to a chunk at once. It checks nothing,
 * supports neither fragments nor control frames except Close, and is not secure. For small messages, handshakes and
 * compression, no library on node:net can be faster. (For large messages it is not a ceiling, because it masks with
 * plain words.)
 */
import { hash } from 'node:crypto';
import { createServer } from 'node:net';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { mode, ready } from './shared.mjs';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff, 0x03, 0x00]);
const LARGE = 16_384;
const MAX_HEADER = 10;

const sockets = new Set();

const server = createServer({ noDelay: true, allowHalfOpen: true }, socket => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => socket.destroy());
  let receive = chunk => {
    socket.write(acceptance(chunk.latin1Slice()));
    const frames = new Frames(socket);
    receive = more => frames.receive(more);
  };
  socket.on('data', chunk => receive(chunk));
});
server.listen(0, '127.0.0.1', () => ready(server.address().port));

function acceptance(head) {
  const [, key] = /^Sec-WebSocket-Key: (.*?)\r\n/im.exec(head);
  const deflate =
    mode === 'deflate'
      ? 'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n'
      : '';
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${hash('sha1', key + GUID, 'base64')}\r\n${deflate}\r\n`
  );
}

class Frames {
  constructor(socket) {
    this.socket = socket;
    this.parts = [];
    this.size = 0;
    this.wanted = 0;
  }

  receive(chunk) {
    // A frame in pieces is assembled once, when its last byte has arrived.
    if (this.size > 0 || this.wanted > 0) {
      this.parts.push(chunk);
      this.size += chunk.length;
      if (this.size < this.wanted) return;
      chunk = Buffer.concat(this.parts, this.size);
      this.parts = [];
      this.size = 0;
      this.wanted = 0;
    }
    const output = mode === 'broadcast' ? [...sockets] : [this.socket];
    const replies = [];
    let at = 0;
    while (chunk.length - at >= 6) {
      const short = chunk[at + 1] & 0x7f;
      const header = short < 126 ? 6 : short === 126 ? 8 : 14;
      if (chunk.length - at < header) break;
      const length = short < 126 ? short : short === 126 ? chunk.readUInt16BE(at + 2) : chunk.readUInt32BE(at + 6);
      const end = at + header + length;
      if (end > chunk.length) {
        this.wanted = end - at;
        break;
      }
      if ((chunk[at] & 0x0f) === 8) {
        this.socket.end(Buffer.from([0x88, 0]));
        return;
      }
      unmask(chunk, at + header, end);
      replies.push(answer(chunk[at] & 0x0f, (chunk[at] & 0x40) !== 0, chunk.subarray(at + header, end)));
      at = end;
    }
    if (at < chunk.length) {
      this.parts.push(at === 0 ? chunk : Buffer.from(chunk.subarray(at)));
      this.size = chunk.length - at;
    }
    if (replies.length > 0) write(replies, output);
  }
}

function unmask(bytes, start, end) {
  if (end - start < 64) {
    for (let i = start, k = start - 4; i < end; i++) bytes[i] ^= bytes[k + ((i - start) & 3)];
    return;
  }
  // Byte by byte to a boundary of 4 bytes, then by words, then the rest.
  const key = [bytes[start - 4], bytes[start - 3], bytes[start - 2], bytes[start - 1]];
  const aligned = start + (-(bytes.byteOffset + start) & 3);
  const rest = end - ((end - aligned) & 3);
  for (let i = start; i < aligned; i++) bytes[i] ^= key[(i - start) & 3];
  const shift = (aligned - start) & 3;
  const word = key[shift] | (key[(shift + 1) & 3] << 8) | (key[(shift + 2) & 3] << 16) | (key[(shift + 3) & 3] << 24);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, (rest - aligned) >> 2);
  for (let i = 0; i < words.length; i++) words[i] ^= word;
  for (let i = rest; i < end; i++) bytes[i] ^= key[(i - start) & 3];
}

/** Passes a message to the application, which returns it. Returns the first byte and the payload of the reply. */
function answer(opcode, isCompressed, payload) {
  if (isCompressed) {
    const whole = Buffer.concat([payload, TAIL]);
    const message = inflateRawSync(whole, { chunkSize: Math.max(1024, 5 * payload.length) }).toString();
    const bytes = Buffer.from(message);
    const options = { finishFlush: constants.Z_SYNC_FLUSH, windowBits: 11, memLevel: 5, chunkSize: bytes.length + 64 };
    return { first: 0xc0 | opcode, payload: deflateRawSync(bytes, options).subarray(0, -4) };
  }
  const message = opcode === 1 ? payload.latin1Slice() : payload;
  return { first: 0x80 | opcode, payload: opcode === 1 ? Buffer.from(message, 'latin1') : message };
}

/** Writes all replies as one piece of memory. A large payload is a piece of its own after its header. */
function write(replies, output) {
  let size = 0;
  for (const { payload } of replies) size += MAX_HEADER + (payload.length < LARGE ? payload.length : 0);
  const memory = Buffer.allocUnsafe(size);
  const pieces = [];
  let start = 0;
  let at = 0;
  for (const { first, payload } of replies) {
    at = writeHeader(memory, at, first, payload.length);
    if (payload.length < LARGE) {
      memory.set(payload, at);
      at += payload.length;
    } else {
      pieces.push(memory.subarray(start, at), payload);
      start = at;
    }
  }
  if (at > start) pieces.push(memory.subarray(start, at));
  for (const socket of output) {
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) socket.write(piece);
    if (pieces.length > 1) socket.uncork();
  }
}

function writeHeader(memory, at, first, length) {
  memory[at] = first;
  memory[at + 1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (length < 126) return at + 2;
  if (length < 65_536) return memory.writeUInt16BE(length, at + 2);
  return memory.writeBigUInt64BE(BigInt(length), at + 2);
}
