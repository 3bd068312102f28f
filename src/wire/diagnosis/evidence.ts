/** Lookups that several rules share. */
import { HeaderFields } from '../../handshake/header-fields.js';
import type { Change, Facts, ResponseFacts, RetryFacts } from './facts.js';

/** Returns the further attempt with this change, if the WebSocket opened. */
export function opensWith({ retries }: Facts, ...changes: readonly Change[]): RetryFacts | undefined {
  return retries?.find(({ change, isOpen }) => isOpen && changes.includes(change));
}

export function headersOf(message: { readonly headers: ResponseFacts['headers'] } | undefined): HeaderFields {
  return new HeaderFields(message?.headers ?? []);
}

/** Returns the tokens of a header that is a list. */
export function listOf(value: string | undefined): readonly string[] {
  return (value ?? '')
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '');
}

/** Returns the words of a page or another body, without markup, at most `length` characters. */
export function wordsOf(body: string, length = 120): string {
  const words = messageOf(body) ?? wordsOfPage(body);
  return words.length > length ? `${words.slice(0, length)}…` : words;
}

/** Returns the message in a JSON body. */
function messageOf(body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  for (let depth = 0; depth < 2 && typeof value === 'object' && value !== null; depth++) {
    const fields = value as Record<string, unknown>;
    value = fields.message ?? fields.error ?? fields.detail ?? fields.reason ?? fields.title;
  }
  return typeof value === 'string' ? plain(value) : undefined;
}

function wordsOfPage(body: string): string {
  const title = plain(/<title[^>]*>([^<]*)/i.exec(body)?.[1] ?? '');
  // A title such as "403 Forbidden" repeats the status; the text below it may say more.
  const text = plain(
    body
      .replace(/<head[\s\S]*?<\/head>|<(script|style)[\s\S]*?<\/\1>/gi, ' ')
      .replace(/<\/?(a|b|code|em|i|span|strong)\b[^>]*>/gi, '')
      .replace(/<[^>]*>/g, ' '),
  );
  if (title !== '' && !/^(\d{3}|error)\b/i.test(title)) return title;
  const more = text.replace(title, '').trim();
  return more.length > 12 ? more : title || text;
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Returns a sentence part that quotes the body, or ''. */
export function saying(body: string): string {
  const words = wordsOf(body);
  return words === '' ? '' : `: "${words}"`;
}

/** Returns the value of Retry-After in words: seconds, or a date (RFC 9110 §10.2.3). */
export function retryAfter(response: ResponseFacts | undefined): string | undefined {
  const after = headersOf(response).get('Retry-After');
  return after !== undefined && /^\d+$/.test(after) ? `${after} s` : after && `until ${after}`;
}

/** Returns the response, unless it is a 101. */
export function refusalOf({ response }: Facts): ResponseFacts | undefined {
  return response?.status === 101 ? undefined : response;
}
