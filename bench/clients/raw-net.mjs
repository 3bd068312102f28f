/**
 * The cost of Node itself: a node:net client without a protocol. Its masked frames are prepared in advance, and it
 * counts incoming messages by their bytes.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { echoes, payload, play, url } from './shared.mjs';

if (payload.length > 125) throw new RangeError('raw-net supports only headers of 2 bytes');
const KEY = [0x12, 0x34, 0x56, 0x78];
const frame = Buffer.from([0x82, 0x80 | payload.length, ...KEY, ...payload.map((byte, i) => byte ^ KEY[i & 3])]);
const frames = Buffer.concat(Array(1024).fill(frame));
const answerSize = 2 + payload.length;

play(async onMessage => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.write('GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
  const [head] = await once(socket, 'data');
  let size = head.length - head.indexOf('\r\n\r\n') - 4;
  socket.on('data', chunk => {
    size += chunk.length;
    const count = Math.floor(size / answerSize);
    size -= count * answerSize;
    if (echoes && count > 0) socket.write(frames.subarray(0, count * frame.length));
    else onMessage();
  });
  return () => socket.write(frame);
});
