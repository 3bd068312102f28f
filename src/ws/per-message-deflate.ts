import { constants } from 'node:buffer';
import { typeError } from '../errors.js';
import { isThenable } from '../host-values.js';
import { Deflater, InflateFault } from '../permessage-deflate/index.js';
import { Inflater } from '../permessage-deflate/inflater.js';
import { MIN_DEFLATE_WINDOW_BITS } from '../permessage-deflate/options.js';
import { setImmediate } from '../timers.js';
import { EMPTY_BUFFER, kStatusCode } from './constants.js';
import type { ExtensionParameters } from './extension.js';
import { type FrameError, payloadTooLarge } from './frame-error.js';

/** Options of permessage-deflate. */
export interface PerMessageDeflateOptions {
  serverNoContextTakeover?: boolean | undefined;
  clientNoContextTakeover?: boolean | undefined;
  serverMaxWindowBits?: number | undefined;
  clientMaxWindowBits?: number | undefined;
  /** Of these, `level`, `memLevel` and `windowBits` have an effect. */
  zlibDeflateOptions?:
    | {
        level?: number | undefined;
        memLevel?: number | undefined;
        windowBits?: number | undefined;
        [name: string]: unknown;
      }
    | undefined;
  /** Has no effect. */
  zlibInflateOptions?: object | undefined;
  threshold?: number | undefined;
  /** Has no effect: at most 10 messages of the process are compressed on the thread pool at a time. */
  concurrencyLimit?: number | undefined;
  isServer?: boolean | undefined;
  maxPayload?: number | undefined;
}

/** The negotiated parameters by their names in the header (RFC 7692 §7.1). */
export interface Parameters {
  server_no_context_takeover?: true;
  client_no_context_takeover?: true;
  server_max_window_bits?: number | true;
  client_max_window_bits?: number | true;
}

type Options = Omit<PerMessageDeflateOptions, 'serverMaxWindowBits' | 'clientMaxWindowBits'> & {
  serverMaxWindowBits?: number | boolean | undefined;
  clientMaxWindowBits?: number | boolean | undefined;
};

type Callback = (error: Error | null, data?: Buffer) => void;

/** The end of a compressed fragment. It is removed from the last one of a message (RFC 7692 §7.2.1). */
const TAIL: Buffer = Buffer.from([0x00, 0x00, 0xff, 0xff]);

const DEFAULT_THRESHOLD = 1_024;

/**
 * permessage-deflate with the interface of `ws`, on the deflater and inflater of ws101. No zlib stream outlives a
 * message, and small messages are compressed synchronously.
 */
export class PerMessageDeflate {
  static readonly extensionName: 'permessage-deflate' = 'permessage-deflate';

  params: Parameters | null = null;
  /** The window sizes may be `true` to request the parameter, and `false` to refuse it. */
  readonly _options: Options;
  readonly _threshold: number;
  readonly _maxPayload: number;
  readonly _isServer: boolean;
  #deflater: Deflater | undefined;
  #inflater: Inflater | undefined;
  /** The fragments of a message before the last one, for decompress(). */
  #fragments: Uint8Array[] = [];
  #isClosed = false;

  constructor(options: PerMessageDeflateOptions = {}) {
    this._options = options;
    this._threshold = options.threshold ?? DEFAULT_THRESHOLD;
    this._maxPayload = options.maxPayload ?? 0;
    this._isServer = options.isServer ?? false;
  }

