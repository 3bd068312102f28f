import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  CLOSE_CODE,
  type PlainRequest,
  type PlainResponse,
  type WebSocketConnection,
  WebSocketServer,
  type WireTap,
} from '../../index.js';
import { clearTimeout, now, setTimeout } from '../../timers.js';
import type { Side, WireEvent } from '../../wire/index.js';
import { diagnose, encodeRecords, factsFromText } from '../../wire/index.js';
import { EventLog } from './event-log.js';
import { inspectorTap } from './inspector-tap.js';
import { readPage } from './page-file.js';

/** Only programs of this machine can connect. */
const HOST = '127.0.0.1';
/** The hosts that a request may name. Others come from DNS rebinding. */
const HOSTS = [HOST, 'localhost'];

/** How long records wait for more, in milliseconds, so that a page gets few large messages. */
const BATCH_DELAY = 40;
/** How many bytes of records a message has, and how many bytes may wait for a page that reads slowly. */
const BATCH_SIZE = 2 ** 18;
const MAX_WAITING = 2 ** 20;

/** How many pages may be open at once. */
const MAX_PAGES = 16;

/** The largest frame that a page may send by hand, in base64, and the JSON around it. */
const MAX_ORDER = 2 ** 20;

/** Options of inspector(). */
export interface InspectorOptions {
  /** The port to listen on. Default: a free one. */
  readonly port?: number | undefined;
  /** What the URL must contain to open the page. Default: 128 random bits. */
  readonly token?: string | undefined;
  /** What the page shows as its title, such as the command. */
  readonly title?: string | undefined;
  /** Lets the page send frames by hand. Without it, the page only watches. */
  readonly send?: SendByHand | undefined;
  /** The page, as HTML. Default: the file `inspector.html` of the package. */
  readonly page?: string | undefined;
}

/** How the inspector page sends frames by hand. */
export interface SendByHand {
  /** The sides that frames can be sent for. */
  readonly from: readonly Side[];
  /**
   * Writes the bytes of a frame, legal or not, to a connection.
   *
   * @throws if that is not possible; the page shows the message
   */
  send(connection: number, from: Side, frame: Uint8Array): void;
}

/** A connection that the inspector shows. */
export interface InspectedConnection {
  /** Counts from 1. */
  readonly id: number;
  /** The address and port of the client. */
  readonly client?: string | undefined;
  /** The address and port of the server. */
  readonly server?: string | undefined;
  readonly isTls?: boolean | undefined;
}

/** A running inspector page. */
export interface Inspector {
  /** The address of the page, with its token. */
  readonly url: string;
  /**
   * Returns a tap for connect() or WebSocketServer that shows the connections of this process. It counts them from 1, so
   * use either taps or open().
   *
   * @param role the side that this process has
   */
  tap(role: Side): WireTap;
  /** Shows a connection. Must be called before push(). */
  open(connection: InspectedConnection): void;
  /** Shows an event of a connection. Copies its bytes. */
  push(connectionId: number, event: WireEvent): void;
  /** Sends what the pages have not seen, and stops. */
  close(): Promise<void>;
}

/**
 * Starts a page that shows connections live, on a port of its own that only this machine reaches:
 *
 *     const page = await inspector();
 *     const server = new WebSocketServer({ port: 8080, tap: () => page.tap('server') });
 *     console.log(page.url);
 *
 * @throws if the port is in use, or if the package was not built
 */
