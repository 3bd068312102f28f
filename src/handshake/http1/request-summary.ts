/**
 * Converts the head of an HTTP/1.1 request: from a request that node:http parsed, and to the fields that all versions
 * of HTTP have.
 */
import { Buffer } from 'node:buffer';
import { HeaderFields, type HeaderLine } from '../header-fields.js';
import type { RequestSummary } from '../request.js';
import { parseRequestTarget } from '../request-target.js';
import type { RequestHead } from './head.js';

/** Returns the fields of a request that all versions of HTTP have. The request may be invalid. */
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
  /** Names and values alternate, as received. `headers` would not do: it joins or drops repeated lines. */
  readonly rawHeaders: readonly string[];
}

/** Returns the head of a request that node:http has parsed, for judgeRequest(). */
export function requestHeadOf(request: ParsedRequest): RequestHead {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  const lines: HeaderLine[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) lines.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  return { method, target: url, version: httpVersion, headers: new HeaderFields(lines) };
}

/** Returns the bytes of a request that node:http has parsed, as far as it keeps them. */
export function encodeParsedRequest({ method, url, httpVersion, rawHeaders }: ParsedRequest): Uint8Array {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
