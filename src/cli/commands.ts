import { CLOSE_CODE } from '../index.js';
import { encodeClosePayload, MAX_CONTROL_PAYLOAD } from '../wire/index.js';

/** What one line of input asks for. */
export type Command =
  | { readonly kind: 'send'; readonly data: string | Uint8Array }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  | { readonly kind: 'ping'; readonly data: string | undefined }
  | { readonly kind: 'help' }
  /** Not a valid command: `message` says why. */
  | { readonly kind: 'invalid'; readonly message: string };

/**
 * Reads a line that may be a command:
 *
 *     line = "/" name [ SP argument ] / "//" rest / text
 */
export function parseLine(line: string): Command {
  if (line.startsWith('//')) return { kind: 'send', data: line.slice(1) };
  if (!line.startsWith('/')) return { kind: 'send', data: line };
  const [, name = '', argument = ''] = /^\/(\S*)\s*(.*)$/s.exec(line)!;
  switch (name) {
    case 'close':
      return close(argument);
    case 'binary':
      return binary(argument);
    case 'ping':
      return ping(argument);
    case 'help':
      return { kind: 'help' };
    default:
      return invalid(`unknown command /${name}: see /help, or type /${line} to send it as text`);
  }
}

function close(argument: string): Command {
  const [, digits = '', reason = ''] = /^(\S*)\s*(.*)$/s.exec(argument)!;
  const code = digits === '' ? CLOSE_CODE.NORMAL_CLOSURE : Number(digits);
  if (!/^\d*$/.test(digits))
    return invalid(`/close takes a code and a reason, for example /close 4000 bye; got ${JSON.stringify(digits)}`);
  try {
    encodeClosePayload(code, reason);
  } catch (error) {
    return invalid(`/close: ${(error as Error).message}`);
  }
  return { kind: 'close', code, reason };
}

function ping(argument: string): Command {
  const bytes = Buffer.byteLength(argument);
  if (bytes > MAX_CONTROL_PAYLOAD) {
    return invalid(`/ping takes a text of at most ${MAX_CONTROL_PAYLOAD} bytes; got ${bytes} bytes`);
  }
  return { kind: 'ping', data: argument === '' ? undefined : argument };
}

function binary(argument: string): Command {
  const digits = argument.replaceAll(/\s/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) {
    return invalid(`/binary takes pairs of hex digits, for example /binary 00ff10; got ${JSON.stringify(argument)}`);
  }
  return { kind: 'send', data: Buffer.from(digits, 'hex') };
}

function invalid(message: string): Command {
  return { kind: 'invalid', message };
}
