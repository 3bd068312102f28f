import { readFileSync } from 'node:fs';

/**
 * A self-signed certificate for localhost, 127.0.0.1 and ::1, valid from 2024 to 2123, and its key. Only tests may
 * trust it.
 * Node has no API to create one, so it is stored: fixtures/tls/README.md says how it was created.
 */
export const TLS_CERTIFICATE: string = readFixture('localhost.cert.pem');
export const TLS_KEY: string = readFixture('localhost.key.pem');

function readFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
}
