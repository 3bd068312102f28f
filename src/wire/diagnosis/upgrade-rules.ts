/** A 101 that is not valid (RFC 6455 §4.1, §4.2.2, RFC 7692 §5.1). */
import { parseExtensions } from '../../handshake/extension-header.js';
import { acceptOf, GUID } from '../../handshake/http1/key.js';
import { judgeResponse } from '../../permessage-deflate/parameters.js';
import { mistakeInAccept } from '../accept-mistakes.js';
import { type Diagnosis, problem, type Rule, warning } from './diagnosis.js';
import { headersOf, listOf, opensWith } from './evidence.js';
import type { Facts } from './facts.js';
import { PASS_UPGRADE } from './fixes.js';

const SECTION = 'RFC 6455 §4.1';

export const upgradeRules: readonly Rule[] = [
  http10,
  upgradeHeader,
  connectionHeader,
  accept,
  subprotocol,
  extensions,
  otherFault,
];

/** Applies a rule to a 101 only. */
function is101({ response }: Facts): boolean {
  return response?.status === 101;
}

function http10(facts: Facts): Diagnosis | undefined {
  if (!is101(facts) || facts.response!.version !== '1.0') return undefined;
  return problem(
    'upgrade-http-1.0',
    'the 101 is HTTP/1.0, which has no Upgrade',
    'The server, or the proxy in front of it, must answer with HTTP/1.1.',
    {
      section: 'RFC 9110 §7.8',
      fixes: { nginx: 'proxy_http_version 1.1;' },
    },
  );
}

function upgradeHeader(facts: Facts): Diagnosis | undefined {
  if (!is101(facts)) return undefined;
  const values = headersOf(facts.response).all('Upgrade');
  if (values.length === 1 && values[0]!.toLowerCase() === 'websocket') return undefined;
  return values.length === 0
    ? problem(
        'upgrade-missing',
        'the 101 has no Upgrade header',
        'The server must send `Upgrade: websocket`. If it does, a proxy on the way removes it.',
        { section: SECTION, fixes: PASS_UPGRADE },
      )
    : problem(
        'upgrade-wrong',
        `the Upgrade header of the 101 is "${values.join(', ')}" instead of "websocket"`,
        'The server must send `Upgrade: websocket`, once.',
        { section: SECTION },
      );
}

function connectionHeader(facts: Facts): Diagnosis | undefined {
  if (!is101(facts)) return undefined;
  const values = headersOf(facts.response).all('Connection');
  if (values.flatMap(listOf).some(token => token.toLowerCase() === 'upgrade')) return undefined;
  const found =
    values.length === 0
      ? 'has no Connection header'
      : `has \`Connection: ${values.join(', ')}\`, without the token Upgrade`;
  return problem(
    'connection-missing',
    `the 101 ${found}`,
    'The server must send `Connection: Upgrade`. If it does, a proxy on the way removes or replaces it.',
    {
      section: SECTION,
      fixes: PASS_UPGRADE,
    },
  );
}

function accept(facts: Facts): Diagnosis | undefined {
  if (!is101(facts)) return undefined;
  const values = headersOf(facts.response).all('Sec-WebSocket-Accept');
  const key = headersOf(facts.request).get('Sec-WebSocket-Key');
  const section = 'RFC 6455 §4.2.2';
  const draft = ['Sec-WebSocket-Location', 'WebSocket-Location'].find(name => headersOf(facts.response).has(name));
  if (values.length === 0 && draft !== undefined) {
    return problem(
      'version-unsupported',
      `the server speaks a draft of the protocol from 2010 (${draft}), not RFC 6455`,
      'Update the server: no browser speaks this draft any more.',
      { section: 'RFC 6455 §4.4' },
    );
  }
  if (values.length === 0) {
    return problem(
      'accept-missing',
      'the 101 has no Sec-WebSocket-Accept header',
      'The server must prove that it speaks WebSocket: base64(SHA-1(key + GUID)). If it does, a proxy on the way removes Sec-WebSocket-* headers.',
      { section },
    );
  }
  if (values.length > 1) {
    return problem(
      'accept-repeated',
      `the 101 has ${values.length} Sec-WebSocket-Accept headers`,
      'Two parts of the server, or the server and a proxy, answer the same handshake: leave it to one of them.',
      { section },
    );
  }
  const value = values[0]!;
  if (key === undefined || value === acceptOf(key)) return undefined;
  const mistake = mistakeInAccept(value, key);
  if (mistake?.includes('empty key') === true) {
    return problem(
      'accept-wrong',
      `Sec-WebSocket-Accept is "${value}", ${mistake.replace(/:.*/, '').replace(/^it/, 'which')}: Sec-WebSocket-Key did not reach the program`,
      'A proxy on the way removes or renames Sec-WebSocket-Key, or the program does not find it because it compares names of headers in upper and lower case.',
      { section },
    );
  }
  return problem(
    'accept-wrong',
    `Sec-WebSocket-Accept is "${value}", but for the key of this request it must be "${acceptOf(key)}"${mistake === undefined ? '' : `: ${mistake}`}`,
    mistake === undefined || mistake.includes('another key')
      ? 'Each request has a new key. The server, or a cache or proxy, answers with a stored value, or computes it from another key.'
      : `Compute base64(SHA-1(key + "${GUID}")) from the text of the key, and encode the 20 bytes of the hash.`,
    { section },
  );
}

