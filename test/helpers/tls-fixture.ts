import { readFileSync } from 'node:fs';

/**
 * A certificate for localhost, 127.0.0.1 and ::1 that is its own issuer, valid from 2024 to 2123, and its key. Nobody but tests
 * may trust it. Node has no API that makes one, so it is kept; fixtures/tls/README.md says how it was made.
 */
export const TLS_CERTIFICATE: string = readFixture('localhost.cert.pem');
export const TLS_KEY: string = readFixture('localhost.key.pem');

function readFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
}
