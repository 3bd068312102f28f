import { subscribe } from 'node:diagnostics_channel';
import { debuglog } from 'node:util';
import { opcodeName } from '../framing/opcode.js';
import type { Diagnostics } from './diagnostics.js';
import type { WebSocketConnection } from './websocket-connection.js';

/** Writes what the channels publish to stderr if `NODE_DEBUG` contains `ws101`. */
export function debugLog(): void {
  const log = debuglog('ws101');
  if (!log.enabled) return;
  const numbers = new WeakMap<WebSocketConnection, number>();
  let last = 0;
  const numberOf = (connection: WebSocketConnection): number => {
    const number = numbers.get(connection) ?? ++last;
    numbers.set(connection, number);
    return number;
  };
  const print = <Name extends keyof Diagnostics>(name: Name, describe: (event: Diagnostics[Name]) => string): void =>
    subscribe(name, event => {
      const { role, connection } = event as Diagnostics[Name];
      log('%s', `${role}${connection === undefined ? '' : ` ${numberOf(connection)}`}: ${describe(event as never)}`);
    });

  print('ws101:handshake', ({ connection, url = 'a request that could not be read', status, reason, duration }) => {
    const time = duration === undefined ? '' : ` after ${duration.toFixed(1)} ms`;
    if (connection !== undefined) return `opened ${quoted(url)}${time}`;
    return `failed to open ${quoted(url)}${time}: ${status === undefined ? '' : `${status}, `}${quoted(reason ?? '')}`;
  });
  print('ws101:frame', ({ direction, fin, rsv, opcode, masked, payloadLength, offset, payload }) => {
    const bits = `FIN ${fin ? 1 : 0}, RSV ${rsv.toString(2).padStart(3, '0')}, MASK ${masked ? 1 : 0}`;
    const bytes = payload.length === 0 ? '' : `: ${Buffer.from(payload).toString('hex')}`;
    const more = payload.length < payloadLength ? '…' : '';
    const size = `${payloadLength} bytes, at byte ${offset}`;
    return `${direction} frame ${opcodeName(opcode)}, ${bits}, ${size}${bytes}${more}`;
  });
  print('ws101:message', ({ direction, type, size, isCompressed, fragments }) => {
    return `${direction} ${type} message, ${size} bytes${isCompressed ? ' compressed' : ''} in ${fragments} frame(s)`;
  });
  print('ws101:error', ({ error }) => `error: ${quoted(error.message)}`);
  print('ws101:close', ({ info: { code, reason, wasClean, initiator } }) => {
    return `closed: ${code} ${quoted(reason)}, ${wasClean ? 'clean' : 'not clean'}, by ${initiator}`;
  });
}

/** A peer may send control characters, which would act on a terminal. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
