import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { encodeRefusal, Refusal } from '../../handshake/index.js';
import { dial, HandshakeError } from '../../index.js';
import { clearTimeout, now, setTimeout } from '../../timers.js';
import type { Side, WireEvent } from '../../wire/index.js';
import { MAX_HEAD, RequestHead, ResponseHeads } from './heads.js';
import type { TapOptions } from './options.js';
import { Pipe } from './pipe.js';
import { PongFilter } from './pong-filter.js';
import { changeHead, type HeadChanges } from './request-head.js';

/** How long the target may take to accept a connection, and a client to take a refusal, in milliseconds. */
const DIAL_TIMEOUT = 30_000;
const LINGER_TIME = 1_000;

/** How many bytes after the head are kept while the target is dialed. */
const MAX_EARLY = 65_536;

const TLS_HANDSHAKE = 0x16;

/** What all relays of a tap share. */
export interface RelaySettings {
  readonly changes: HeadChanges;
  readonly options: TapOptions;
}

/** One direction of a relay that is open. */
interface Direction {
  readonly pipe: Pipe;
  readonly filter: PongFilter | undefined;
}

/**
 * One client of a tap, and its connection to the target.
 *
 *     client ──▶ head, changed ──▶ dial() ──▶ Pipe ──▶ server
 *     client ◀────────────────────────────── Pipe ◀── server
 *        ◀── 431 or 502, if that fails
 */
export class Relay {
  /** Resolves when both connections have closed. */
  readonly closed: Promise<void>;
  readonly #id: number;
  readonly #client: Socket;
  readonly #settings: RelaySettings;
  readonly #dialing = new AbortController();
  #server: Socket | undefined;
  #head: RequestHead | undefined = new RequestHead();
  /** What the client sends while the target is dialed. */
  readonly #early: Buffer[] = [];
  #earlySize = 0;
  #hasClientEnded = false;
  /** Set when the relay is open. */
  #directions: Readonly<Record<Side, Direction>> | undefined;
  #isUpgrade = false;
  readonly #responseHeads = new ResponseHeads();
  /** How many bytes of frames may still pass. */
  #bytesLeft: number;
  #cutTimer: NodeJS.Timeout | undefined;
  readonly #ended: Record<Side, boolean> = { client: false, server: false };
  #isAnnounced = false;
  #openSockets = 1;
  #resolveClosed = (): void => {};