function subprotocol(facts: Facts): Diagnosis | undefined {
  if (!is101(facts)) return undefined;
  const offered = offeredSubprotocols(facts);
  const values = headersOf(facts.response)
    .all('Sec-WebSocket-Protocol')
    .filter(value => value !== '');
  if (values.length === 0 || (values.length === 1 && offered.includes(values[0]!))) return undefined;
  const what = `the server chose the subprotocol "${values.join(', ')}"`;
  if (values.length > 1 || (values[0]!.includes(',') && listOf(values[0]).every(one => offered.includes(one)))) {
    return problem(
      'subprotocol-several',
      `${what}: it must choose one`,
      'The server must answer with one of the subprotocols offered, not with the list.',
      { section: 'RFC 6455 §4.2.2, §11.3.4' },
    );
  }
  return problem(
    'subprotocol-not-offered',
    `${what}, but the client offered ${offered.length === 0 ? 'none' : offered.join(', ')}`,
    offered.length === 0
      ? `Offer it: --subprotocol ${listOf(values[0])[0]}, or in a browser \`new WebSocket(url, "${listOf(values[0])[0]}")\`. A server must not name one that was not offered.`
      : 'The server must choose one that the client offers (also in upper and lower case), or none.',
    { section: 'RFC 6455 §4.1' },
  );
}

function extensions(facts: Facts): Diagnosis | undefined {
  if (!is101(facts)) return undefined;
  const lines = headersOf(facts.response).all('Sec-WebSocket-Extensions');
  const chosen = parseExtensions(lines);
  const text = lines.join(', ');
  if (chosen === undefined)
    return problem(
      'extensions-malformed',
      `the Sec-WebSocket-Extensions header of the 101 is malformed: "${text}"`,
      'Correct the server.',
      { section: 'RFC 6455 §9.1' },
    );
  const offered = parseExtensions(headersOf(facts.request).all('Sec-WebSocket-Extensions')) ?? [];
  const stranger = chosen.find(({ name }) => !offered.some(offer => offer.name === name));
  if (stranger !== undefined) {
    return problem(
      'extension-not-offered',
      `the server uses the extension "${stranger.name}", which the client did not offer`,
      'The server, or a proxy that adds this header, must use only what the client offers.',
      { section: SECTION },
    );
  }
  if (new Set(chosen.map(({ name }) => name)).size < chosen.length) {
    return problem(
      'extension-repeated',
      `the server names an extension twice: "${text}"`,
      'The server, or a proxy that also answers, must name it once.',
      { section: 'RFC 7692 §5.1' },
    );
  }
  const fault = judgeResponse(chosen, offered);
  return typeof fault === 'string' ? deflateParameters(facts, `"${text}" (${fault})`) : undefined;
}

function deflateParameters(facts: Facts, text: string): Diagnosis {
  const opens = opensWith(facts, 'no-deflate') === undefined ? '' : ' Without compression, the WebSocket opens.';
  return problem(
    'deflate-parameters',
    `the server accepts permessage-deflate with parameters that are not allowed: ${text}`,
    `Window bits must be 8 to 15, each parameter may come once, and client_max_window_bits only if the client offered it.${opens}`,
    { section: 'RFC 7692 §7.1' },
  );
}

/** The library refused the 101 for a reason that no rule above names. */
function otherFault(facts: Facts): Diagnosis | undefined {
  if (!is101(facts) || facts.failure?.phase !== 'response') return undefined;
  return problem('upgrade-invalid', facts.failure.summary, 'Correct the server, or the proxy that answers for it.', {
    section: SECTION,
  });
}

export function offeredSubprotocols(facts: Facts): readonly string[] {
  return headersOf(facts.request).all('Sec-WebSocket-Protocol').flatMap(listOf);
}

/** "If the server … chooses not to agree with any of the suggested subprotocols" it is legal, but browsers may close. */
export function subprotocolUnanswered(facts: Facts): Diagnosis | undefined {
  const offered = offeredSubprotocols(facts);
  if (facts.session === undefined || offered.length === 0 || facts.session.subprotocol !== '') return undefined;
  return problem(
    'subprotocol-unanswered',
    `the client offered the subprotocol ${offered.join(', ')}, and the server chose none: Chrome and other browsers close such a connection`,
    'Let the server answer with one of those offered in Sec-WebSocket-Protocol, or offer none.',
    { section: 'RFC 6455 §4.2.2; WHATWG WebSockets' },
  );
}

/** A 101 has no body, so these headers do not belong there. Some proxies then treat the frames as a body. */
export function bodyHeaders(facts: Facts): Diagnosis | undefined {
  if (!is101(facts) || facts.failure !== undefined) return undefined;
  const headers = headersOf(facts.response);
  const found = ['Transfer-Encoding', 'Content-Length'].filter(name => headers.has(name));
  if (found.length === 0) return undefined;
  return warning(
    'upgrade-with-body',
    `the 101 has ${found.join(' and ')}, which a 1xx response must not have`,
    'Remove it at the server: some clients and proxies wait for a body or reject the response.',
    {
      section: 'RFC 9110 §8.6, RFC 9112 §6.1',
    },
  );
}
