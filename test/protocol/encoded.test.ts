import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { OPCODE } from '../../src/framing/opcode.js';
import { ProtocolLog } from '../helpers/protocol-log.js';

describe('Protocol.sendEncoded()', () => {
  const frame = encodeFrame('server', OPCODE.TEXT, 'x');

  it('sends a frame that was encoded before, without a copy', () => {
    const { protocol } = new ProtocolLog('server');
    expect(protocol.sendEncoded(frame)).toBe(true);
    expect(protocol.takeOutput()[0]).toBe(frame);
  });

  it('keeps the order of messages', () => {
    const log = new ProtocolLog('server');
    log.protocol.send('before');
    log.protocol.sendEncoded(frame);
    log.protocol.send('after');
    expect(log.takeFrames()).toEqual(['text "before"', 'text "x"', 'text "after"']);
  });

  it('throws for a client, whose frames have a masking key of their own (§5.3)', () => {
    const { protocol } = new ProtocolLog('client');
    expect(() => protocol.sendEncoded(frame)).toThrow(
      'sendEncoded() is for servers, since a client masks each frame with a key of its own (§5.3)',
    );
    expect(protocol.hasOutput).toBe(false);
  });

  it('throws in the middle of a fragmented message (§5.4)', () => {
    const log = new ProtocolLog('server');
    log.protocol.sendFragment('a', false);
    expect(() => log.protocol.sendEncoded(frame)).toThrow('sendEncoded() was called within a fragmented message');
    log.protocol.sendFragment('b', true);
    expect(log.protocol.sendEncoded(frame)).toBe(true);
    expect(log.takeFrames()).toEqual(['text- "a"', 'continuation "b"', 'text "x"']);
  });

  it('returns false after our Close frame (§5.5.1)', () => {
    const log = new ProtocolLog('server');
    log.protocol.close(1000);
    expect(log.protocol.sendEncoded(frame)).toBe(false);
    expect(log.takeFrames()).toEqual(['close 1000']);
  });
});
