import { isDeepStrictEqual } from 'node:util';
import { inflate } from './compression.js';
import type { ConformanceCase, Gets, GetsCompressed, GetsMessage, Line, Sends } from './conformance-case.js';
import { ClientListener, openTo, switchingProtocols } from './opening.js';
import type { RawConnection } from './raw-connection.js';
import {
  cut,
  describeSegmentation,
  inPiecesOf,
  MOST_SINGLE_BYTES,
  randomNumbers,
  type Segmentation,
} from './segmentation.js';
import { CLOSE, CONTINUATION, describeFrame, encodeFrame, type Frame, type Role, RSV1 } from './wire.js';

/** How the endpoint's API reports the end of a connection (RFC 6455 §7.1.4, §7.1.5). */
export interface EndReport {
  readonly code: number;
  readonly wasClean: boolean;
}

/** A server that is ready for a connection. */
export interface ReadyServer {
  readonly port: number;
  /** Resolves when the connection has ended. */
  readonly report: Promise<EndReport>;
}

/** What is under test. The tester knows nothing else about it. */
export type Endpoint =
  | {
      readonly role: 'server';
      /** Prepares for the connection that requests `target`. */
      prepare(target: string, testCase: ConformanceCase): Promise<ReadyServer>;
    }
  | {
      readonly role: 'client';
      /** Connects. Resolves when the connection has ended. */
      connect(url: string, testCase: ConformanceCase): Promise<EndReport>;
    };

/** How many lines of the transcript an error shows. */
const SHOWN_LINES = 24;

