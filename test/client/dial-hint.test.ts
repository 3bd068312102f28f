import { expect, test } from 'vitest';
import { hintOfDialing } from '../../src/client/dial-hint.js';

function failed(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test.each([
  ['ENOTFOUND', 'dns', 'spelled right'],
  ['EAI_AGAIN', 'dns', 'name server'],
  ['ECONNREFUSED', 'connect', 'nothing listens'],
  ['ENOENT', 'connect', 'no socket at this path'],
  ['EACCES', 'connect', 'may not open'],
  ['EHOSTUNREACH', 'connect', 'no route to this host'],
  ['ENETUNREACH', 'connect', 'no route to this network'],
  ['ETIMEDOUT', 'connect', 'firewall'],
  ['ECONNRESET', 'tls', 'cut the connection'],
  ['EPROTO', 'tls', 'try ws://'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'tls', 'try ws://'],
  ['CERT_HAS_EXPIRED', 'tls', 'expired'],
  ['CERT_NOT_YET_VALID', 'tls', 'clock'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls', 'tls.ca'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls', 'tls.ca'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls', 'tls.ca'],
  ['ERR_SSL_SOMETHING_ELSE', 'tls', 'the TLS handshake failed'],
] as const)('%s in %s: … %s …', (code, phase, hint) => {
  expect(hintOfDialing(failed(code), phase)).toContain(hint);
});

test('the hint for several failures is the first known one', () => {
  const error = new AggregateError([failed('ESTRANGE'), failed('ENETUNREACH'), failed('ECONNREFUSED')]);
  expect(hintOfDialing(error, 'connect')).toContain('no route to this network');
});

test('there is no hint for an unknown error', () => {
  expect(hintOfDialing(failed('ESTRANGE'), 'connect')).toBeUndefined();
  expect(hintOfDialing(new Error('odd'), 'dns')).toBeUndefined();
});
