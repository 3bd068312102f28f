import { describe, expect, test } from 'vitest';
import { resolveConnectionOptions } from '../../src/connection/options.js';
import { connectedPair, connectionAndPeer, connectionOver } from '../helpers/connections.js';
import { duplexPair } from '../helpers/duplex-pair.js';
import { turns } from '../helpers/turns.js';

describe('pong() (§5.5.3)', () => {
  test.each<[string, string | Uint8Array | undefined, string]>([
    ['text', 'beat', 'pong "beat"'],
    ['bytes', Buffer.from('beat'), 'pong "beat"'],
    ['nothing', undefined, 'pong'],
  ])('sends a Pong that no Ping asked for, with %s', async (_, data, seen) => {
    const { connection, peer } = connectionAndPeer();
    connection.pong(data);
    expect(await peer.saw(1)).toEqual([expect.stringMatching(new RegExp(`^${seen}`))]);
    connection.terminate();
  });

  test('goes unanswered and is reported as pong to the other end', async () => {
    const { client, server } = connectedPair();
    const pongs: string[] = [];
    server.on('pong', payload => pongs.push(String(payload)));
    client.on('pong', () => pongs.push('answered'));
    client.pong('beat');
    await turns();
    expect(pongs).toEqual(['beat']);
    client.terminate();
  });

  test('sends nothing after a Close frame', async () => {
    const { connection, peer } = connectionAndPeer();
    void connection.close();
    connection.pong('late');
    await turns();
    expect(await peer.saw(1)).toEqual(['close']);
    connection.terminate();
  });
});

describe('autoPong: false', () => {
  test('leaves the Pong to the application', async () => {
    const { connection, peer } = connectionAndPeer('server', { autoPong: false });
    const pings: string[] = [];
    connection.on('ping', payload => pings.push(String(payload)));
    peer.send(peer.frames.ping('one'));
    await turns();
    expect([pings, peer.seen]).toEqual([['one'], []]);
    connection.on('ping', payload => connection.pong(payload));
    peer.send(peer.frames.ping('two'));
    expect(await peer.saw(1)).toEqual(['pong "two"']);
    connection.terminate();
  });

  test('is the only other value', () => {
    expect(resolveConnectionOptions({}).autoPong).toBe(true);
    expect(() => resolveConnectionOptions({ autoPong: 'no' as never })).toThrow('autoPong must be a boolean, got "no"');
  });
});

describe('ref() and unref()', () => {
  test('are those of the socket, and return the connection', () => {
    const [socket] = duplexPair();
    const calls: string[] = [];
    Object.assign(socket, { ref: () => calls.push('ref'), unref: () => calls.push('unref') });
    const connection = connectionOver(socket, 'server');
    expect(connection.unref().ref()).toBe(connection);
    expect(calls).toEqual(['unref', 'ref']);
    connection.terminate();
  });

  test('do nothing if the Duplex has no such methods', () => {
    const { connection } = connectionAndPeer();
    expect(connection.ref().unref()).toBe(connection);
    connection.terminate();
  });
});

test('Symbol.asyncDispose closes the connection, and waits until it has closed', async () => {
  const { client, server } = connectedPair();
  await client[Symbol.asyncDispose]();
  expect(client.state).toBe('closed');
  expect(await server.closed).toMatchObject({ code: 1005, wasClean: true });
  await client[Symbol.asyncDispose]();
});
