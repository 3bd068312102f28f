import { HandlerError, invalidType } from '../errors.js';
import { Refusal } from '../handshake/refusal.js';
import type { Denial, PendingRequest, ServerSettings } from './options.js';

/** What came of asking authorize(). */
export type Verdict<Context> =
  | { readonly context: Context }
  | { readonly refusal: Refusal; readonly error?: HandlerError };

/**
 * Asks the application whether a valid request may become a connection. Never rejects: an authorize() that fails, or takes too
 * long, says no.
 *
 * @param gone aborted when the client has gone, which makes the answer pointless
 */
export async function authorizeRequest<Context>(
  request: PendingRequest,
  settings: ServerSettings<Context>,
  gone: AbortSignal,
): Promise<Verdict<Context>> {
  const { authorize, authorizeTimeout } = settings;
  if (authorize === undefined) return { context: undefined as Context };
  const tooLate = new AbortController();
  const timer = setTimeout(
    () => tooLate.abort(new Error(`authorize() took more than ${authorizeTimeout} ms`)),
    authorizeTimeout,
  );
  const signal = AbortSignal.any([gone, tooLate.signal]);
  try {
    const answer = await Promise.race([authorize(request, { signal }), rejectionOf(signal)]);
    if (answer === false || answer === null) return { refusal: new Refusal(403) };
    // A forgotten `return` must not be an open door.
    if (answer === undefined) throw invalidType('what authorize() gives', 'a context, true, false or a denial', answer);
    return isDenial(answer) ? { refusal: new Refusal(answer.status, answer) } : { context: answer };
  } catch (thrown) {
    if (gone.aborted) return { refusal: new Refusal(408) };
    if (tooLate.signal.aborted) return { refusal: new Refusal(503), error: new HandlerError('authorize', thrown) };
    // What it threw is the server's to know, and not the client's.
    return { refusal: new Refusal(500), error: new HandlerError('authorize', thrown) };
  } finally {
    clearTimeout(timer);
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function isDenial(answer: unknown): answer is Denial {
  return typeof answer === 'object' && answer !== null && typeof (answer as Partial<Denial>).status === 'number';
}