/** Plays the peer of an endpoint: a client for a server, and a server for a client. */
export class Tester {
  readonly #endpoint: Endpoint;
  readonly #role: Role;
  readonly #listener = new ClientListener();
  #port = 0;
  #runs = 0;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#role = endpoint.role === 'client' ? 'server' : 'client';
  }

  async start(): Promise<void> {
    if (this.#role === 'server') this.#port = await this.#listener.listen();
  }

  stop(): void {
    this.#listener.close();
  }

  /** Runs a case in every segmentation. @throws {Error} for the first failure, with its transcript */
  async runInEverySegmentation(testCase: ConformanceCase, seed: number): Promise<void> {
    await Promise.all(this.segmentationsOf(testCase, seed).map(each => this.run(testCase, each, seed)));
  }

  segmentationsOf(testCase: ConformanceCase, seed: number): Segmentation[] {
    const segmentations: Segmentation[] = [{ kind: 'whole' }];
    if (this.#role === 'server') segmentations.push({ kind: 'with the opening handshake' });
    segmentations.push({ kind: 'random', seed });
    if (sizeOf(testCase) <= MOST_SINGLE_BYTES)
      segmentations.push({ kind: 'byte by byte' }, { kind: 'random', seed: ~seed });
    return segmentations;
  }

  /** @throws {Error} saying what failed, how the case was sent, and what was sent and received */
  async run(testCase: ConformanceCase, segmentation: Segmentation, seed: number): Promise<void> {
    const transcript: Transcript = [];
    try {
      await this.#run(testCase, segmentation, seed, transcript);
    } catch (error) {
      const { id, title } = testCase;
      const how = `sent to the ${this.#endpoint.role}, segmentation: ${describeSegmentation(segmentation)}, seed ${seed}`;
      const shown = transcript.slice(-SHOWN_LINES).map(describeLine);
      throw new Error([`${id} ${title}`, (error as Error).message, how, ...shown].join('\n'), { cause: error });
    }
  }

  async #run(
    testCase: ConformanceCase,
    segmentation: Segmentation,
    seed: number,
    transcript: Transcript,
  ): Promise<void> {
    const { connection, report, early } = await this.#open(testCase);
    try {
      const randomKey = randomNumbers(seed);
      const batches = inBatches(testCase.dialogue);
      const isEarly = segmentation.kind === 'with the opening handshake' && batches[0]?.kind === 'sends';
      if (early.length > 0 && !isEarly) await this.#deliver(connection, [early]);
      for (const [i, batch] of batches.entries()) {
        if (batch.kind === 'sends') {
          for (const line of batch.lines) transcript.push(line);
          const pieces = this.#pieces(batch.lines, segmentation, randomKey);
          if (i === 0 && isEarly) pieces[0] = Buffer.concat([early, pieces[0]!]);
          await this.#deliver(connection, pieces);
        } else if (batch.line.kind === 'gets') {
          await expectFrame(connection, batch.line, transcript);
        } else if (batch.line.kind === 'gets compressed') {
          await expectCompressed(connection, batch.line, transcript);
        } else {
          await expectMessage(connection, batch.line, transcript);
        }
      }
      await this.#end(connection, testCase);
      expectReport(await report, testCase);
      expectNothing(connection);
    } finally {
      connection.socket.destroy();
    }
  }

  /** Performs the opening handshake. For a client, `early` is the 101 response, which is not sent yet. */
  async #open(testCase: ConformanceCase): Promise<Opened> {
    const target = `/${testCase.id}/${++this.#runs}`;
    if (this.#endpoint.role === 'server') {
      const { port, report } = await this.#endpoint.prepare(target, testCase);
      const connection = await openTo(port, target, testCase.extension);
      return { connection, report, early: Buffer.alloc(0) };
    }
    const arrival = this.#listener.client(target);
    const report = this.#endpoint.connect(`ws://127.0.0.1:${this.#port}${target}`, testCase);
    // The report is awaited at the end. Until then, its rejection must not count as unhandled.
    report.catch(() => {});
    // If the client cannot connect, `arrival` never resolves.
    const client = await Promise.race([arrival, report.then(() => arrival)]);
    return {
      connection: client.connection,
      report,
      early: Buffer.from(switchingProtocols(client, testCase.extension)),
    };
  }

  #encode({ what }: Sends, randomKey: () => number): Uint8Array {
    return what instanceof Uint8Array ? what : encodeFrame(what, this.#role, randomKey);
  }

  #pieces(lines: readonly Sends[], segmentation: Segmentation, randomKey: () => number): Uint8Array[] {
    const encoded = lines.map(line => this.#encode(line, randomKey));
    const keepsPieces = segmentation.kind === 'whole' && lines.some(line => line.inPiecesOf !== undefined);
    if (!keepsPieces) return cut(Buffer.concat(encoded), segmentation);
    return lines.flatMap(({ inPiecesOf: size }, i) => inPiecesOf(encoded[i]!, size ?? encoded[i]!.length));
  }

  /** Writes the pieces, each in its own turn of the event loop. Stops if the endpoint ends TCP meanwhile. */
  async #deliver(connection: RawConnection, pieces: readonly Uint8Array[]): Promise<void> {
    const knewOfEnd = connection.hasEnded;
    for (const piece of pieces) {
      if (connection.error !== undefined || (connection.hasEnded && !knewOfEnd)) return;
      connection.socket.write(piece);
      await aTurn();
    }
  }

  async #end(connection: RawConnection, { ending }: ConformanceCase): Promise<void> {
    const { socket } = connection;
    if (ending === 'clean' && this.#role === 'server') {
      // "The underlying TCP connection, in most normal cases, SHOULD be closed first by the server" (§7.1.1).
      for (let i = 0; i < 3; i++) await aTurn();
      if (connection.hasEnded) throw new Error('the client ended TCP before the server did (§7.1.1)');
    }
    const isFirst = ending === 'dropped' || (ending === 'clean' && this.#role === 'server');
    if (isFirst) socket.end();
    await connection.ended();
    if (!isFirst) socket.end();
  }
}

interface Opened {
  readonly connection: RawConnection;
  readonly report: Promise<EndReport>;
  readonly early: Uint8Array;
}

type Batch =
  | { readonly kind: 'sends'; readonly lines: Sends[] }
  | { readonly kind: 'expects'; readonly line: Exclude<Line, Sends> };

/** Groups consecutive `sends` lines, which are written together. */
function inBatches(dialogue: readonly Line[]): Batch[] {
  const batches: Batch[] = [];
  for (const line of dialogue) {
    const last = batches.at(-1);
    if (line.kind !== 'sends') batches.push({ kind: 'expects', line });
    else if (last?.kind === 'sends') last.lines.push(line);
    else batches.push({ kind: 'sends', lines: [line] });
  }
  return batches;
}

async function expectFrame(connection: RawConnection, line: Gets, transcript: Transcript): Promise<void> {
  const got = await connection.frame(line.frame);
  transcript.push({ kind: 'gets', frame: got });
  if (got.opcode === CLOSE) checkReason(got);
  const compared = line.anyReason === true ? { ...got, payload: got.payload.subarray(0, 2) } : got;
  if (!isSame(compared, line.frame))
    throw new Error(`expected ${describeFrame(line.frame)}, but received ${describeFrame(got)}`);
}

