/** Requirements of RFC 7692 that no other test shows. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { RSV1 } from '../../src/framing/frame-header.js';
import { OPCODE } from '../../src/framing/opcode.js';
import { Deflater } from '../../src/permessage-deflate/deflater.js';
import { PerMessageDeflate, resolvePerMessageDeflate } from '../../src/permessage-deflate/index.js';
import { Inflater } from '../../src/permessage-deflate/inflater.js';
import { collectMessages, connectionAndPeer } from '../helpers/connections.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

const HELLO = Buffer.from('f248cdc9c90700', 'hex');
/** "Hello" again, as a reference to the previous message (§7.2.3.2). */
const HELLO_AGAIN = Buffer.from('f200110000', 'hex');

test('RSV1 is set only on the first frame of a compressed message [7692/6.1-1] [7692/6.1-3]', () => {
  const { protocol } = new ProtocolLog('server', { assignedRsv: RSV1 });
  protocol.sendCompressed(HELLO, true);
  protocol.ping(Buffer.alloc(0));
  protocol.pong(Buffer.alloc(0));
  protocol.sendFragment('a', false);
  protocol.sendFragment('b', true);
  protocol.close(1000);
  const firstBytes: number[] = [];
  const bytes = Buffer.concat(protocol.takeOutput());
  for (let at = 0; at < bytes.length; at += 2 + bytes[at + 1]!) firstBytes.push(bytes[at]!);
  expect(firstBytes).toEqual([0xc1, 0x89, 0x8a, 0x01, 0x80, 0x88]);
});

test('uncompressed messages between compressed ones do not change the context [7692/6.2-1] [7692/6.2-2] [7692/7.2.2-4]', async () => {
  const settings = resolvePerMessageDeflate(true, 'server')!;
  const agreed = { serverNoContextTakeover: true, clientNoContextTakeover: false };
  const bits = { serverMaxWindowBits: 15, clientMaxWindowBits: 15 };
  const deflate = new PerMessageDeflate('server', { ...agreed, ...bits }, settings, 1_000);
  const { connection, peer } = connectionAndPeer('server', { deflate });
  const messages = collectMessages(connection);
  peer.send(encodeFrame('client', OPCODE.TEXT, HELLO, true, RSV1));
  peer.send(peer.frames.text('plain'), peer.frames.binary(HELLO_AGAIN));
  peer.send(encodeFrame('client', OPCODE.TEXT, HELLO_AGAIN, true, RSV1), peer.frames.close(1000));
  expect(await connection.closed).toMatchObject({ wasClean: true });
  expect(messages).toEqual(['Hello', 'plain', HELLO_AGAIN, 'Hello']);
});

describe.each([9, 10, 15])('with a window of %i bits', windowBits => {
  const options = { windowBits, noContextTakeover: false };
  const message = Buffer.from(Array.from({ length: 40_000 }, (_, i) => (i * i) >> 5));

  test('an inflater keeps exactly one window of earlier data [7692/7.2.2-6] [7692/7.2.2-7] [7692/7.2.2-8] [7692/7.2.2-9]', async () => {
    const inflater = new Inflater({ ...options, maxMessageSize: 100_000 });
    const deflater = new Deflater({ ...options, level: 6, memLevel: 8 });
    await inflater.inflate((await deflater.deflate(message))!);
    expect(inflater.contextSize).toBe(2 ** windowBits);
  });

  test('a deflater refers to nothing beyond the window [7692/7.2.1-12] [7692/7.2.1-14]', async () => {
    // The same noise twice: the second half shrinks only if the window reaches back to the first.
    const noise = randomBytes(2 ** windowBits);
    const deflater = new Deflater({ ...options, level: 9, memLevel: 9 });
    const size = (await deflater.deflate(Buffer.concat([noise, noise])))!.length;
    expect(size).toBeGreaterThan(1.9 * noise.length);
  });
});
