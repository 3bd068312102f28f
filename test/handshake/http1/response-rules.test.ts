/** The steps of RFC 6455 §4.1 as bytes meet them are in client-rules.test.ts. */
import { expect, test } from 'vitest';
import { HeaderFields, type HeaderLine } from '../../../src/handshake/header-fields.js';
import { type Http1Offer, judgeResponse } from '../../../src/handshake/http1/response-rules.js';
import { SAMPLE_ACCEPT, SAMPLE_KEY } from '../../helpers/sample-heads.js';

const offer: Http1Offer = {
  key: SAMPLE_KEY,
  subprotocols: ['chat'],
  extensions: [
    { name: 'a', parameters: [] },
    { name: 'a', parameters: [['b', true]] },
  ],
};

const judge = (...lines: HeaderLine[]) =>
  judgeResponse({ version: '1.1', status: 101, reason: '', headers: new HeaderFields(lines) }, offer);

test('the error names the first broken step of 2 to 6 [4.1-41] [10.7-1]', () => {
  const lines: HeaderLine[] = [
    ['Sec-WebSocket-Protocol', 'x'],
    ['Sec-WebSocket-Extensions', 'x'],
  ];
  expect(judge(...lines)).toMatch(/^Upgrade: /);
  lines.push(['Upgrade', 'websocket']);
  expect(judge(...lines)).toMatch(/^Connection: /);
  lines.push(['Connection', 'upgrade']);
  expect(judge(...lines)).toMatch(/^Sec-WebSocket-Accept: /);
  lines.push(['Sec-WebSocket-Accept', SAMPLE_ACCEPT]);
  expect(judge(...lines)).toMatch(/^Sec-WebSocket-Extensions: /);
  lines[1] = ['Sec-WebSocket-Extensions', 'a; b'];
  expect(judge(...lines)).toMatch(/^Sec-WebSocket-Protocol: /);
  lines[0] = ['Sec-WebSocket-Protocol', 'chat'];
  expect(judge(...lines)).toMatchObject({
    subprotocol: 'chat',
    extensions: [{ name: 'a', parameters: [['b', true]] }],
  });
});

test('an extension that was offered twice may be accepted only once', () => {
  const base: HeaderLine[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'upgrade'],
    ['Sec-WebSocket-Accept', SAMPLE_ACCEPT],
  ];
  expect(judge(...base, ['Sec-WebSocket-Extensions', 'a'])).toMatchObject({ subprotocol: '' });
  expect(judge(...base, ['Sec-WebSocket-Extensions', 'a, a; b'])).toMatch(/each once/);
});
