import { Duplex, type DuplexOptions } from 'node:stream';
import { nextTick } from '../timers.js';
import type { WebSocket } from './public-types.js';
import type { WebSocket as Implementation } from './web-socket.js';

/**
 * Returns a Duplex whose chunks are the messages of a WebSocket. A chunk that is written is sent as a message.
 *
 * Ending the stream closes the WebSocket, and the stream ends when the WebSocket closes.
 */
export function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex {
  const ws = websocket as unknown as Implementation;
  let mayTerminate = true;
  const duplex = new Duplex({
    ...options,
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,
    read() {
      if (ws.isPaused) ws.resume();
    },
    write(chunk, _encoding, done) {
      whenOpen(() => ws.send(chunk, done));
    },
    final(done) {
      // A WebSocket that could not connect emits `error`, which ends the stream.
      whenOpen(() => {
        if (ws._socket === null) return;
        finish(done);
      });
    },
    destroy(error, done) {
      destroy(error, done);
    },
  });

  function whenOpen(run: () => void): void {
    if (ws.readyState === ws.CONNECTING) ws.once('open', run);
    else run();
  }

  function finish(done: () => void): void {
    if (ws._socket!.writableFinished) {
      done();
      if (duplex.readableEnded) duplex.destroy();
      return;
    }
    ws._socket!.once('finish', done);
    ws.close();
  }

  function destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (ws.readyState === ws.CLOSED) {
      done(error);
      nextTick(emitClose);
      return;
    }
    let hasFailed = false;
    ws.once('error', thrown => {
      hasFailed = true;
      done(thrown);
    });
    ws.once('close', () => {
      if (!hasFailed) done(error);
      nextTick(emitClose);
    });
    if (mayTerminate) ws.terminate();
  }

  function emitClose(): void {
    duplex.emit('close');
  }

  ws.on('message', (data: Buffer, isBinary: boolean) => {
    const chunk = !isBinary && duplex.readableObjectMode ? data.toString() : data;
    if (!duplex.push(chunk)) ws.pause();
  });
  ws.once('error', error => {
    // The WebSocket closes by itself after an error.
    mayTerminate = false;
    duplex.destroy(error);
  });
  ws.once('close', () => {
    if (!duplex.destroyed) duplex.push(null);
  });
  duplex.on('end', destroyWhenDone);
  duplex.on('error', rethrowIfUnheard);

  function destroyWhenDone(): void {
    if (!duplex.destroyed && duplex.writableFinished) duplex.destroy();
  }

  /** Throws an error that has no other listener, as any stream does. */
  function rethrowIfUnheard(error: Error): void {
    duplex.removeListener('error', rethrowIfUnheard);
    duplex.destroy();
    if (duplex.listenerCount('error') === 0) duplex.emit('error', error);
  }

  return duplex;
}
