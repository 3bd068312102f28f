import { describe, expect, test } from 'vitest';
import { prepareMessage } from '../../src/connection/prepared-message.js';
import { connectionAndPeer } from '../helpers/connections.js';
import { turns } from '../helpers/turns.js';

describe.each(['client', 'server'] as const)('send(data, { type }) of a %s', role => {
  test('sends bytes as text', async () => {
    const { connection, peer } = connectionAndPeer(role);
    expect(connection.send(Buffer.from('größe'), { type: 'text' })).toBe(true);
    connection.send(new Blob(['blob']), { type: 'text' });
    connection.send(Buffer.from('later'), { type: 'text' });
    connection.send(prepareMessage(Buffer.from('prepared'), { type: 'text' }));
    expect(await peer.saw(4)).toEqual(['text "größe"', 'text "blob"', 'text "later"', 'text "prepared"']);
    connection.terminate();
  });

  test('sends a string as binary', async () => {
    const { connection, peer } = connectionAndPeer(role);
    connection.send('größe', { type: 'binary' });
    await peer.saw(1);
    expect(peer.seenFrames[0]).toMatchObject({ opcode: 2, payload: Buffer.from('größe') });
    connection.terminate();
  });

  test('throws for a text that is not UTF-8, and sends no byte of it [8.1-1]', async () => {
    const { connection, peer } = connectionAndPeer(role);
    expect(() => connection.send(Buffer.from([0x61, 0xff]), { type: 'text' })).toThrow(
      expect.objectContaining({
        name: 'RangeError',
        code: 'WS101_INVALID_ARGUMENT',
        message: 'data must be UTF-8 if it is sent as text, got a Buffer',
      }),
    );
    expect(() => prepareMessage(Buffer.from([0xff]), { type: 'text' })).toThrow(RangeError);
    await turns();
    expect([peer.received, connection.state]).toEqual([0, 'open']);
    connection.terminate();
  });

  test('closes with 1011 if a Blob sent as text is not UTF-8', async () => {
    const { connection, peer } = connectionAndPeer(role);
    connection.send(new Blob([Buffer.from([0xff])]), { type: 'text' });
    expect(await peer.saw(1)).toEqual([expect.stringContaining('close 1011')]);
    connection.terminate();
    expect((await connection.closed).cause).toBeInstanceOf(RangeError);
  });
});

test.each<[unknown, string]>([
  [null, 'options must be an object, got null'],
  [{ type: 5 }, "type must be 'text' or 'binary', got 5"],
  [{ type: 'json' }, "type must be 'text' or 'binary', got \"json\""],
  [{ compress: 1 }, 'compress must be a boolean, got 1'],
  [{ binary: true }, "unknown option 'binary': use 'type'"],
  [() => {}, 'send() takes no callback: await flushed() instead, which resolves when everything has been sent'],
])('send() throws for the options %j', (options, message) => {
  const { connection } = connectionAndPeer();
  expect(() => connection.send('x', options as never)).toThrow(message);
  expect(() => prepareMessage('x', options as never)).toThrow(message);
  connection.terminate();
});

test('the type of a prepared message cannot be changed', () => {
  const { connection } = connectionAndPeer();
  expect(() => connection.send(prepareMessage('x'), { type: 'binary' })).toThrow(
    'type is an option of prepareMessage(), and cannot be changed for a prepared message',
  );
  connection.terminate();
});
