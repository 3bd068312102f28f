import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { IS_MUTATION_RUN } from '../../helpers/mutation-run.js';

/** What reads a handshake: ServerHandshake, ClientHandshake, HeadReader. */
export interface Receiver<Outcome> {
  receive(chunk: Uint8Array): Outcome | undefined;
  readonly rest: Uint8Array;
}

export interface Reading<Outcome> {
  /** Undefined where more bytes were needed. */
  readonly outcome: Outcome | undefined;
  /** All bytes that the outcome left over: its `rest`, and the chunks that were never given. */
  readonly rest: string;
}

/** Every byte of a head this long is tried as a split point; of longer ones, about as many positions. */
const THOROUGH = IS_MUTATION_RUN ? 40 : 1_200;

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Gives `chunks` to `receiver` until there is an outcome. */
export function feed<Outcome>(receiver: Receiver<Outcome>, chunks: readonly Uint8Array[]): Reading<Outcome> {
  for (const [index, chunk] of chunks.entries()) {
    const outcome = receiver.receive(chunk);
    if (outcome === undefined) continue;
    const rest = Buffer.concat([receiver.rest, ...chunks.slice(index + 1)]).toString('latin1');
    return { outcome, rest };
  }
  return { outcome: undefined, rest: '' };
}

/** `bytes` whole, byte by byte, and cut in two at every place. */
export function* segmentations(bytes: Uint8Array): Generator<[how: string, chunks: Uint8Array[]]> {
  yield ['whole', [bytes]];
  yield ['byte by byte', Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))];
  const stride = Math.max(1, Math.ceil(bytes.length / THOROUGH));
  for (let i = 0; i <= bytes.length; i += stride) yield [`cut at ${i}`, [bytes.subarray(0, i), bytes.subarray(i)]];
}

/**
 * Reads `text` in every segmentation, and gives the outcome that all of them had. Where `keepsRest` is false, bytes behind the
 * outcome are nobody's (a refusal drops them), and are not compared.
 */
export function readEverySplit<Outcome>(
  create: () => Receiver<Outcome>,
  text: string,
  keepsRest: (outcome: Outcome | undefined) => boolean = () => true,
): Reading<Outcome> {
  const bytes = bytesOf(text);
  const whole = feed(create(), [bytes]);
  for (const [how, chunks] of segmentations(bytes)) {
    const reading = feed(create(), chunks);
    if (!isDeepStrictEqual(reading.outcome, whole.outcome)) expect(reading.outcome, how).toEqual(whole.outcome);
    if (keepsRest(whole.outcome) && reading.rest !== whole.rest) expect(reading.rest, how).toBe(whole.rest);
  }
  return whole;
}
