import { HandlerError, invalidReturn } from '../errors.js';
import { Refusal } from '../handshake/refusal.js';
import type { OptionNames } from '../option-names.js';
import { clearTimeout, setTimeout } from '../timers.js';
import type { Accepted, Denial, PendingRequest, ServerSettings } from './options.js';

/** What came of asking authorize(). */
export type Verdict<Context> =
  | { readonly context: Accepted<Context> }
  | { readonly refusal: Refusal; readonly error?: HandlerError };

const DENIAL_NAMES: OptionNames<Denial> = { status: true, reason: true, headers: true, body: true, detail: true };

/**
 * Asks the application whether a valid request may become a connection. Never rejects: an authorize() that fails, or takes too
 * long, says no.
 *
 * @param asking makes the signal of authorize(). Aborting it ends the wait. It serves this request alone: AbortSignal.any() would keep
 *   the listeners of authorize() alive for good (seen on Node 20).
 */
export async function authorizeRequest<Context>(
  request: PendingRequest,
  settings: ServerSettings<Context>,
  asking: AbortController,
): Promise<Verdict<Context>> {
  const { authorize, authorizeTimeout } = settings;
  if (authorize === undefined) return { context: undefined as Accepted<Context> };
  const { signal } = asking;
  let isTooLate = false;
  const timer = setTimeout(() => {
    isTooLate = true;
    asking.abort(new Error(`it took more than ${authorizeTimeout} ms (authorizeTimeout)`));
  }, authorizeTimeout);
  try {
    const answer = await Promise.race([authorize(request, { signal }), rejectionOf(signal)]);
    const refusal = refusalBy(answer);
    return refusal === undefined ? { context: answer as Accepted<Context> } : { refusal };
  } catch (thrown) {
    if (isTooLate) {
      const detail = `authorize() took longer than authorizeTimeout, ${authorizeTimeout} ms.`;
      return { refusal: new Refusal(503, { detail }), error: failure(thrown) };
    }
    // Nobody waits for the answer any more.
    if (signal.aborted) return { refusal: new Refusal(408) };
    // What it threw is the server's to know, and not the client's.
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
 * The refusal that an answer stands for, or undefined where it accepts.
 *
 * @throws {TypeError | RangeError} where it may have been meant either way: such an answer must not be an open door
 */
function refusalBy(answer: unknown): Refusal | undefined {
  if (answer instanceof Refusal) return answer;
  if (answer === false || answer === null) return new Refusal(403, { detail: `authorize() returned ${answer}.` });
  // As of a function that forgot to return.
  if (answer === undefined) throw invalidReturn('authorize', 'a context, true, false or a denial', answer);
  if (typeof answer !== 'object' || typeof (answer as Partial<Denial>).status !== 'number') return undefined;
  // A row of a database may have a status of its own, and a denial a typo.
  if (!Object.keys(answer).every(name => Object.hasOwn(DENIAL_NAMES, name))) {
    const expected =
      'a denial, of status, reason, headers, body and detail alone, or a context without a numeric `status` (wrapped, as in { user: row }, ' +
      'it may have one)';
    throw invalidReturn('authorize', expected, answer);
  }
  const denial = answer as Denial;
  return new Refusal(denial.status, denial);
}

function failure(thrown: unknown): HandlerError {
  return new HandlerError('authorize', thrown, 'option');
}
