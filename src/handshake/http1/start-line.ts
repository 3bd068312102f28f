/** The first line of an HTTP/1.1 head (RFC 9112 §3, §4). */
import { isToken } from '../grammar.js';
import { isRequestTarget } from '../request-target.js';
import type { RequestHead, ResponseHead } from './head.js';

/** request-line = method SP request-target SP HTTP-version; undefined if `line` is malformed. */
export function parseRequestLine(line: string): Omit<RequestHead, 'headers'> | undefined {
  // RFC 9112 §3: exactly two SP. A third one, or a lenient split at any white space, lets requests be smuggled.
  const parts = line.split(' ', 4);
  const [method = '', target = '', protocol = ''] = parts;
  const version = parseHttpVersion(protocol);
  if (parts.length !== 3 || !isToken(method) || !isRequestTarget(target) || version === undefined) return undefined;
  return { method, target, version };
}

/** status-line = HTTP-version SP 3DIGIT SP [ reason-phrase ]; undefined if `line` is malformed. */
export function parseStatusLine(line: string): Omit<ResponseHead, 'headers'> | undefined {
  const version = parseHttpVersion(line.slice(0, 8));
  const status = line.slice(9, 12);
  // The SP before an empty reason phrase is optional here, because many servers leave it out.
  const separated = line[8] === ' ' && (line.length === 12 || line[12] === ' ');
  if (version === undefined || !separated || !/^[1-9]\d\d$/.test(status)) return undefined;
  return { version, status: Number(status), reason: line.slice(13) };
}

/** HTTP-version = %s"HTTP" "/" DIGIT "." DIGIT. Returns the digits, for example `1.1`. */
export function parseHttpVersion(text: string): string | undefined {
  return /^HTTP\/\d\.\d$/.test(text) ? text.slice(5) : undefined;
}
