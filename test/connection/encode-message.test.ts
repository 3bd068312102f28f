import { describe, expect, test } from 'vitest';
import { encodeMessage } from '../../src/connection/encode-message.js';
import { PreparedMessage } from '../../src/connection/prepared-message.js';
import { RSV1 } from '../../src/framing/index.js';
import type { PerMessageDeflate } from '../../src/permessage-deflate/index.js';
import type { Protocol } from '../../src/protocol/index.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

/** Compresses each message of at least 4 bytes to "small", with context takeover. */
function deflate(result: Uint8Array | Promise<Uint8Array | undefined> = Buffer.from('small')): PerMessageDeflate {
  const fake: Partial<PerMessageDeflate> = { compresses: size => size >= 4, deflate: () => result };
  return fake as PerMessageDeflate;
}

/** Returns what a peer receives from `protocol`. "small" is 736d616c6c. */
function receivedFrom(protocol: Protocol): string[] {
  const peer = new ProtocolLog(protocol.role === 'client' ? 'server' : 'client', { assignedRsv: RSV1 });
  return peer.receive(...protocol.takeOutput()).events;
}

describe.each(['client', 'server'] as const)('a message of a %s', role => {
  test('is compressed if that was negotiated, is worth it, and is allowed for this message', () => {
    const { protocol } = new ProtocolLog(role);
    encodeMessage(protocol, undefined, 'text', true, true);
    encodeMessage(protocol, deflate(), 'abc', true, true);
    encodeMessage(protocol, deflate(), 'text', true, false);
    encodeMessage(protocol, deflate(), 'text', true, true);
    encodeMessage(protocol, deflate(), Buffer.from('bytes'), false, true);
    expect(receivedFrom(protocol)).toEqual([
      'text "text"',
      'text "abc"',
      'text "text"',
      'compressed text 736d616c6c',
      'compressed binary 736d616c6c',
    ]);
  });

  test('is sent when it has been compressed, unless the connection has closed by then', async () => {
    const { protocol } = new ProtocolLog(role);
    const compressing = encodeMessage(protocol, deflate(Promise.resolve(Buffer.from('late'))), 'text', true, true);
    expect(receivedFrom(protocol)).toEqual([]);
    await compressing;
    await encodeMessage(protocol, deflate(Promise.resolve(undefined)), 'text', true, true);
    expect(receivedFrom(protocol)).toEqual(['compressed text 6c617465']);
  });

  test('that was prepared is compressed anew with context takeover, unless it must not be compressed', () => {
    const { protocol } = new ProtocolLog(role);
    encodeMessage(protocol, deflate(), new PreparedMessage('text'), true, true);
    encodeMessage(protocol, deflate(), new PreparedMessage('text'), true, false);
    encodeMessage(protocol, deflate(), new PreparedMessage('text', true, false), true, true);
    expect(receivedFrom(protocol)).toEqual(['compressed text 736d616c6c', 'text "text"', 'text "text"']);
  });
});

test('the frame of a prepared message is shared by the connections of a server', () => {
  const message = new PreparedMessage('text');
  const { protocol } = new ProtocolLog('server');
  encodeMessage(protocol, undefined, message, true, true);
  expect(protocol.takeOutput()[0]).toBe(message.frame);
});