  /** Returns the parameters that a client offers. */
  offer(): Parameters {
    const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } =
      this._options;
    return {
      ...(serverNoContextTakeover ? { server_no_context_takeover: true } : {}),
      ...(clientNoContextTakeover ? { client_no_context_takeover: true } : {}),
      ...(serverMaxWindowBits ? { server_max_window_bits: serverMaxWindowBits } : {}),
      ...(clientMaxWindowBits
        ? { client_max_window_bits: clientMaxWindowBits }
        : clientMaxWindowBits == null
          ? { client_max_window_bits: true }
          : {}),
    };
  }

  /**
   * Accepts an offer of a client, or the response of a server.
   *
   * @throws {Error} if no offer is acceptable
   */
  accept(configurations: readonly (ExtensionParameters | Record<string, never>)[]): Parameters {
    const offers = configurations.map(configuration => this.#parse(configuration));
    this.params = this._isServer ? this.#acceptOffer(offers) : this.#acceptResponse(offers[0]!);
    return this.params;
  }

  #acceptOffer(offers: readonly Parameters[]): Parameters {
    const options = this._options;
    const accepted = offers.find(offer => this.#accepts(offer));
    if (accepted === undefined) throw new Error('None of the extension offers can be accepted');
    if (options.serverNoContextTakeover) accepted.server_no_context_takeover = true;
    if (options.clientNoContextTakeover) accepted.client_no_context_takeover = true;
    if (typeof options.serverMaxWindowBits === 'number') accepted.server_max_window_bits = options.serverMaxWindowBits;
    if (typeof options.clientMaxWindowBits === 'number') {
      accepted.client_max_window_bits = options.clientMaxWindowBits;
    } else if (accepted.client_max_window_bits === true || options.clientMaxWindowBits === false) {
      delete accepted.client_max_window_bits;
    }
    return accepted;
  }

  #accepts(offer: Parameters): boolean {
    const { serverNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = this._options;
    if (serverNoContextTakeover === false && offer.server_no_context_takeover) return false;
    const offeredServerBits = offer.server_max_window_bits as number | undefined;
    if (offeredServerBits !== undefined) {
      if (serverMaxWindowBits === false) return false;
      if (typeof serverMaxWindowBits === 'number' && serverMaxWindowBits > offeredServerBits) return false;
    }
    if (typeof clientMaxWindowBits !== 'number') return true;
    // The value of the response must not exceed that of the offer (RFC 7692 §7.1.2.2).
    const offeredClientBits = offer.client_max_window_bits;
    return typeof offeredClientBits === 'number'
      ? clientMaxWindowBits <= offeredClientBits
      : offeredClientBits === true;
  }

  #acceptResponse(response: Parameters): Parameters {
    const { clientNoContextTakeover, clientMaxWindowBits } = this._options;
    if (clientNoContextTakeover === false && response.client_no_context_takeover) {
      throw new Error('Unexpected parameter "client_no_context_takeover"');
    }
    const bits = response.client_max_window_bits;
    if (bits === undefined) {
      if (typeof clientMaxWindowBits === 'number') response.client_max_window_bits = clientMaxWindowBits;
    } else if (
      clientMaxWindowBits === false ||
      (typeof clientMaxWindowBits === 'number' && (bits as number) > clientMaxWindowBits)
    ) {
      throw new Error('Unexpected or invalid parameter "client_max_window_bits"');
    }
    return response;
  }

  /** Checks the parameters of one offer or response. */
  #parse(configuration: ExtensionParameters | Record<string, never>): Parameters {
    const parameters: Record<string, unknown> = Object.create(Object.getPrototypeOf(configuration));
    for (const [name, values] of Object.entries(configuration)) {
      if (values.length > 1) throw new Error(`Parameter "${name}" must have only a single value`);
      parameters[name] = this.#parseValue(name, values[0]!);
    }
    return parameters;
  }

  #parseValue(name: string, value: string | true): number | true {
    const invalid = () => typeError(`Invalid value for parameter "${name}": ${value}`);
    if (name === 'client_no_context_takeover' || name === 'server_no_context_takeover') {
      if (value !== true) throw invalid();
      return true;
    }
    if (name !== 'client_max_window_bits' && name !== 'server_max_window_bits') {
      throw new Error(`Unknown parameter "${name}"`);
    }
    // A client may offer client_max_window_bits without a value (RFC 7692 §7.1.2.2).
    if (value === true && name === 'client_max_window_bits' && this._isServer) return true;
    const bits = Number(value);
    if (value === true || !Number.isInteger(bits) || bits < 8 || bits > 15) throw invalid();
    return bits;
  }

  /** Compresses a message, or a fragment of one. The callback is called in a later turn of the event loop. */
  compress(data: Uint8Array | string, isLast: boolean, callback: Callback): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    const settle = (output: Buffer | undefined) =>
      setImmediate(() => {
        if (output !== undefined && !this.#isClosed) callback(null, output);
        else callback(new Error('The deflate stream was closed while data was being processed'));
      });
    const output = this.deflate(bytes, isLast);
    if (isThenable(output)) void output.then(settle);
    else settle(output);
  }

  /** Inflates a message, or a fragment of one. The last fragment inflates to the whole message. */
  decompress(data: Uint8Array, isLast: boolean, callback: Callback): void {
    this.#fragments.push(data);
    if (!isLast) {
      setImmediate(() => callback(null, EMPTY_BUFFER));
      return;
    }
    const bytes = Buffer.concat(this.#fragments);
    this.#fragments = [];
    const settle = (output: Buffer | FrameError | undefined) =>
      setImmediate(() => {
        if (output !== undefined) Buffer.isBuffer(output) ? callback(null, output) : callback(output);
      });
    const output = this.inflate(bytes);
    if (isThenable(output)) void output.then(settle);
    else settle(output);
  }

  /** Releases all memory. */
  cleanup(): void {
    this.#isClosed = true;
    this.#deflater?.close();
    this.#inflater?.close();
    this.#deflater = undefined;
    this.#inflater = undefined;
  }

  /**
   * Compresses a message or a fragment. Returns a promise if it is compressed on the thread pool. The next one must
   * then wait.
   */
  deflate(bytes: Uint8Array, isLast: boolean): Buffer | Promise<Buffer | undefined> {
    if (this.#deflater === undefined) {
      const { level = 6, memLevel = 8, windowBits = 15 } = this._options.zlibDeflateOptions ?? {};
      const own = this.#parametersOf(this._isServer ? 'server' : 'client', windowBits);
      // zlib has no window of 8 bits. At level 0, its output refers to no earlier bytes, so it fits any window.
      const isTooSmall = own.windowBits < MIN_DEFLATE_WINDOW_BITS;
      const fit = isTooSmall ? { windowBits: MIN_DEFLATE_WINDOW_BITS, level: 0 } : { level };
      this.#deflater = new Deflater({ ...own, memLevel, ...fit });
    }
    const finish = (output: Uint8Array) => (isLast ? asBuffer(output) : Buffer.concat([output, TAIL]));
    const output = this.#deflater.deflate(bytes);
    return isThenable(output) ? output.then(result => result && finish(result)) : finish(output);
  }

  /** Inflates a message. Returns a promise if it is inflated on the thread pool. The next one must then wait. */
  inflate(bytes: Uint8Array): Buffer | FrameError | Promise<Buffer | FrameError | undefined> {
    this.#inflater ??= new Inflater({
      ...this.#parametersOf(this._isServer ? 'client' : 'server', 15),
      maxMessageSize: this._maxPayload || constants.MAX_LENGTH,
    });
    const output = this.#inflater.inflate(bytes);
    return isThenable(output) ? output.then(result => result && toResult(result)) : toResult(output);
  }

  #parametersOf(sender: 'server' | 'client', windowBits: number): { windowBits: number; noContextTakeover: boolean } {
    const bits = this.params?.[`${sender}_max_window_bits`];
    return {
      windowBits: typeof bits === 'number' ? bits : windowBits,
      noContextTakeover: this.params?.[`${sender}_no_context_takeover`] === true,
    };
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function toResult(output: Uint8Array | InflateFault): Buffer | FrameError {
  if (!(output instanceof InflateFault)) return asBuffer(output);
  if (output.kind === 'too-big') return payloadTooLarge();
  return Object.assign(new Error(output.detail), { code: 'Z_DATA_ERROR', errno: -3, [kStatusCode]: 1007 });
}
