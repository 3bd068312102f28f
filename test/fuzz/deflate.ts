/** permessage-deflate under hostile DEFLATE data, and as a road there and back for any. */
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

/** The first byte of an input: the window's bits in the lower three, and the settings. */
const WINDOW_BITS = 0x07;
const NO_CONTEXT_TAKEOVER = 0x08;
const HAS_SMALL_LIMIT = 0x10;

const SMALL_LIMIT = 1_000;
const LIMIT = 2 ** 20;
const GREATEST_WINDOW_BITS = 15;

const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
/** An empty block that ends the stream. */
const LAST_BLOCK = Uint8Array.of(0x03, 0x00);
/** A block that is not compressed, of one byte. */
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

/** Both directions the same. */
function agreedBy(settings: number): DeflateParameters {
  const standsAlone = (settings & NO_CONTEXT_TAKEOVER) !== 0;
  const bits = windowBitsOf(settings);
  return {
    serverNoContextTakeover: standsAlone,
    clientNoContextTakeover: standsAlone,
    serverMaxWindowBits: bits,
    clientMaxWindowBits: bits,
  };
}

/** Inflates the messages of a client until one is at fault, as a connection does, beside zlib alone. */
async function checkInflating(list: readonly Uint8Array[], agreed: DeflateParameters, limit: number): Promise<string> {
  const server = new PerMessageDeflate('server', agreed, SETTINGS, limit);
  const model = new Model(agreed);
  const outcomes: string[] = [];
  try {
    for (const message of list) {
      const inflated = await server.inflate(message);
      const expected = model.inflate(message);
      expectThat('an outcome', inflated !== undefined, 'undefined, though nobody closed it');
      if (inflated instanceof InflateFault) {
        expectThat('a typed fault', ['too-big', 'corrupt'].includes(inflated.kind), inflated.kind);
        // Where the window is small, zlib lets references beyond it pass or not, as its chunks happen to lie.
        const isSure = expected instanceof Uint8Array && agreed.clientMaxWindowBits === GREATEST_WINDOW_BITS;
        if (isSure)
          expectSame('only what is too big is refused', inflated.kind, expected.length > limit ? 'too-big' : 'none');
        return [...outcomes.slice(-3), `${inflated.kind} ${inflated.kind === 'corrupt' ? inflated.detail : ''}`].join(
          ', ',
        );
      }
      expectThat('the limit', inflated!.length <= limit, `${inflated!.length} bytes of at most ${limit}`);
      if (expected instanceof Uint8Array) expectSame('inflated as zlib does', hex(inflated!), hex(expected));
      expectThat('zlib finds it whole, too', expected !== 'corrupt', hex(message));
      const held = server.contextSize;
      expectThat('the context is a window', held <= 2 ** Math.max(9, agreed.clientMaxWindowBits), `${held} bytes held`);
      outcomes.push(
        `${Math.min(4, Math.ceil(Math.log10(inflated!.length + 1)))}${typeof expected === 'string' ? expected : ''}`,
      );
    }
    return outcomes.slice(-3).join(', ');
  } finally {
    server.close();
  }
}

/** More streams than this in one message, and ours gives up. */
const MANY_STREAMS = 256;

/**
 * zlib, given the whole history of a direction with each message as one stream: slow, and without a dictionary as long as no block
 * ends the stream.
 */
class Model {
  readonly #takesOver: boolean;
  readonly #windowBits: number;
  /** What was inflated before the stream began. */
  #before: Uint8Array = new Uint8Array(0);
  /** The stream so far, and how many bytes it gave. */
  #stream: Uint8Array = new Uint8Array(0);
  #given = 0;
  #knows = true;
  /**
   * Whether the message took its tail for something else, and ended within a byte. It is malformed, and yet has an end; who reads on from
   * there, as this model does, and who begins anew with the next message, as ours does, see different things from then on.
   */
  #endsBetweenBytes = false;

  constructor(agreed: DeflateParameters) {
    this.#takesOver = !agreed.clientNoContextTakeover;
    this.#windowBits = Math.max(9, agreed.clientMaxWindowBits);
  }

  inflate(message: Uint8Array): Uint8Array | 'corrupt' | 'unknown' {
    if (!this.#knows) return 'unknown';
    try {
      const plain = this.#inflate(message);
      this.#knows = plain !== undefined && !this.#endsBetweenBytes;
      return plain ?? 'unknown';
    } catch {
      this.#knows = false;
      return 'corrupt';
    }
  }

  #inflate(message: Uint8Array): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    if (!this.#takesOver) this.#begin(new Uint8Array(0));
    // An empty payload adds nothing, not even a tail.
    for (let rest = message; rest.length > 0; ) {
      if (parts.length === MANY_STREAMS) return undefined;
      const stream = joined(this.#stream, rest, TAIL);
      // The last block shows whether the message is whole: else zlib would wait for more.
      const { buffer, engine } = inflateRawSync(joined(stream, LAST_BLOCK), {
        windowBits: this.#windowBits,
        ...(this.#before.length > 0 ? { dictionary: this.#before } : {}),
        info: true,
      }) as unknown as { readonly buffer: Buffer; readonly engine: InflateRaw };
      parts.push(buffer.subarray(this.#given));
      if (engine.bytesWritten === stream.length + LAST_BLOCK.length) {
        this.#stream = stream;
        this.#given = buffer.length;
        this.#endsBetweenBytes = this.#takesOver && !this.#isAtByte();
        break;
      }
      // A block has ended the stream: what is left is another one, which may refer to all that was before.
      rest = rest.subarray(Math.max(0, engine.bytesWritten - this.#stream.length));
      this.#begin(joined(this.#before, buffer).subarray(-(2 ** this.#windowBits)));
    }
    return joined(...parts);
  }

  /** Whether a block of one byte that is put behind the stream is read as one. */
  #isAtByte(): boolean {
    try {
      const plain = inflateRawSync(joined(this.#stream, STORED_BLOCK, LAST_BLOCK), {
        windowBits: this.#windowBits,
        ...(this.#before.length > 0 ? { dictionary: this.#before } : {}),
      });
      return plain.length === this.#given + 1 && plain.at(-1) === STORED_BLOCK.at(-1);
    } catch {
      return false;
    }
  }

  #begin(before: Uint8Array): void {
    this.#before = before;
    this.#stream = new Uint8Array(0);
    this.#given = 0;
  }
}

/** Whatever the bytes are, what a client deflates a server inflates to the same, and zlib alone too. */
async function checkRoundTrip(list: readonly Uint8Array[], agreed: DeflateParameters): Promise<void> {
  const client = new PerMessageDeflate('client', agreed, SETTINGS, LIMIT);
  const server = new PerMessageDeflate('server', agreed, SETTINGS, LIMIT);
  const model = new Model(agreed);
  try {
    for (const message of list) {
      if (!client.compresses(message.length)) continue;
      const deflated = await client.deflate(message);
      const inflated = await server.inflate(deflated!);
      expectSame('there and back', inflated instanceof InflateFault ? inflated : hex(inflated!), hex(message));
      const byZlib = model.inflate(deflated!);
      expectSame('there and back by zlib', typeof byZlib === 'string' ? byZlib : hex(byZlib), hex(message));
    }
  } finally {
    client.close();
    server.close();
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
