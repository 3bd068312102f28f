import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { invalidType, rangeError } from '../../errors.js';
import { isUint8Array } from '../../host-values.js';
import { isOwned } from '../../transport/socket-owner.js';
import { isDuplex } from '../../transport/transport.js';

/**
 * Checks the arguments of handleUpgrade().
 *
 * @throws {TypeError} if they are not the arguments of an `upgrade` event
 * @throws {RangeError} if the socket was passed to handleUpgrade() before, or if end() was called on it
 */
export function checkUpgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
  if (!Array.isArray(request?.rawHeaders)) throw invalidType('request', 'an IncomingMessage', request);
  if (!isDuplex(socket)) throw invalidType('socket', 'a Duplex', socket);
  if (isOwned(socket)) {
    throw rangeError('socket was passed to handleUpgrade() before: is there a second `upgrade` listener?');
  }
  // A client that has left is not the caller's fault: its socket is destroyed, or ended by itself after `end`.
  if (socket.writableEnded && !socket.destroyed && !socket.readableEnded) {
    throw rangeError(
      'socket must be open for writing, but end() was called on it: is there a second `upgrade` listener?',
    );
  }
  if (!isUint8Array(head)) throw invalidType('head', 'a Buffer', head);
}
