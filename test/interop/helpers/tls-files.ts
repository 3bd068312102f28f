import { fileURLToPath } from 'node:url';

/** The certificate for localhost from test/fixtures, for programs that need file paths. */
export const CERTIFICATE_FILE: string = fixture('localhost.cert.pem');
export const KEY_FILE: string = fixture('localhost.key.pem');

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
}
