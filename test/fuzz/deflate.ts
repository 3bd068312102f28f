/** Fuzzes permessage-deflate: inflates hostile DEFLATE data, and compresses and inflates arbitrary data. */
import { Buffer } from 'node:buffer';
import { type InflateRaw, inflateRawSync } from 'node:zlib';
import {
  type DeflateParameters,
  InflateFault,
  PerMessageDeflate,
  resolvePerMessageDeflate,
} from '../../src/permessage-deflate/index.js';
import { inputOf, messages, messagesOf, mutateMessages } from './deflate-streams.js';
import { joined, mutateBytes } from './mutate-bytes.js';
import { expectSame, expectThat } from './oracles.js';
import type { Random } from './random.js';
import type { Target } from './target.js';

/** The bits of an input's first byte: the window size in the lower three, and settings. */
const WINDOW_BITS = 0x07;
const NO_CONTEXT_TAKEOVER = 0x08;
const HAS_SMALL_LIMIT = 0x10;

const SMALL_LIMIT = 1_000;
const LIMIT = 2 ** 20;
const GREATEST_WINDOW_BITS = 15;

const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
/** An empty block that ends the stream. */
const LAST_BLOCK = Uint8Array.of(0x03, 0x00);
/** An uncompressed block of one byte. */
const STORED_BLOCK = Uint8Array.of(0x00, 0x01, 0x00, 0xfe, 0xff, 0x61);

const SETTINGS = resolvePerMessageDeflate({ threshold: 0 }, 'client')!;

export const deflate: Target = {
  name: 'deflate',

  generate(random) {
    const settings = random.word() & 0xff;
    return joined(Uint8Array.of(settings), inputOf(freshMessages(settings, random)));
  },

  mutate(input, random) {
    if (input.length === 0 || random.oneIn(3)) return mutateBytes(input, 0, random);
    const fresh = () => freshMessages(input[0]!, random);
    return joined(input.subarray(0, 1), inputOf(mutateMessages(messagesOf(input.subarray(1)), random, fresh)));
  },

  async check(input) {
    const agreed = agreedBy(input[0] ?? 0);
    const limit = (input[0] ?? 0) & HAS_SMALL_LIMIT ? SMALL_LIMIT : LIMIT;
    const list = messagesOf(input.subarray(1));
    const outcome = await checkInflating(list, agreed, limit);
    await checkRoundTrip(list, agreed);
    return outcome;
  },
};

function windowBitsOf(settings: number): number {
  return 8 + (settings & WINDOW_BITS);
}

function freshMessages(settings: number, random: Random): Uint8Array[] {
  return messages(random, (settings & NO_CONTEXT_TAKEOVER) === 0, windowBitsOf(settings));
}

/** Returns the same parameters for both directions. */
function agreedBy(settings: number): DeflateParameters {
  const noTakeover = (settings & NO_CONTEXT_TAKEOVER) !== 0;
  const bits = windowBitsOf(settings);
  return {
    serverNoContextTakeover: noTakeover,
    clientNoContextTakeover: noTakeover,
    serverMaxWindowBits: bits,
    clientMaxWindowBits: bits,
  };
}

/** Inflates a client's messages until one is invalid, and compares each with zlib's result. */
async function checkInflating(list: readonly Uint8Array[], agreed: DeflateParameters, limit: number): Promise<string> {
  const server = new PerMessageDeflate('server', agreed, SETTINGS, limit);
  const model = new Model(agreed);
  const outcomes: string[] = [];
  try {
    for (const message of list) {
      const inflated = await server.inflate(message);
      const expected = model.inflate(message);
      expectThat('inflate() returns a result', inflated !== undefined, 'undefined, but it is not closed');
      if (inflated instanceof InflateFault) {
        expectThat('a fault has a known kind', ['too-big', 'corrupt'].includes(inflated.kind), inflated.kind);
        // With a small window, zlib accepts references beyond it or not, depending on its chunks.
        const isSure = expected instanceof Uint8Array && agreed.clientMaxWindowBits === GREATEST_WINDOW_BITS;
        if (isSure)
          expectSame(
            'only messages that are too big are rejected',
            inflated.kind,
            expected.length > limit ? 'too-big' : 'none',
          );
        return [...outcomes.slice(-3), `${inflated.kind} ${inflated.kind === 'corrupt' ? inflated.detail : ''}`].join(
          ', ',
        );
      }
      expectThat(
        'a message is at most as long as the limit',
        inflated!.length <= limit,
        `${inflated!.length} bytes, limit ${limit}`,
      );
      if (expected instanceof Uint8Array)
        expectSame('the result is the same as from zlib', hex(inflated!), hex(expected));
      expectThat('zlib accepts the message too', expected !== 'corrupt', hex(message));
      const held = server.contextSize;
      expectThat(
        'the context is at most as large as the window',
        held <= 2 ** Math.max(9, agreed.clientMaxWindowBits),
        `${held} bytes held`,
      );
      outcomes.push(
        `${Math.min(4, Math.ceil(Math.log10(inflated!.length + 1)))}${typeof expected === 'string' ? expected : ''}`,
      );
    }
    return outcomes.slice(-3).join(', ');
  } finally {
    server.close();
  }
}

