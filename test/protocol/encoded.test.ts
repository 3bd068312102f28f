import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { OPCODE } from '../../src/framing/opcode.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

describe('Protocol.sendEncoded()', () => {
  const frame = encodeFrame('server', OPCODE.TEXT, 'x');

  test('sends an encoded frame without a copy', () => {
    const { protocol } = new ProtocolLog('server');
    expect(protocol.sendEncoded(frame)).toBe(true);
    expect(protocol.takeOutput()[0]).toBe(frame);
  });

  test('keeps the order of messages', () => {
    const log = new ProtocolLog('server');
    log.protocol.send('before');
    log.protocol.sendEncoded(frame);
    log.protocol.send('after');
    expect(log.takeFrames()).toEqual(['text "before"', 'text "x"', 'text "after"']);
  });

  test('throws for a client, because each of its frames needs its own masking key (§5.3)', () => {
    const { protocol } = new ProtocolLog('client');
    expect(() => protocol.sendEncoded(frame)).toThrow(
      'sendEncoded() is for servers, because a client masks each frame with a key of its own (§5.3)',
    );
    expect(protocol.hasOutput).toBe(false);
  });

  test('throws in the middle of a fragmented message (§5.4)', () => {
    const log = new ProtocolLog('server');
    log.protocol.sendFragment('a', false);
    expect(() => log.protocol.sendEncoded(frame)).toThrow('sendEncoded() was called within a fragmented message');
    log.protocol.sendFragment('b', true);
    expect(log.protocol.sendEncoded(frame)).toBe(true);
    expect(log.takeFrames()).toEqual(['text- "a"', 'continuation "b"', 'text "x"']);
  });

  test('returns false after our Close frame (§5.5.1)', () => {
    const log = new ProtocolLog('server');
    log.protocol.close(1000);
    expect(log.protocol.sendEncoded(frame)).toBe(false);
    expect(log.takeFrames()).toEqual(['close 1000']);
  });
});
