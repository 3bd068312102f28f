/**
 * The server's side of the opening handshake over HTTP/1.1 (RFC 6455 §4.2):
 *
 *     bytes -> ServerHandshake -> Http1UpgradeRequest -> (the application agrees) -> acceptRequest() -> bytes of the 101
 *                              -> Refusal -----------------------------------------> encodeRefusal() -> bytes, and the end
 */
import { typeError } from '../../errors.js';
import { checkOptionNames, type OptionNames } from '../../option-names.js';
import { Refusal, textOfStatus } from '../refusal.js';
import { UPGRADE_POLICY_OPTION_NAMES, UpgradePolicy, type UpgradePolicyOptions } from '../upgrade-policy.js';
import type { RequestHead } from './head.js';
import { HEAD_LIMIT_NAMES, HeadFault, type HeadLimits, type HeadReader, requestHeadReader } from './head-reader.js';
import { type Http1UpgradeRequest, judgeRequest } from './request-rules.js';

/** Options of ServerHandshake: the requirements of a server, and the limits of a head. */
export interface ServerHandshakeOptions extends UpgradePolicyOptions, HeadLimits {}

export const SERVER_HANDSHAKE_OPTION_NAMES: OptionNames<ServerHandshakeOptions> = {
  ...UPGRADE_POLICY_OPTION_NAMES,
  ...HEAD_LIMIT_NAMES,
};

/** The status that answers each fault of a head. */
const STATUS_OF_FAULT: Readonly<Record<HeadFault['kind'], number>> = {
  syntax: 400,
  'start-line-too-long': 414,
  'too-large': 431,
};

/** The first byte of a TLS ClientHello record (RFC 8446 §5.1). No HTTP request starts with it. */
const TLS_HANDSHAKE = 0x16;

const NO_BYTES = new Uint8Array(0);

/** Reads one opening handshake from the bytes of one connection. */
export class ServerHandshake {
  readonly #policy: UpgradePolicy;
  readonly #reader: HeadReader<Omit<RequestHead, 'headers'>>;
  #rest: Uint8Array = NO_BYTES;
  #isOver = false;
  #head: RequestHead | undefined;

  /**
   * @param policy the policy that all connections of a server share. If it is left out, it is made of `options`.
   *   Otherwise, only the limits in `options` are used.
   * @throws {TypeError | RangeError} if an option is unknown or malformed
   */
  constructor(options: ServerHandshakeOptions = {}, policy?: UpgradePolicy) {
    this.#policy = policy ?? policyOf(options);
    this.#reader = requestHeadReader(options);
  }

  /** The bytes after the head in its last chunk: the first frames. Empty after a refusal. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  /** The head of the request once it has been read, even if the request is refused; undefined if it is malformed. */
  get head(): RequestHead | undefined {
    return this.#head;
  }

  /**
   * Takes the next bytes, in any segmentation. Returns the outcome, or undefined while more bytes are needed.
   *
   * @throws {TypeError} after the outcome: later bytes belong to the connection
   */
  receive(chunk: Uint8Array): Http1UpgradeRequest | Refusal | undefined {
    if (this.#isOver) throw typeError('the opening handshake is over: pass this chunk to the connection');
    const firstByte = this.#reader.size === 0 ? chunk[0] : undefined;
    const head = this.#reader.receive(chunk);
    if (head === undefined) return undefined;
    this.#isOver = true;
    if (head instanceof HeadFault) return refusalOf(head, firstByte);
    this.#head = head;
    const outcome = judgeRequest(head, this.#policy);
    if (!(outcome instanceof Refusal)) this.#rest = this.#reader.rest;
    return outcome;
  }
}

function policyOf(options: ServerHandshakeOptions): UpgradePolicy {
  checkOptionNames(options, SERVER_HANDSHAKE_OPTION_NAMES);
  const { path, origins, hosts } = options;
  return new UpgradePolicy({ path, origins, hosts });
}

function refusalOf(fault: HeadFault, firstByte: number | undefined): Refusal {
  const hint = firstByte === TLS_HANDSHAKE ? ' (this looks like TLS, but the port speaks plain HTTP: try ws://)' : '';
  const status = STATUS_OF_FAULT[fault.kind];
  const detail = `The request head: ${fault.message}${hint}`;
  return new Refusal(status, { body: `${textOfStatus(status)}${detail}\n`, detail });
}