/** After this many streams in one message, the code under test gives up. */
const MANY_STREAMS = 256;

/**
 * Inflates with zlib alone, from the whole history of a direction. Slow, but it needs no dictionary until a block ends
 * the stream.
 */
class Model {
  readonly #takesOver: boolean;
  readonly #windowBits: number;
  /** The inflated data before the current stream. */
  #before: Uint8Array = new Uint8Array(0);
  /** The current stream, and how many bytes it has inflated to. */
  #stream: Uint8Array = new Uint8Array(0);
  #inflated = 0;
  #isCertain = true;
  /**
   * Whether a message ended within a byte, because its last bits swallowed the tail. Such a message is malformed, but
   * has an end. This model reads on from there, and the code under test starts again with the next message, so their
   * results differ.
   */
  #endsBetweenBytes = false;

  constructor(agreed: DeflateParameters) {
    this.#takesOver = !agreed.clientNoContextTakeover;
    this.#windowBits = Math.max(9, agreed.clientMaxWindowBits);
  }

  inflate(message: Uint8Array): Uint8Array | 'corrupt' | 'unknown' {
    if (!this.#isCertain) return 'unknown';
    try {
      const plain = this.#inflate(message);
      this.#isCertain = plain !== undefined && !this.#endsBetweenBytes;
      return plain ?? 'unknown';
    } catch {
      this.#isCertain = false;
      return 'corrupt';
    }
  }

  #inflate(message: Uint8Array): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    if (!this.#takesOver) this.#begin(new Uint8Array(0));
    // An empty payload adds nothing, not even the tail.
    for (let rest = message; rest.length > 0; ) {
      if (parts.length === MANY_STREAMS) return undefined;
      const stream = joined(this.#stream, rest, TAIL);
      // Without the last block, zlib would wait for more data.
      const { buffer, engine } = inflateRawSync(joined(stream, LAST_BLOCK), {
        windowBits: this.#windowBits,
        ...(this.#before.length > 0 ? { dictionary: this.#before } : {}),
        info: true,
      }) as unknown as { readonly buffer: Buffer; readonly engine: InflateRaw };
      parts.push(buffer.subarray(this.#inflated));
      if (engine.bytesWritten === stream.length + LAST_BLOCK.length) {
        this.#stream = stream;
        this.#inflated = buffer.length;
        this.#endsBetweenBytes = this.#takesOver && !this.#isAtByte();
        break;
      }
      // A block ended the stream. The rest is another stream, which may refer to everything before it.
      rest = rest.subarray(Math.max(0, engine.bytesWritten - this.#stream.length));
      this.#begin(joined(this.#before, buffer).subarray(-(2 ** this.#windowBits)));
    }
    return joined(...parts);
  }

  /** Whether the stream ends at a byte boundary: a stored block after it inflates to one more byte. */
  #isAtByte(): boolean {
    try {
      const plain = inflateRawSync(joined(this.#stream, STORED_BLOCK, LAST_BLOCK), {
        windowBits: this.#windowBits,
        ...(this.#before.length > 0 ? { dictionary: this.#before } : {}),
      });
      return plain.length === this.#inflated + 1 && plain.at(-1) === STORED_BLOCK.at(-1);
    } catch {
      return false;
    }
  }

  #begin(before: Uint8Array): void {
    this.#before = before;
    this.#stream = new Uint8Array(0);
    this.#inflated = 0;
  }
}

/** A client compresses arbitrary bytes. A server and zlib must inflate them to the same bytes. */
async function checkRoundTrip(list: readonly Uint8Array[], agreed: DeflateParameters): Promise<void> {
  const client = new PerMessageDeflate('client', agreed, SETTINGS, LIMIT);
  const server = new PerMessageDeflate('server', agreed, SETTINGS, LIMIT);
  const model = new Model(agreed);
  try {
    for (const message of list) {
      if (!client.compresses(message.length)) continue;
      const deflated = await client.deflate(message);
      const inflated = await server.inflate(deflated!);
      expectSame(
        'a round trip returns the message',
        inflated instanceof InflateFault ? inflated : hex(inflated!),
        hex(message),
      );
      const byZlib = model.inflate(deflated!);
      expectSame(
        'a round trip through zlib returns the message',
        typeof byZlib === 'string' ? byZlib : hex(byZlib),
        hex(message),
      );
    }
  } finally {
    client.close();
    server.close();
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
