/** Creates the payloads that the load generator can't make itself: it has neither zlib nor texts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, deflateRawSync } from 'node:zlib';

const folder = join(import.meta.dirname, '.cache');

/** Returns `size` bytes of JSON as servers send it. */
function json(size: number): string {
  const places = ['Paris', 'Tokyo', 'London', 'Lima', 'Cairo'];
  let text = '[';
  for (let i = 1; text.length < size; i++) {
    // Multiplied by a large number, because values that count up compress better than real ones.
    const value = (i * 2_654_435_761) % 1_000_000;
    text += JSON.stringify({ id: value, place: places[value % 5], price: value / 100, filled: value % 3 === 0 });
    text += ',';
  }
  return `${text.slice(0, size - 1)}]`;
}

/**
 * Writes a message of `size` bytes, compressed as permessage-deflate requires (RFC 7692 §7.2.1), and returns the file's
 * path.
 */
export function deflatedPayload(size: number): string {
  const deflated = deflateRawSync(json(size), { finishFlush: constants.Z_SYNC_FLUSH });
  const file = join(folder, `deflated-${size}`);
  mkdirSync(folder, { recursive: true });
  // "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end."
  writeFileSync(file, deflated.subarray(0, -4));
  return file;
}

const SAMPLES = {
  latin: 'Où est la bibliothèque ? Größe und Länge der Fußgängerbrücke, señor Muñoz, está en São João. ',
  chinese: '网络套接字是一种在单个连接上进行全双工通信的协议，它使客户端和服务器之间的数据交换变得更加简单。',
  emoji: '😀 ok 👍🏽 party 🎉🎊 fine 🚀 see you 👋 ',
};

export type Sample = keyof typeof SAMPLES;

/** Writes a text of `size` bytes of UTF-8, and returns the file's path. Its last bytes may be spaces. */
export function textPayload(sample: Sample, size: number): string {
  let text = '';
  for (const character of SAMPLES[sample].repeat(size)) {
    if (Buffer.byteLength(text + character) > size) break;
    text += character;
  }
  const bytes = Buffer.alloc(size, ' ');
  bytes.write(text);
  const file = join(folder, `${sample}-${size}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, bytes);
  return file;
}