async function expectMessage(connection: RawConnection, line: GetsMessage, transcript: Transcript): Promise<void> {
  const payloads: Uint8Array[] = [];
  for (let fin = false; !fin; ) {
    const got = await connection.frame();
    transcript.push({ kind: 'gets', frame: got });
    const expected = payloads.length === 0 ? line.opcode : CONTINUATION;
    if (got.opcode !== expected || got.rsv !== 0) throw new Error(`expected opcode ${expected} without reserved bits`);
    payloads.push(got.payload);
    fin = got.fin;
  }
  if (!Buffer.concat(payloads).equals(line.payload))
    throw new Error('the fragments together are not the message that was sent');
  if (payloads.length < line.fragments) throw new Error(`expected ${line.fragments} fragments, not ${payloads.length}`);
}

async function expectCompressed(
  connection: RawConnection,
  line: GetsCompressed,
  transcript: Transcript,
): Promise<void> {
  const got = await connection.frame();
  transcript.push({ kind: 'gets', frame: got });
  if (!got.fin || got.rsv !== RSV1 || got.opcode !== line.opcode) {
    throw new Error(`expected opcode ${line.opcode} with RSV1 in one frame, but received ${describeFrame(got)}`);
  }
  const message = inflate(got.payload, line.windowBits, line.history);
  if (!message.equals(line.message)) throw new Error('the inflated message differs from the one that was sent');
}

/** "Following the 2-byte integer, the body MAY contain UTF-8-encoded data" (§5.5.1), and nothing else. */
function checkReason({ payload }: Frame): void {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(2));
  } catch {
    throw new Error('the reason in the Close frame is not UTF-8 (§5.5.1)');
  }
}

function isSame(one: Frame, other: Frame): boolean {
  const isAlike = one.fin === other.fin && one.rsv === other.rsv && one.opcode === other.opcode;
  return isAlike && Buffer.compare(one.payload, other.payload) === 0;
}

function expectNothing(connection: RawConnection): void {
  if (connection.error !== undefined)
    throw new Error(`expected TCP to end without an error, but:  ${connection.error.message}`);
  const frame = connection.takeFrame();
  if (frame !== undefined) throw new Error(`expected nothing more, but received ${describeFrame(frame)}`);
  if (connection.rest > 0) throw new Error(`expected nothing more, but received ${connection.rest} bytes of a frame`);
}

/**
 * "_The WebSocket Connection Close Code_" is the peer's; 1005 if its Close frame had none, 1006 if none arrived
 * (§7.1.5).
 */
function expectReport(report: EndReport, { dialogue, ending }: ConformanceCase): void {
  const isClean = ending === 'clean';
  const expected = { code: isClean ? sentCode(dialogue) : 1006, wasClean: isClean };
  if (!isDeepStrictEqual(report, expected)) {
    throw new Error(`the endpoint should report ${JSON.stringify(expected)}, but reports ${JSON.stringify(report)}`);
  }
}

function sentCode(dialogue: readonly Line[]): number {
  for (const line of dialogue) {
    if (line.kind !== 'sends' || line.what instanceof Uint8Array || line.what.opcode !== CLOSE) continue;
    const { payload } = line.what;
    return payload.length === 0 ? 1005 : (payload[0]! << 8) | payload[1]!;
  }
  throw new Error('a case with the ending "clean" must send a Close frame');
}

/** Returns how many bytes a case sends, without frame headers. */
function sizeOf({ dialogue }: ConformanceCase): number {
  let size = 0;
  for (const line of dialogue) {
    if (line.kind === 'sends') size += line.what instanceof Uint8Array ? line.what.length : line.what.payload.length;
  }
  return size;
}

/** What was sent and received. It becomes text only after a failure. */
type Transcript = (Sends | Gets)[];

function describeLine(line: Sends | Gets): string {
  if (line.kind === 'gets') return `  ◀ ${describeFrame(line.frame)}`;
  const { what } = line;
  if (what instanceof Uint8Array) return `  ▶ ${what.length} raw bytes`;
  return `  ▶ ${describeFrame(what)}${what.announces === undefined ? '' : `, with a header that says ${what.announces}`}`;
}

function aTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
