import { HandlerError, invalidReturn } from '../errors.js';
import { Refusal, type RefusalOptions } from '../handshake/refusal.js';
import { ResponseHeaders } from '../handshake/response-headers.js';
import type { OptionNames } from '../option-names.js';
import { clearTimeout, setTimeout } from '../timers.js';
import type { PendingRequest } from './requests.js';

/**
 * A refusal by authorize(): any status from 300 to 599, with the headers and the body of the response. A Refusal works
 * as well.
 */
export interface Denial extends RefusalOptions {
  readonly status: number;
}

const DENIAL_NAMES: OptionNames<Denial> = { status: true, reason: true, headers: true, body: true, detail: true };

/** The values of authorize() that accept the request. */
export type Accepted<Context> = Exclude<Context, Denial | false | null>;

/** The values that authorize() may return. */
export type Answer<Context> = Context | Denial | false | null;

/** The second argument of `authorize`. */
export interface AuthorizeOptions {
  /** Aborts when the client has left, the server shuts down, or `authorizeTimeout` has passed. */
  readonly signal: AbortSignal;
  /**
   * Headers for the response that accepts the request. They are not sent with a refusal, because a Denial has headers
   * of its own.
   */
  readonly responseHeaders: ResponseHeaders;
}

/**
 * Decides whether a valid request is accepted.
 *
 * A Denial or a Refusal refuses it, and so do false and null (with 403). If the function throws or rejects, or returns
 * undefined or an object that has a numeric `status` but is not a Denial, the request is refused with 500, and
 * `handlerError` reports the failure. Any other value accepts the request and becomes `request.context` and
 * `connection.context`.
 */
export type Authorize<Context> = (
  request: PendingRequest,
  options: AuthorizeOptions,
) => Answer<Context> | Promise<Answer<Context>>;

/** The decision of the application. */
export type Verdict<Context> =
  | { readonly context: Accepted<Context>; readonly responseHeaders: ResponseHeaders }
  | { readonly refusal: Refusal; readonly error?: HandlerError };

/**
 * Asks the application whether a valid request may become a connection. Never rejects: if the application fails or
 * takes longer than `timeout`, the request is refused.
 *
 * @param abort provides the signal of authorize(). Aborting it ends the wait. It serves one request only, because on
 *   Node 20 AbortSignal.any() keeps the listeners of authorize() alive forever.
 */
export async function authorizeRequest<Context>(
  request: PendingRequest,
  authorize: Authorize<Context>,
  timeout: number,
  abort: AbortController,
): Promise<Verdict<Context>> {
  const { signal } = abort;
  const responseHeaders = new ResponseHeaders();
  let isTooLate = false;
  const timer = setTimeout(() => {
    isTooLate = true;
    abort.abort(new Error(`no answer within ${timeout} ms (authorizeTimeout)`));
  }, timeout);
  try {
    const answer = await Promise.race([authorize(request, { signal, responseHeaders }), rejectionOf(signal)]);
    const refusal = refusalIn(answer);
    return refusal === undefined ? { context: answer as Accepted<Context>, responseHeaders } : { refusal };
  } catch (thrown) {
    if (isTooLate) {
      const detail = `authorize() took more than ${timeout} ms (authorizeTimeout).`;
      return { refusal: new Refusal(503, { detail }), error: failure(thrown) };
    }
    // The request was refused, or its client has left. This refusal is not used.
    if (signal.aborted) return { refusal: new Refusal(408) };
    // The client must not see the error.
    const detail = 'authorize() failed: see the handlerError event.';
    return { refusal: new Refusal(500, { detail }), error: failure(thrown) };
  } finally {
    clearTimeout(timer);
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/**
 * Returns the refusal that an answer means, or undefined if the answer accepts the request.
 *
 * @throws {TypeError | RangeError} if the answer is ambiguous, because such an answer must not accept a request
 */
function refusalIn(answer: unknown): Refusal | undefined {
  if (answer instanceof Refusal) return answer;
  if (answer === false || answer === null) return new Refusal(403, { detail: `authorize() returned ${answer}.` });
  // The function may have forgotten to return.
  if (answer === undefined) throw invalidReturn('authorize', 'a context, true, false or a denial', answer);
  if (typeof answer !== 'object' || typeof (answer as Partial<Denial>).status !== 'number') return undefined;
  // A database row may have a status, and a denial may have a typo.
  if (!Object.keys(answer).every(name => Object.hasOwn(DENIAL_NAMES, name))) {
    const expected =
      'a denial with no properties but status, reason, headers, body and detail, or a context without a numeric `status` (wrap it, as in ' +
      '{ user: row })';
    throw invalidReturn('authorize', expected, answer);
  }
  const denial = answer as Denial;
  return new Refusal(denial.status, denial);
}

function failure(thrown: unknown): HandlerError {
  return new HandlerError('authorize', thrown, 'option');
}