export async function inspector(options: InspectorOptions = {}): Promise<Inspector> {
  const { port = 0, token = randomToken(), title = '', send, page = readPage() } = options;
  const log = new EventLog();
  const pages = new Map<WebSocketConnection, number>();
  let timer: NodeJS.Timeout | undefined;
  const server = new WebSocketServer({
    host: HOST,
    port,
    hosts: HOSTS,
    maxConnections: MAX_PAGES,
    maxMessageSize: MAX_ORDER,
    path: '/live',
    respond: request => answer(request, token, page),
    authorize: ({ query }) => (hasToken(query, token) ? true : { status: 403 }),
  });

  const flush = (): void => {
    timer = undefined;
    for (const [connection, start] of pages) {
      let next = start;
      while (next < log.end && connection.bufferedAmount < MAX_WAITING) {
        const { records, next: end, dropped } = log.read(next, BATCH_SIZE);
        if (dropped > 0) connection.send(JSON.stringify({ type: 'dropped', records: dropped }));
        connection.send(encodeRecords(records));
        next = end;
      }
      pages.set(connection, next);
      if (next < log.end) schedule();
    }
  };
  const schedule = (): void => {
    if (pages.size > 0) timer ??= setTimeout(flush, BATCH_DELAY);
  };

  server.on('connection', connection => {
    const from = send?.from ?? [];
    connection.send(JSON.stringify({ type: 'hello', title, sendsFrom: from }));
    pages.set(connection, 0);
    connection.on('message', data => {
      connection.send(JSON.stringify(answerOf(data, send)));
    });
    connection.on('close', () => pages.delete(connection));
    schedule();
  });
  await once(server, 'listening');

  let count = 0;
  const started: Inspector = {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}/?token=${token}`,
    tap: role => inspectorTap(started, role, () => ++count),
    open({ id, client, server: address, isTls = false }) {
      log.push({ type: 'open', connection: id, client, server: address, isTls, time: performance.timeOrigin + now() });
      schedule();
    },
    push(id, event) {
      for (const piece of piecesOf(event)) {
        log.push({ type: 'event', connection: id, event: piece, offset: log.offsetOf(id, event.from) });
      }
      schedule();
    },
    async close() {
      clearTimeout(timer);
      flush();
      clearTimeout(timer);
      await server.close({ code: CLOSE_CODE.GOING_AWAY });
    },
  };
  return started;
}

function answer({ path, query, host }: PlainRequest, token: string, page: string): PlainResponse {
  if (!HOSTS.includes(host?.replace(/:\d+$/, '') ?? ''))
    return { status: 403, body: 'Open the page by its IP address.\n' };
  // Browsers ask for it by themselves.
  if (path === '/favicon.ico') return { status: 204 };
  if (path !== '/') return { status: 404, body: 'Not found.\n' };
  if (!hasToken(query ?? '', token)) {
    return { status: 403, body: 'The token in the URL is missing or wrong. Use the URL that the command printed.\n' };
  }
  return {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      // The page has the rest of its policy itself. A <meta> element cannot forbid frames.
      'Content-Security-Policy': "frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
    body: page,
  };
}

/** Carries out a request of a page: to send a frame, or to diagnose a problem. */
function answerOf(data: string | Buffer, send: SendByHand | undefined): object {
  try {
    const { type, connection, from, frame, facts } = JSON.parse(String(data));
    if (type === 'diagnose') return { type: 'diagnosis', connection, diagnoses: diagnose(factsFromText(facts)) };
    if (send === undefined) return { type: 'sent', problem: 'this page only watches' };
    if (!send.from.includes(from)) return { type: 'sent', problem: `frames of the ${from} cannot be sent` };
    send.send(Number(connection), from, Buffer.from(String(frame), 'base64'));
    return { type: 'sent' };
  } catch (error) {
    return { type: 'sent', problem: String((error as Error).message) };
  }
}

/** Compares in a time that does not depend on where the first difference is. */
function hasToken(query: string, token: string): boolean {
  const given = new URLSearchParams(query).get('token') ?? '';
  if (given.length !== token.length) return false;
  let difference = 0;
  for (let i = 0; i < token.length; i++) difference |= given.charCodeAt(i) ^ token.charCodeAt(i);
  return difference === 0;
}

function randomToken(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
}

/** Copies an event. One write can have more bytes than may wait for a page, so it becomes several events. */
function piecesOf(event: WireEvent): WireEvent[] {
  if (event.type === 'message') return [{ ...event, data: new Uint8Array(event.data) }];
  if (event.type !== 'bytes') return [event];
  const pieces: WireEvent[] = [];
  for (let at = 0; at < event.bytes.length; at += BATCH_SIZE) {
    pieces.push({ ...event, bytes: new Uint8Array(event.bytes.subarray(at, at + BATCH_SIZE)) });
  }
  return pieces;
}
