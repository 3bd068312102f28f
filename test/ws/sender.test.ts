import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { PerMessageDeflate, Sender } from '../../src/ws/index.js';

/** A Sender, and the bytes that it has written. */
function makeSender(extensions?: { 'permessage-deflate'?: PerMessageDeflate }): {
  sender: Sender;
  written: () => Buffer;
} {
  const socket = new PassThrough();
  return { sender: new Sender(socket, extensions), written: () => socket.read() ?? Buffer.alloc(0) };
}

describe('Sender.frame()', () => {
  test('returns the header and the payload of an unmasked frame', () => {
    const list = Sender.frame('€', { opcode: 1, fin: true, mask: false, readOnly: false, rsv1: false });
    expect(list).toEqual([Buffer.of(0x81, 3), Buffer.from('€')]);
  });

  test('sets RSV1 and clears FIN if asked to', () => {
    expect(Sender.frame(Buffer.alloc(0), { opcode: 2, fin: false, rsv1: true })).toEqual([Buffer.of(0x42, 0)]);
  });

  test('masks a copy of the payload', () => {
    const data = Buffer.of(1, 2, 3);
    const generateMask = (mask: Buffer) => void mask.fill(0xff);
    const list = Sender.frame(data, { opcode: 2, fin: true, mask: true, generateMask });
    expect(Buffer.concat(list as Buffer[])).toEqual(Buffer.of(0x82, 0x83, 255, 255, 255, 255, 254, 253, 252));
    expect(data).toEqual(Buffer.of(1, 2, 3));
  });
});

describe('a Sender', () => {
  test('writes at once', () => {
    const { sender, written } = makeSender();
    sender.send('hi', { fin: true, binary: false, mask: false });
    expect(written()).toEqual(Buffer.from([0x81, 2, ...Buffer.from('hi')]));
  });

  test('sends later fragments as continuations', () => {
    const { sender, written } = makeSender();
    sender.send('a', { fin: false });
    sender.send('b', { fin: true });
    expect(written()).toEqual(Buffer.from([0x01, 1, 97, 0x80, 1, 98]));
  });

  test('sends everything that Buffer.from() accepts', () => {
    const { sender, written } = makeSender();
    sender.send([1, 2], { fin: true, binary: true });
    sender.send(new Uint16Array([0x0403]), { fin: true, binary: true });
    sender.send(Uint8Array.of(5).buffer, { fin: true, binary: true });
    expect(written()).toEqual(Buffer.from([0x82, 2, 1, 2, 0x82, 2, 3, 4, 0x82, 1, 5]));
    expect(() => sender.send(5, { fin: true })).toThrow(TypeError);
  });

  test('keeps the order while a Blob is read', async () => {
    const { sender, written } = makeSender();
    sender.send(new Blob(['a']), { fin: true, binary: true });
    await new Promise<void>(resolve => sender.ping('b', false, () => resolve()));
    expect(written()).toEqual(Buffer.from([0x82, 1, 97, 0x89, 1, 98]));
  });

  test('compresses a message, also a small one with context takeover', async () => {
    const extension = new PerMessageDeflate();
    extension.accept([{}]);
    const { sender, written } = makeSender({ 'permessage-deflate': extension });
    await new Promise<void>(resolve => sender.send('hi', { fin: true, compress: true }, () => resolve()));
    expect(written()[0]).toBe(0xc1);
  });

  test('sends a message below the threshold as it is without context takeover', () => {
    const extension = new PerMessageDeflate({ threshold: 3 });
    extension.accept([{ client_no_context_takeover: [true] }]);
    const { sender, written } = makeSender({ 'permessage-deflate': extension });
    sender.send('hi', { fin: true, compress: true });
    expect(written()[0]).toBe(0x81);
  });

  test.each([
    [() => makeSender().sender.close(1005), 'First argument must be a valid error code number'],
    [() => makeSender().sender.close(1000, 'x'.repeat(124)), 'The message must not be greater than 123 bytes'],
    [() => makeSender().sender.close(1000, 5 as never), 'Second argument must be a string or a Uint8Array'],
    [() => makeSender().sender.ping('x'.repeat(126)), 'The data size must not be greater than 125 bytes'],
  ])('throws for a control frame that must not be sent: %#', (send, message) => {
    expect(send).toThrow(message);
  });
});

describe('a Sender that masks', () => {
  test('masks text and bytes with random keys', () => {
    const { sender, written } = makeSender();
    sender.send('a', { fin: true, mask: true });
    sender.send(Buffer.of(1), { fin: true, binary: true, mask: true });
    const frames = written();
    expect([frames.length, frames[1]! & 0x80, frames[8]! & 0x80]).toEqual([14, 0x80, 0x80]);
  });
});

test('a server compresses as its own parameters say', () => {
  const extension = new PerMessageDeflate({ isServer: true, threshold: 10 });
  extension.accept([{ server_no_context_takeover: [true] }]);
  const { sender, written } = makeSender({ 'permessage-deflate': extension });
  sender.send('short', { fin: true, compress: true });
  expect(written()[0]).toBe(0x81);
});

test('control frames wait for a message that is being compressed', async () => {
  const extension = new PerMessageDeflate();
  extension.accept([{}]);
  const { sender, written } = makeSender({ 'permessage-deflate': extension });
  sender.send('a', { fin: true, compress: true });
  sender.send('b', {});
  await new Promise<void>(resolve => sender.close(1000, 'bye', false, () => resolve()));
  const bytes = written();
  expect([bytes[0], bytes.at(-7)]).toEqual([0xc1, 0x88]);
});
