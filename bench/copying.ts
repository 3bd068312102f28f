/**
 * Measures the values for SET_THRESHOLD in src/framing/copy.ts and COPY_THRESHOLD in src/framing/frame-encoder.ts. Run
 * it with `npm run copying` in this folder.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { writeHeader } from '../src/framing/frame-header.js';
import { OutputBuffer } from '../src/framing/output-buffer.js';
import { releaseOutput } from '../src/framing/slabs.js';
import { machine, measure, type Subject, table } from './measure.js';

const PAYLOADS = [16, 32, 48, 64, 96, 128];
const FRAMES = [256, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

/** The header of a payload with a 64-bit length. Shorter headers would save at most 8 bytes. */
const HEADER_LENGTH = 10;

/** How many frames are sent before the socket is awaited. */
const BURST = 16;

const chunk = Buffer.allocUnsafeSlow(65_536).fill('ws101');

/** Copies a small payload out of its chunk: with a loop, or with set(), which needs a view. */
function copying(name: string, copy: (target: Uint8Array, start: number) => void, size: number): Subject {
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) copy(Buffer.allocUnsafe(size), i & 1023);
  };
  return { name, run };
}

function byLoop(target: Uint8Array, start: number): void {
  for (let i = 0; i < target.length; i++) target[i] = chunk[start + i]!;
}

function bySet(target: Uint8Array, start: number): void {
  target.set(new Uint8Array(chunk.buffer, chunk.byteOffset + start, target.length));
}

/** Sends a payload: copied after its header into shared memory, or written as a second piece. */
async function sending(socket: Socket, payload: Buffer, copies: boolean, bursts: number): Promise<number> {
  const output = new OutputBuffer();
  const begin = process.hrtime.bigint();
  for (let burst = 0; burst < bursts; burst++) {
    for (let i = 0; i < BURST; i++) {
      const size = copies ? HEADER_LENGTH + payload.length : HEADER_LENGTH;
      const at = output.reserve(size);
      writeHeader(output.memory, at, 0x82, payload.length, undefined);
      if (copies) output.memory.set(payload, at + HEADER_LENGTH);
      output.commit(size);
      if (!copies) output.append(payload);
    }
    socket.cork();
    const pieces = output.take();
    const written = pieces.map(piece => new Promise(resolve => socket.write(piece, resolve)));
    socket.uncork();
    await written.at(-1);
    pieces.forEach(releaseOutput);
  }
  return Number(process.hrtime.bigint() - begin) / (bursts * BURST);
}

function median(samples: number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1]!;
}

console.log(`${machine()}\n`);
const measurements = measure(PAYLOADS.flatMap(size => [copying('loop', byLoop, size), copying('set', bySet, size)]));
const small = PAYLOADS.map((size, i) => {
  const [loop, set] = [measurements[2 * i]!.median, measurements[2 * i + 1]!.median];
  return [String(size), loop.toFixed(0), set.toFixed(0), (loop / set).toFixed(2)];
});
console.log(`${table(['payload, bytes', 'loop, ns', 'set(), ns', 'loop / set()'], small)}\n`);

const server = createServer(peer => peer.resume()).listen(0, '127.0.0.1');
await once(server, 'listening');
const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
await once(socket, 'connect');
const large: string[][] = [];
for (const size of FRAMES) {
  const payload = Buffer.alloc(size, 1);
  const bursts = Math.ceil(2 ** 22 / size / BURST);
  const [copied, separate]: [number[], number[]] = [[], []];
  for (let round = 0; round < 25; round++) {
    copied.push(await sending(socket, payload, true, bursts));
    separate.push(await sending(socket, payload, false, bursts));
  }
  const ratio = median(copied) / median(separate);
  large.push([String(size), median(copied).toFixed(0), median(separate).toFixed(0), ratio.toFixed(2)]);
}
socket.destroy();
server.close();
console.log(table(['payload, bytes', 'copied, ns', 'separate, ns', 'copied / separate'], large));
