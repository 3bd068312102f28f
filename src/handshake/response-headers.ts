/** The headers that an application adds to the response that accepts a request. */
import { callersHeaders, HANDSHAKE_HEADERS, type HeaderLine } from './header-fields.js';

/**
 * Headers for the response that opens a connection, such as Set-Cookie. Headers that the opening handshake sets itself
 * (Connection, Upgrade, Sec-WebSocket-*, Content-Length, Transfer-Encoding, Trailer) are rejected.
 */
export class ResponseHeaders implements Iterable<HeaderLine> {
  #lines: HeaderLine[] = [];

  /**
   * Adds a header line, and keeps earlier lines of the same name.
   *
   * @throws {TypeError | RangeError} if the handshake sets this header itself, or if the name or the value can't be sent
   */
  append(name: string, value: string): void {
    this.#lines.push(...callersHeaders([[name, value]], HANDSHAKE_HEADERS));
  }

  /**
   * Adds a header line, and removes earlier lines of the same name.
   *
   * @throws {TypeError | RangeError} as append() does
   */
  set(name: string, value: string): void {
    const added = callersHeaders([[name, value]], HANDSHAKE_HEADERS);
    const key = name.toLowerCase();
    this.#lines = [...this.#lines.filter(([other]) => other.toLowerCase() !== key), ...added];
  }

  /** Iterates over the lines. */
  [Symbol.iterator](): Iterator<HeaderLine> {
    return this.#lines[Symbol.iterator]();
  }
}
