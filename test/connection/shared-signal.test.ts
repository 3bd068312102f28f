import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../src/index.js';
import { connectionAndPeer } from '../helpers/connections.js';
import { request } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { rawConnect, rawServer } from '../helpers/raw-peer.js';

const WAITS = Array.from({ length: 12 }, (_, i) => i);

/** Node's warnings of leaking listeners, which it emits at the eleventh listener. */
function leakWarnings(): unknown[] {
  const warnings: unknown[] = [];
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(warning => void warnings.push(String(warning)));
  onTestFinished(() => emit.mockRestore());
  return warnings;
}

describe('twelve waits with one AbortSignal print no warning, and one abort ends all of them:', () => {
  test('drained()', async () => {
    const warnings = leakWarnings();
    const { connection, peer } = connectionAndPeer('server', { highWaterMark: 1_000 }, { highWaterMark: 100 });
    peer.socket.pause();
    while (connection.send(Buffer.alloc(300))) await setImmediate();
    const controller = new AbortController();
    const waits = WAITS.map(() => connection.drained({ signal: controller.signal }));
    controller.abort(new Error('enough'));
    for (const wait of waits) await expect(wait).rejects.toThrow('enough');
    expect(warnings).toEqual([]);
    connection.terminate();
  });

  test('ping()', async () => {
    const warnings = leakWarnings();
    const { connection } = connectionAndPeer();
    const controller = new AbortController();
    const waits = WAITS.map(() => connection.ping(undefined, { signal: controller.signal }));
    controller.abort(new Error('enough'));
    for (const wait of waits) await expect(wait).rejects.toThrow('enough');
    expect(warnings).toEqual([]);
    connection.terminate();
  });

  test('sendStream()', async () => {
    const warnings = leakWarnings();
    const { connection } = connectionAndPeer();
    const controller = new AbortController();
    const waits = WAITS.map(() => connection.sendStream(endless(), { signal: controller.signal }));
    controller.abort(new Error('enough'));
    for (const wait of waits) await expect(wait).rejects.toThrow('enough');
    expect(warnings).toEqual([]);
    connection.terminate();
  });

  test('connect()', async () => {
    const warnings = leakWarnings();
    const { port } = await rawServer();
    const controller = new AbortController();
    const waits = WAITS.map(() => connect(`ws://127.0.0.1:${port}/`, { signal: controller.signal }));
    controller.abort(new Error('enough'));
    for (const wait of waits) await expect(wait).rejects.toThrow('enough');
    expect(warnings).toEqual([]);
  });

  test("a connection's own signal", async () => {
    const warnings = leakWarnings();
    const { connection } = connectionAndPeer();
    const other = connectionAndPeer();
    const waits = WAITS.map(() => other.connection.ping(undefined, { signal: connection.signal }));
    const outcomes = Promise.allSettled(waits);
    connection.terminate();
    expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true);
    expect(warnings).toEqual([]);
    other.connection.terminate();
  });

  test('the signal of authorize()', async () => {
    const warnings = leakWarnings();
    const { port } = await rawServer();
    const outcomes: Array<Promise<Array<PromiseSettledResult<unknown>>>> = [];
    const server = await openServer({
      authorize: (_request, { signal }) => {
        const waits = WAITS.map(() => connect(`ws://127.0.0.1:${port}/`, { signal }));
        outcomes.push(Promise.allSettled(waits));
        return new Promise<never>(() => {});
      },
      authorizeTimeout: 50,
    });
    const peer = await rawConnect(server.port);
    peer.write(request());
    await peer.ended;
    const [settled = []] = await Promise.all(outcomes);
    expect(settled.map(({ status }) => status)).toEqual(WAITS.map(() => 'rejected'));
    expect(warnings.filter(text => String(text).includes('MaxListeners'))).toEqual([]);
  });
});

async function* endless(): AsyncGenerator<string> {
  yield await new Promise<string>(() => {});
}
