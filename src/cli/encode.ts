import { brokenRules, frameBytes, OPCODE, randomMaskingKey } from '../wire/index.js';
import { type EncodeArguments, parseEncodeArguments } from './encode-arguments.js';
import { ENCODE_HELP } from './encode-help.js';
import { EXIT, type ExitCode, UsageError } from './exit-code.js';
import type { StandardStreams } from './terminal.js';

/** Runs `ws101 encode`. */
export async function encode(args: readonly string[], { stdout, stderr }: StandardStreams): Promise<ExitCode> {
  const parsed = parseEncodeArguments(args);
  if (parsed === 'help') {
    stdout.write(ENCODE_HELP);
    return EXIT.OK;
  }
  const frames = framesOf(parsed);
  const broken = brokenRules(frames, parsed.mask === undefined ? 'server' : 'client');
  for (const { message, section } of broken) {
    if (!parsed.force) throw new UsageError(`${message} (${section}); --force encodes it nevertheless`);
    stderr.write(`ws101 encode: ${message} (${section})\n`);
  }
  for (const frame of frames) stdout.write(parsed.raw ? frame : `${Buffer.from(frame).toString('hex')}\n`);
  return EXIT.OK;
}

function framesOf({ payload, opcode, mask, rsv, fin, fragment, lengthForm }: EncodeArguments): Uint8Array[] {
  const size = fragment ?? Math.max(1, payload.length);
  const count = Math.max(1, Math.ceil(payload.length / size));
  return Array.from({ length: count }, (_, i) =>
    frameBytes({
      fin: fin && i === count - 1,
      // RFC 7692 §6.1: only the first frame of a message has RSV1.
      rsv: i === 0 ? rsv : 0,
      opcode: i === 0 ? opcode : OPCODE.CONTINUATION,
      maskingKey: mask === 'random' ? randomMaskingKey() : mask,
      payload: payload.subarray(i * size, (i + 1) * size),
      lengthForm,
    }),
  );
}
