import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { HandlerError } from '../../../src/index.js';
import { settle } from '../../helpers/fake-clock.js';
import { ReconnectingPeer } from '../../helpers/reconnecting-peer.js';

function thrower(message: string): () => never {
  return () => {
    throw new Error(message);
  };
}

function warnings() {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  return () => warn.mock.calls.map(([warning]) => String((warning as unknown as Error).message ?? warning));
}

describe('a listener that throws', () => {
  test('on open ends the connection, and the client connects again', async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created();
    const errors: HandlerError[] = [];
    client.on('open', thrower('oops'));
    client.on('handlerError', error => errors.push(error));
    await settle();
    expect(peer.server.state).toBe('closed');
    expect(client.state.name).toBe('waiting');
    expect(errors).toEqual([expect.any(HandlerError)]);
    expect(errors[0]).toMatchObject({ cause: new Error('oops') });
  });

  test('on state is reported, and the connection stays open', async () => {
    const peer = new ReconnectingPeer();
    const client = peer.created();
    const errors: HandlerError[] = [];
    client.once('state', thrower('oops'));
    client.on('handlerError', error => errors.push(error));
    await settle();
    expect(errors).toMatchObject([{ cause: new Error('oops') }]);
    expect(client.state.name).toBe('open');
  });

  test('without a listener of handlerError causes a process warning', async () => {
    const warned = warnings();
    const peer = new ReconnectingPeer();
    peer.created().once('state', thrower('oops'));
    await settle();
    expect(warned()).toEqual([expect.stringContaining('oops')]);
  });

  test('on handlerError causes one process warning, with the failure that it was called for', async () => {
    const warned = warnings();
    const peer = new ReconnectingPeer();
    const client = peer.created();
    client.once('state', thrower('first'));
    client.on('handlerError', thrower('second'));
    await settle();
    expect(warned()).toEqual(["a listener of 'state' failed: first"]);
  });

  test('on handlerError, and is async, causes one process warning and is not called again', async () => {
    const warned = warnings();
    const peer = new ReconnectingPeer();
    const client = peer.created();
    const listener = vi.fn(async () => thrower('second')());
    client.once('state', thrower('first'));
    client.on('handlerError', listener as () => void);
    await settle();
    expect(listener).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ cause: new Error('first') }));
    expect(warned()).toEqual(["a listener of 'handlerError' failed: second"]);
  });
});

test('drained() rejects at once if the signal is aborted already', async () => {
  const client = await new ReconnectingPeer().client();
  await expect(client.drained({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});
