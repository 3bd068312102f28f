import { CLOSE_CODE } from '../framing/close-code.js';
import { encodeClosePayload } from '../framing/close-payload.js';

/** What one line of input asks for. */
export type Command =
  | { readonly kind: 'send'; readonly data: string | Uint8Array }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  | { readonly kind: 'ping' }
  | { readonly kind: 'help' }
  /** A command that is none, or is wrong: `message` says how. */
  | { readonly kind: 'wrong'; readonly message: string };

/**
 *     line = "close" / "/" name [ SP argument ] / "//" rest / text
 */
export function parseLine(line: string): Command {
  if (line === 'close') return { kind: 'close', code: CLOSE_CODE.NORMAL_CLOSURE, reason: '' };
  if (line.startsWith('//')) return { kind: 'send', data: line.slice(1) };
  if (!line.startsWith('/')) return { kind: 'send', data: line };
  const [, name = '', argument = ''] = /^\/(\S*)\s*(.*)$/s.exec(line)!;
  switch (name) {
    case 'close':
      return close(argument);
    case 'binary':
      return binary(argument);
    case 'ping':
    case 'help':
      return argument === ''
        ? { kind: name }
        : wrong(`/${name} takes nothing behind it, got ${JSON.stringify(argument)}`);
    default:
      return wrong(`there is no command /${name}: see /help; to send the line, type /${line}`);
  }
}

function close(argument: string): Command {
  const [, digits = '', reason = ''] = /^(\S*)\s*(.*)$/s.exec(argument)!;
  const code = digits === '' ? CLOSE_CODE.NORMAL_CLOSURE : Number(digits);
  if (!/^\d*$/.test(digits))
    return wrong(`/close takes a code and a reason, such as /close 4000 bye; got ${JSON.stringify(digits)}`);
  try {
    encodeClosePayload(code, reason);
  } catch (error) {
    return wrong(`/close: ${(error as Error).message}`);
  }
  return { kind: 'close', code, reason };
}

function binary(argument: string): Command {
  const digits = argument.replaceAll(/\s/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) {
    return wrong(`/binary takes pairs of hex digits, such as /binary 00ff10; got ${JSON.stringify(argument)}`);
  }
  return { kind: 'send', data: Buffer.from(digits, 'hex') };
}

function wrong(message: string): Command {
  return { kind: 'wrong', message };
}
