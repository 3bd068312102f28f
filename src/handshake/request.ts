/** A request for a WebSocket connection, as the rest of the library sees it. */
import type { ExtensionOffer } from './extension-header.js';
import { HeaderFields, type HeaderLine } from './header-fields.js';
import type { RequestHead } from './http1/head.js';
import { parseRequestTarget } from './request-target.js';

/** What any request asks for, valid or not. */
export interface RequestSummary {
  readonly method: string;
  /** The request-target as it was sent. */
  readonly target: string;
  /** The path of the target; undefined if the target is malformed. */
  readonly path: string | undefined;
  /** The query of the target, '' if there is none; undefined if the target is malformed. */
  readonly query: string | undefined;
  /** The authority of an absolute-form target, or else the Host header, as it was sent; undefined if there is neither. */
  readonly host: string | undefined;
  readonly headers: HeaderFields;
  /** The Origin header as it was sent. */
  readonly origin: string | undefined;
}

/** A valid opening handshake of a client's. */
export interface UpgradeRequest extends RequestSummary {
  /** The path of the target, begins with `/`, not percent-decoded. */
  readonly path: string;
  /** What follows the `?` in the target, '' where nothing does; `new URLSearchParams(query)` reads it. */
  readonly query: string;
  /** The host, with its port where one was sent, that the client wants: of an absolute-form target, else of Host. */
  readonly host: string;
  /** Sec-WebSocket-Key. */
  readonly key: string;
  /** The subprotocols that the client offers, the preferred one first. */
  readonly subprotocols: readonly string[];
  /** The extensions that the client offers, the preferred one first. */
  readonly extensions: readonly ExtensionOffer[];
  /** Whether an interim `100 Continue` must come before the 101. */
  readonly expectsContinue: boolean;
}

/** What the head of a request says, whatever becomes of the request. */
export function summarizeRequest({ method, target, headers }: RequestHead): RequestSummary {
  const parsed = parseRequestTarget(target);
  return {
    method,
    target,
    path: parsed?.path,
    query: parsed?.query,
    host: parsed?.authority ?? headers.get('Host'),
    headers,
    origin: headers.get('Origin'),
  };
}

/** The parts of a node:http IncomingMessage that the opening handshake needs. */
export interface ParsedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  /** Names and values in turn, as they came; never `headers`, which joins and drops repeated lines. */
  readonly rawHeaders: readonly string[];
}

/** The head of a request that node:http has parsed, for judgeRequest(). */
export function requestHeadOf(request: ParsedRequest): RequestHead {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  const lines: HeaderLine[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) lines.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  return { method, target: url, version: httpVersion, headers: new HeaderFields(lines) };
}
