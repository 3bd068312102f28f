/** A peer that keeps one zlib stream for each direction as long as its connection lives, as most do. It trusts what it is given. */
import { constants, createDeflateRaw, createInflateRaw, type Zlib } from 'node:zlib';

const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** What a stream makes of each piece of input, by a sync flush. */
function flushing(stream: Zlib & NodeJS.ReadWriteStream): (input: Uint8Array) => Promise<Buffer> {
  let output: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => output.push(chunk));
  return input =>
    new Promise((resolve, reject) => {
      stream.once('error', reject);
      output = [];
      stream.write(input);
      stream.flush(constants.Z_SYNC_FLUSH, () => {
        stream.off('error', reject);
        resolve(Buffer.concat(output));
      });
    });
}

/** Deflates message after message. */
export function streamDeflater(windowBits: number): (message: Uint8Array) => Promise<Buffer> {
  const deflate = flushing(createDeflateRaw({ windowBits }));
  return async message => (await deflate(message)).subarray(0, -TAIL.length);
}

/** Inflates message after message, from a window of so many bits: 64 bytes of output at a time, so that nothing else is at hand. */
export function streamInflater(windowBits: number): (payload: Uint8Array) => Promise<Buffer> {
  const inflate = flushing(createInflateRaw({ windowBits, chunkSize: 64 }));
  return payload => inflate(Buffer.concat([payload, TAIL]));
}
