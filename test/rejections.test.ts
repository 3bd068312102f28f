/** A function that returns a promise reports a wrong argument by a rejection, never by a throw. */
import { Duplex } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { exportsOf } from '../scripts/api/exports.js';
import { connect, createPair, dial, reconnecting, startTls, WebSocketServer } from '../src/index.js';

type Subjects = ReturnType<typeof subjects>;

/** The functions of the public API that return a promise and take arguments, each with calls that are wrong. */
const WRONG_CALLS: Readonly<Record<string, ReadonlyArray<(given: Subjects) => Promise<unknown>>>> = {
  connect: [
    () => connect(1 as never),
    () => connect('htp://x'),
    () => connect('ws://127.0.0.1:1/', null as never),
    () => connect('ws://127.0.0.1:1/', { unknown: 1 } as never),
  ],
  dial: [
    ({ signal }) => dial(null as never, signal),
    ({ signal }) => dial(null as never, signal, null as never),
    ({ signal }) => dial(null as never, signal, { socket: 1 as never }),
  ],
  startTls: [
    ({ signal }) => startTls(null as never, null as never, signal),
    ({ signal, duplex }) => startTls(duplex, null as never, signal, null as never),
  ],
  'ReconnectingClient.close': [
    ({ client }) => client.close('1000' as never),
    ({ client }) => client.close(1005),
    ({ client }) => client.close(1000, 1 as never),
  ],
  'ReconnectingClient.drained': [
    ({ client }) => client.drained(null as never),
    ({ client }) => client.drained({ signal: 1 as never }),
  ],
  'WebSocketConnection.close': [
    ({ connection }) => connection.close('1000' as never),
    ({ connection }) => connection.close(1005),
    ({ connection }) => connection.close(1000, 1 as never),
  ],
  'WebSocketConnection.ping': [
    ({ connection }) => connection.ping(1 as never),
    ({ connection }) => connection.ping('x'.repeat(126)),
    ({ connection }) => connection.ping('', null as never),
  ],
  'WebSocketConnection.drained': [
    ({ connection }) => connection.drained(null as never),
    ({ connection }) => connection.drained({ signal: 1 as never }),
  ],
  'WebSocketConnection.flushed': [
    ({ connection }) => connection.flushed(null as never),
    ({ connection }) => connection.flushed({ signal: 1 as never }),
  ],
  'WebSocketConnection.sendStream': [
    ({ connection }) => connection.sendStream(1 as never),
    ({ connection }) => connection.sendStream(['a'], null as never),
  ],
  'WebSocketServer.close': [
    ({ server }) => server.close(null as never),
    ({ server }) => server.close({ code: 1005 }),
    ({ server }) => server.close({ timeout: '1' as never }),
  ],
  'WebSocketServer.handleUpgrade': [
    ({ server, duplex, head }) => server.handleUpgrade(null as never, duplex, head),
    ({ server, request, head }) => server.handleUpgrade(request, null as never, head),
    ({ server, request, duplex }) => server.handleUpgrade(request, duplex, null as never),
    ({ server, request, duplex, head }) => server.handleUpgrade(request, duplex, head, null as never),
    ({ server, request, duplex, head }) => server.handleUpgrade(request, duplex, head, { unknown: 1 } as never),
  ],
};

function subjects() {
  const [connection] = createPair();
  const duplex = new Duplex({ read() {} });
  const server = new WebSocketServer({ noServer: true });
  const client = reconnecting('ws://127.0.0.1:1/', { connect: { dial: () => new Promise(() => {}) } });
  onTestFinished(async () => {
    connection.terminate();
    duplex.destroy();
    await client.close();
  });
  const { signal } = new AbortController();
  return { connection, client, server, duplex, signal, request: { rawHeaders: [] } as never, head: Buffer.alloc(0) };
}

test('the list has every function and method of the API that returns a promise and takes arguments', () => {
  const returnsPromise = /\(\s*\S[\s\S]*\): Promise</;
  const found = exportsOf('src/index.ts').flatMap(({ name, kind, signature, members }) => {
    if (kind === 'function') return returnsPromise.test(signature) ? [name] : [];
    if (kind !== 'class') return [];
    return members.filter(member => returnsPromise.test(member.signature)).map(member => `${name}.${member.name}`);
  });
  expect(found.sort()).toEqual(Object.keys(WRONG_CALLS).sort());
});

for (const [name, calls] of Object.entries(WRONG_CALLS)) {
  test(`${name}() rejects for a wrong argument and does not throw`, async () => {
    for (const call of calls) {
      const given = subjects();
      let outcome: Promise<unknown>;
      expect(() => {
        outcome = call(given);
      }, String(call)).not.toThrow();
      const error = await outcome!.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error, String(call)).toBeInstanceOf(Error);
      expect(given.connection.state).toBe('open');
    }
  });
}
