/** Compression with one zlib stream per direction for the whole connection, as in most implementations. */
import { constants, createDeflateRaw, createInflateRaw, type Zlib } from 'node:zlib';

const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** Passes pieces of input through a stream, with a sync flush after each. */
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

/** Returns a function that compresses messages, one after another. */
export function streamDeflater(windowBits: number): (message: Uint8Array) => Promise<Buffer> {
  const deflate = flushing(createDeflateRaw({ windowBits }));
  return async message => (await deflate(message)).subarray(0, -TAIL.length);
}

/**
 * Returns a function that inflates messages, one after another. The chunk size of 64 bytes prevents zlib from accepting
 * references beyond the window.
 */
export function streamInflater(windowBits: number): (payload: Uint8Array) => Promise<Buffer> {
  const inflate = flushing(createInflateRaw({ windowBits, chunkSize: 64 }));
  return payload => inflate(Buffer.concat([payload, TAIL]));
}
