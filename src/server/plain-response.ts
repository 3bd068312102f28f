import { callOption } from '../application-code.js';
import { invalidString, invalidType, invalidValue } from '../errors.js';
import { FIELD_VALUE, isFieldValue } from '../handshake/grammar.js';
import { callersHeaders, HANDSHAKE_HEADERS, type HeaderFields, type HeaderInput } from '../handshake/header-fields.js';
import type { FinalResponse } from '../handshake/http1/responses.js';
import type { RequestSummary } from '../handshake/request.js';
import { checkOptionNames, type OptionNames } from '../option-names.js';
import type { RefusedRequest } from './requests.js';

/** A GET or HEAD request that does not ask for a WebSocket. */
export type PlainRequest = Pick<RefusedRequest, 'method' | 'target' | 'query' | 'host' | 'headers'> & {
  /** The path of the target. It starts with `/` and is not percent-decoded. */
  readonly path: string;
};

/** The answer to a PlainRequest. */
export interface PlainResponse {
  /** 200 to 599. Default 200. */
  readonly status?: number;
  /** The reason phrase. Default ''. */
  readonly reason?: string;
  /** Extra headers, such as Content-Type. Default: text/plain in UTF-8. */
  readonly headers?: HeaderInput;
  /** Sent as UTF-8. Default ''. */
  readonly body?: string;
}

const RESPONSE_NAMES: OptionNames<PlainResponse> = { status: true, reason: true, headers: true, body: true };

/** The option `respond`: returns the answer to a request, or undefined to refuse it with 426. */
export type Respond = (request: PlainRequest) => PlainResponse | undefined;

/**
 * Asks the application for the answer to a request.
 *
 * @returns undefined if there is none, or if the request is for a WebSocket
 * @throws {HandlerError} if the function fails, or returns something that can't be sent
 */
export function plainResponse(respond: Respond | undefined, request: RequestSummary): FinalResponse | undefined {
  const { method, path, headers } = request;
  if (respond === undefined || asksForWebSocket(headers) || (method !== 'GET' && method !== 'HEAD')) return undefined;
  // The target is malformed, such as `*`, which is for OPTIONS (RFC 9112 §3.2.4). The refusal says so.
  if (path === undefined) return undefined;
  return callOption('respond', 'a response or undefined', () => {
    const response = respond({ ...request, path });
    return response === undefined ? undefined : checked(response, method === 'HEAD');
  });
}

/**
 * Whether an Upgrade header names WebSocket. Some HTTP clients, such as Java's, offer h2c with every request: "A server
 * MAY ignore a received Upgrade header field" (RFC 9110 §7.8).
 */
function asksForWebSocket(headers: HeaderFields): boolean {
  return headers.all('Upgrade').some(value => /websocket/i.test(value));
}

function checked(response: PlainResponse, answersHead: boolean): FinalResponse {
  // callOption() refuses a promise.
  if (typeof (response as { then?: unknown } | null)?.then === 'function') return response as never;
  if (typeof response !== 'object' || response === null) throw invalidType('the response', 'an object', response);
  checkOptionNames(response, RESPONSE_NAMES);
  const { status = 200, reason = '', headers, body = '' } = response;
  if (typeof status !== 'number') throw invalidType('status', 'a number', status);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw invalidValue('status', 'an integer from 200 to 599', status);
  }
  if (typeof reason !== 'string' || !isFieldValue(reason)) throw invalidString('reason', FIELD_VALUE, reason);
  if (typeof body !== 'string') throw invalidType('body', 'a string', body);
  const fields: HeaderFields = callersHeaders(headers, HANDSHAKE_HEADERS);
  return { status, reason, headers: fields, body, answersHead };
}
