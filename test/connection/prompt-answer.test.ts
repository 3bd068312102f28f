import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { promptAnswer } from '../../src/connection/prompt-answer.js';
import { connectionAndPeer } from '../helpers/connections.js';

describe('promptAnswer()', () => {
  test('answers at once', async () => {
    const order: unknown[] = [];
    const answered = promptAnswer('now').then(value => order.push(value));
    const turn = setImmediate().then(() => order.push('next turn'));
    await Promise.all([answered, turn]);
    expect(order).toEqual(['now', 'next turn']);
  });

  test('answers 64 times at once in each turn, and the rest in the next turn', async () => {
    await setImmediate();
    for (let turn = 0; turn < 2; turn++) {
      let answered = 0;
      for (let i = 0; i < 70; i++) void promptAnswer(i).then(() => answered++);
      for (let i = 0; i < 10; i++) await Promise.resolve();
      expect(answered).toBe(64);
      await setImmediate();
      await Promise.resolve();
      expect(answered).toBe(70);
      await setImmediate();
    }
  });

  test('lets the turn end during a loop that awaits nothing else', async () => {
    let turnEnded = false;
    void setImmediate().then(() => {
      turnEnded = true;
    });
    let count = 0;
    while (!turnEnded) {
      await promptAnswer(undefined);
      count++;
    }
    expect(count).toBeLessThan(200);
  });
});

describe('a loop over the promises of a connection does not starve the event loop:', () => {
  const signal = AbortSignal.abort();
  const LOOPS: Array<[string, (connection: ReturnType<typeof connectionAndPeer>['connection']) => Promise<unknown>]> = [
    ['drained()', connection => connection.drained()],
    ['send() || drained()', async connection => connection.send('x') || (await connection.drained())],
    ['ping()', connection => Promise.race([connection.ping('x'), setImmediate()])],
    ['sendStream()', connection => connection.sendStream(['x'])],
    ['close()', connection => Promise.race([connection.close(), setImmediate()])],
    ['drained() that an abort ends', connection => connection.drained({ signal }).catch(() => {})],
    ['ping() that an abort ends', connection => connection.ping('x', { signal }).catch(() => {})],
    ['sendStream() that an abort ends', connection => connection.sendStream(['x'], { signal }).catch(() => {})],
    ['sendStream() of a source that fails', connection => connection.sendStream([0 as never]).catch(() => {})],
  ];
  const STATES = ['open', 'closing by us', 'closing by the peer', 'closed'] as const;

  describe.each(STATES)('%s', state => {
    test.each(LOOPS)('%s', async (_name, wait) => {
      const { connection, peer } = connectionAndPeer('server', {}, { isAsync: true });
      if (state === 'closing by us') void connection.close();
      if (state === 'closing by the peer') {
        // The answer cannot leave, so the connection stays in this state.
        peer.socket.pause();
        peer.send(peer.frames.close(1000));
        while (connection.state === 'open') await setImmediate();
      }
      if (state === 'closed') {
        connection.terminate();
        await connection.closed;
      }
      let turnEnded = false;
      void setImmediate().then(() => {
        turnEnded = true;
      });
      for (let i = 0; !turnEnded; i++) {
        if (i > 100_000) throw new Error('the event loop is starved');
        await wait(connection);
      }
      connection.terminate();
    });
  });
});