  constructor(id: number, client: Socket, settings: RelaySettings) {
    this.#id = id;
    this.#client = client;
    this.#settings = settings;
    this.#bytesLeft = settings.options.cutAfter?.bytes ?? Number.POSITIVE_INFINITY;
    this.closed = new Promise(resolve => {
      this.#resolveClosed = resolve;
    });
    client.setNoDelay(true);
    client.on('data', (chunk: Buffer) => this.#clientData(chunk));
    client.on('end', () => this.#clientEnd());
    client.on('error', ignore);
    client.on('close', () => this.#socketClosed('client', client));
  }

  /** Ends both connections at once. */
  destroy(): void {
    this.#dialing.abort();
    if (this.#directions !== undefined && !this.#client.destroyed) this.#note('the tap ends both connections');
    this.#stop('fin');
    this.#client.destroy();
    this.#server?.destroy();
  }

  // The client

  #clientData(chunk: Buffer): void {
    if (this.#directions !== undefined) {
      this.#pass(this.#directions.client, chunk, this.#isUpgrade ? 0 : chunk.length);
    } else if (this.#head === undefined) {
      this.#keep(chunk);
    } else {
      this.#takeHead(this.#head, chunk);
    }
  }

  #keep(chunk: Buffer): void {
    this.#early.push(chunk);
    this.#earlySize += chunk.length;
    if (this.#earlySize > MAX_EARLY) this.#client.pause();
  }

  #takeHead(reader: RequestHead, chunk: Buffer): void {
    const request = reader.take(chunk);
    if (request !== undefined && !reader.isTooLarge) {
      this.#head = undefined;
      if (request.rest.length > 0) this.#keep(request.rest);
      void this.#dial(request.head);
    } else if (reader.isTooLarge) {
      this.#refuse(431, `the head of the request has more than ${MAX_HEAD} bytes`);
    } else if (reader.firstByte === TLS_HANDSHAKE) {
      this.#note('the client speaks TLS, but this end has no certificate: connect with ws:// instead of wss://');
      this.#client.destroy();
    }
  }

  #clientEnd(): void {
    this.#hasClientEnded = true;
    if (this.#directions !== undefined) this.#endDirection('client', 'fin');
    else if (this.#head !== undefined) this.#client.destroy();
  }

  async #dial(head: Buffer): Promise<void> {
    const { changes, options } = this.#settings;
    const { destination } = changes.target;
    const { signal } = this.#dialing;
    const timer = setTimeout(
      () => this.#dialing.abort(new Error(`no answer within ${DIAL_TIMEOUT / 1000} s`)),
      DIAL_TIMEOUT,
    );
    try {
      const server = await dial(destination, signal, {
        socket: options.socket,
        tls: options.tls,
        proxy: options.proxy,
      });
      if (this.#client.destroyed) server.destroy();
      else this.#open(server, head);
    } catch (error) {
      if (this.#client.destroyed) return;
      this.#announce();
      this.#emit({ type: 'bytes', from: 'client', time: time(), bytes: head });
      this.#refuse(502, `cannot connect to ${destination.href}: ${reasonOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Answers the client in place of the target. */
  #refuse(status: number, reason: string): void {
    this.#head = undefined;
    this.#announce();
    this.#note(`${reason}; the client gets ${status} from the tap`);
    const phrase = status === 502 ? 'Bad Gateway' : undefined;
    const response = encodeRefusal(new Refusal(status, { reason: phrase, body: `ws101 tap: ${reason}\n` }));
    this.#emit({ type: 'bytes', from: 'server', time: time(), bytes: response });
    this.#endOnce('server', 'fin');
    this.#early.length = 0;
    this.#client.end(response);
    const timer = setTimeout(() => this.#client.destroy(), LINGER_TIME);
    this.#client.removeAllListeners('data').resume();
    this.#client.once('close', () => clearTimeout(timer));
  }

  // Both directions

  #open(server: Socket, head: Buffer): void {
    this.#server = server;
    this.#openSockets++;
    this.#announce();
    const { changes, options } = this.#settings;
    const changed = changeHead(head.toString('latin1'), changes);
    this.#isUpgrade = changed.isUpgrade;
    this.#directions = {
      client: this.#direction('client', this.#client, server),
      server: this.#direction('server', server, this.#client),
    };
    const { client, server: back } = this.#directions;
    server.on('data', (chunk: Buffer) => this.#pass(back, chunk, this.#responseHeads.take(chunk)));
    server.on('end', () => this.#endDirection('server', 'fin'));
    server.on('error', ignore);
    server.on('close', () => this.#socketClosed('server', server));
    client.pipe.push(Buffer.from(changed.text, 'latin1'), false);
    for (const chunk of this.#early.splice(0)) this.#clientData(chunk);
    if (this.#hasClientEnded) this.#endDirection('client', 'fin');
    else if (this.#earlySize > MAX_EARLY) this.#client.resume();
    if (server.destroyed) this.#socketClosed('server', server);
    const { time: cutTime } = options.cutAfter ?? {};
    if (cutTime !== undefined) this.#cutTimer = setTimeout(() => this.#cut(`${cutTime} ms`), cutTime);
  }

  #direction(from: Side, source: Socket, destination: Socket): Direction {
    const { delay = 0, bytesPerSecond, dropPongs = false } = this.#settings.options;
    const pipe = new Pipe(
      source,
      destination,
      { delay, bytesPerSecond },
      {
        admit: (bytes, areFrames) => this.#admit(bytes, areFrames),
        passed: bytes => this.#emit({ type: 'bytes', from, time: time(), bytes }),
        ended: how => {
          this.#endOnce(from, how);
          if (how === 'fin') destination.end();
          else reset(destination);
        },
      },
    );
    const dropped = (length: number) => this.#note(`dropped a Pong of the ${from} (payload length ${length})`);
    return { pipe, filter: dropPongs ? new PongFilter(dropped) : undefined };
  }

  /** Passes on bytes. Those from `frameStart` on are frames. */
  #pass({ pipe, filter }: Direction, bytes: Uint8Array, frameStart: number): void {
    pipe.push(bytes.subarray(0, frameStart), false);
    const frames = bytes.subarray(frameStart);
    if (frames.length === 0) return;
    for (const piece of filter?.take(frames) ?? [frames]) pipe.push(piece, true);
  }

  #endDirection(from: Side, how: 'fin' | 'reset'): void {
    const { pipe, filter } = this.#directions![from];
    if (filter !== undefined) pipe.push(filter.end(), true);
    pipe.end(how);
  }

  /** Returns the part of `bytes` that may pass, and cuts the connection after it if that is not all. */
  #admit(bytes: Uint8Array, areFrames: boolean): Uint8Array {
    if (!areFrames || bytes.length < this.#bytesLeft) {
      if (areFrames) this.#bytesLeft -= bytes.length;
      return bytes;
    }
    const admitted = bytes.subarray(0, this.#bytesLeft);
    this.#bytesLeft = 0;
    // After the last bytes were written.
    queueMicrotask(() => this.#cut(`${this.#settings.options.cutAfter?.bytes} bytes of frames`));
    return admitted;
  }

  #cut(after: string): void {
    if (this.#client.destroyed && this.#server?.destroyed !== false) return;
    this.#note(`cut both connections after ${after}`);
    this.#stop('reset');
    for (const socket of [this.#client, this.#server]) if (socket !== undefined) reset(socket);
  }

  #stop(how: 'fin' | 'reset'): void {
    clearTimeout(this.#cutTimer);
    for (const side of ['client', 'server'] as const) {
      this.#directions?.[side].pipe.stop();
      if (this.#isAnnounced) this.#endOnce(side, how);
    }
  }

  #socketClosed(side: Side, socket: Socket): void {
    this.#dialing.abort();
    const other = side === 'client' ? 'server' : 'client';
    if (this.#directions !== undefined) {
      // Both sides of a connection that ends regularly have sent their FIN.
      const isRegular = socket.readableEnded && socket.writableFinished;
      if (!isRegular) {
        this.#endDirection(side, 'reset');
        this.#directions[other].pipe.stop();
        this.#endOnce(other, 'reset');
      }
    } else if (this.#isAnnounced) {
      this.#endOnce(side, socket.errored === null ? 'fin' : 'reset');
    }
    this.#openSockets--;
    if (this.#openSockets > 0) return;
    clearTimeout(this.#cutTimer);
    this.#resolveClosed();
  }

  // Reports

  #announce(): void {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    const { destination } = this.#settings.changes.target;
    this.#settings.options.onOpen?.({
      id: this.#id,
      client: addressOf(this.#client),
      server: this.#server && (destination.socketPath ?? addressOf(this.#server)),
      isTls: destination.secure,
      time: time(),
    });
  }

  #endOnce(from: Side, how: 'fin' | 'reset'): void {
    if (this.#ended[from]) return;
    this.#ended[from] = true;
    void this.#emit({ type: 'end', from, time: time(), how });
  }

  #emit(event: WireEvent): Promise<void> | undefined {
    return this.#settings.options.onEvent?.(this.#id, event);
  }

  #note(note: string): void {
    this.#settings.options.onNote?.(this.#id, note);
  }
}

/** Resets a connection, so that the peer sees an error. TLS offers no reset: there, it ends without a close_notify. */
function reset(socket: Socket): void {
  if (socket instanceof TLSSocket || socket.destroyed) socket.destroy();
  else socket.resetAndDestroy();
}

function reasonOf(error: unknown): string {
  if (!(error instanceof HandshakeError)) return (error as Error).message;
  return error.hint === undefined ? error.summary : `${error.summary} (${error.hint})`;
}

function addressOf({ remoteAddress, remotePort }: Socket): string | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}

function time(): number {
  return performance.timeOrigin + now();
}

function ignore(): void {}
