import { type LengthForm, OPCODE, RSV1, RSV2, RSV3 } from '../wire/index.js';
import { integer, parse, quote } from './arguments.js';
import { UsageError } from './exit-code.js';

/** The arguments of `ws101 encode`. */
export interface EncodeArguments {
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** Undefined for frames without a mask, 'random' for a new key for each. */
  readonly mask: number | 'random' | undefined;
  readonly rsv: number;
  readonly fin: boolean;
  /** The most bytes of payload of a frame. */
  readonly fragment: number | undefined;
  readonly lengthForm: LengthForm;
  readonly raw: boolean;
  readonly force: boolean;
}

const PAYLOADS = ['text', 'binary', 'ping', 'pong', 'close'] as const;

/**
 * @returns 'help' if the arguments ask for it
 * @throws {UsageError}
 */
export function parseEncodeArguments(args: readonly string[]): EncodeArguments | 'help' {
  const { values, positionals } = parse(args, {
    ...{ text: { type: 'string' }, binary: { type: 'string' }, ping: { type: 'string' }, pong: { type: 'string' } },
    ...{ close: { type: 'string' }, reason: { type: 'string' }, mask: { type: 'string' }, opcode: { type: 'string' } },
    ...{ rsv: { type: 'string', default: '' }, fragment: { type: 'string' } },
    'no-fin': { type: 'boolean', default: false },
    'length-form': { type: 'string', default: 'minimal' },
    raw: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help === true) return 'help';
  if (positionals.length > 0)
    throw new UsageError(`encode takes no arguments, got ${quote(positionals[0]!)}: see --text`);
  const given = PAYLOADS.filter(name => values[name] !== undefined);
  if (given.length > 1) throw new UsageError(`--${given[0]} and --${given[1]} exclude each other`);
  const [kind] = given;
  if (kind === undefined && values.opcode === undefined) {
    throw new UsageError('pass a payload: --text, --binary, --ping, --pong or --close');
  }
  if (values.reason !== undefined && kind !== 'close') throw new UsageError('--reason requires --close');
  const { 'length-form': lengthForm } = values;
  if (lengthForm !== 'minimal' && lengthForm !== '16' && lengthForm !== '64') {
    throw new UsageError(`--length-form must be minimal, 16 or 64, got ${quote(lengthForm)}`);
  }
  const fragment = values.fragment === undefined ? undefined : integer('--fragment', values.fragment, 2 ** 31 - 1);
  if (fragment === 0) throw new UsageError('--fragment must be at least 1, got "0"');
  return {
    opcode: values.opcode === undefined ? OPCODES[kind!] : integer('--opcode', values.opcode, 15),
    payload: payloadOf(kind, kind === undefined ? '' : values[kind]!, values.reason ?? ''),
    mask: values.mask === undefined ? undefined : maskOf(values.mask),
    rsv: rsvOf(values.rsv),
    fin: !values['no-fin'],
    fragment,
    lengthForm,
    raw: values.raw,
    force: values.force,
  };
}

const OPCODES: Readonly<Record<(typeof PAYLOADS)[number], number>> = {
  text: OPCODE.TEXT,
  binary: OPCODE.BINARY,
  ping: OPCODE.PING,
  pong: OPCODE.PONG,
  close: OPCODE.CLOSE,
};

function payloadOf(kind: (typeof PAYLOADS)[number] | undefined, value: string, reason: string): Uint8Array {
  if (kind === 'binary') return hex('--binary', value);
  if (kind !== 'close') return Buffer.from(value);
  if (value === 'none') {
    if (reason !== '') throw new UsageError('--reason requires a code: --close 1000');
    return new Uint8Array(0);
  }
  const code = integer('--close', value, 0xffff);
  return Buffer.concat([Uint8Array.of(code >> 8, code & 0xff), Buffer.from(reason)]);
}

function maskOf(text: string): number | 'random' {
  if (text === 'random') return 'random';
  const bytes = hex('--mask', text);
  if (bytes.length !== 4) throw new UsageError(`--mask must be random or 8 hex digits, got ${quote(text)}`);
  return Buffer.from(bytes).readInt32BE();
}

function hex(option: string, text: string): Uint8Array {
  const digits = text.replaceAll(/[\s:]/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) {
    throw new UsageError(`${option} must be pairs of hex digits, got ${quote(text)}`);
  }
  return Buffer.from(digits, 'hex');
}

function rsvOf(text: string): number {
  const bits: Readonly<Record<string, number>> = { 1: RSV1, 2: RSV2, 3: RSV3 };
  let rsv = 0;
  for (const digit of text === '' ? [] : text.split(',')) {
    const bit = bits[digit];
    if (bit === undefined) throw new UsageError(`--rsv must be a list of 1, 2 and 3, got ${quote(text)}`);
    rsv |= bit;
  }
  return rsv;
}
