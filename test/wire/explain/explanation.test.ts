import { describe, expect, test } from 'vitest';
import { encodeClosePayload, encodeFrame, OPCODE } from '../../../src/framing/index.js';
import {
  ConversationDecoder,
  Explanation,
  type ExplanationOptions,
  PLAIN,
  type WireEvent,
} from '../../../src/wire/index.js';
import { widthOf } from '../../../src/wire/width.js';
import { hex } from '../../helpers/bytes.js';
import { handshake, head, inflate, REQUEST, RESPONSE, sent } from '../wire-events.js';

function explain(events: readonly WireEvent[], options: Partial<ExplanationOptions> = {}): string[] {
  const lines: string[] = [];
  const decoder = new ConversationDecoder({ inflate });
  const explanation = new Explanation({
    ...{ write: line => lines.push(line), paint: PLAIN, columns: 80, start: undefined },
    ...options,
  });
  for (const item of [...events.flatMap(event => decoder.push(event)), ...decoder.end()]) explanation.item(item);
  explanation.summary(decoder.summary());
  return lines;
}

const HELLO = sent('client', hex('818537fa213d7f9f4d5158'));
const line = (lines: readonly string[], start: string): string | undefined => lines.find(one => one.startsWith(start));

describe('an explanation', () => {
  test('marks each line of the handshake as right or wrong, with the section', () => {
    const lines = explain([
      sent('client', head(...REQUEST.filter(one => !one.startsWith('Connection')), 'Cookie: a=b')),
      sent('server', `${head('HTTP/1.1 426 Upgrade Required', 'Content-Length: 5')}hello`),
    ]);
    expect(line(lines, '→ ✓ Upgrade')).toBe(
      '→ ✓ Upgrade: websocket                  asks to switch to WebSocket (§4.1)',
    );
    expect(line(lines, '→ ✗ Connection')).toMatch(/^→ ✗ Connection is missing: without/);
    expect(line(lines, '→   Cookie')).toMatch(/a secret: remove it/);
    expect(line(lines, '← ✗ HTTP')).toMatch(/refused by the server \(§4\.1\)/);
    expect(line(lines, '←   hello')).toBe('←   hello');
  });

  test('shows how Sec-WebSocket-Accept is computed', () => {
    const lines = explain(handshake());
    expect(lines.join('\n')).toContain('= Zgw8jYXtqX5qJr7MJ1Q/MqzeSRI=: correct');
  });

  test('shows a frame in a line, its message only if that says more', () => {
    const lines = explain([HELLO, sent('server', hex('010161 800162'))]);
    expect(line(lines, '→ #1')).toBe('→ #1     1  000 text           1         5 37fa213d "Hello"');
    expect(lines.filter(one => one.includes('= '))).toEqual(['        = text of #2 to #3, 2 bytes: "ab"']);
  });

  test('shows the fields of a frame, and how its first bytes are unmasked', () => {
    const lines = explain([HELLO], { detailOf: () => 'fields' }).map(one => one.trim());
    expect(lines).toContain('|1|0|0|0|0 0 0 1|1|0 0 0 0 1 0 1|             37 fa             |');
    expect(lines).toContain('4-7    opcode            0x1  text: a data frame (§5.2)');
    expect(lines).toContain('1-3    RSV1-3            000  not used (§5.2)');
    expect(lines).toContain('byte 0 of the client: 81 85 37 fa 21 3d | 7f 9f 4d 51 58');
    expect(lines).toContain("unmasked (§5.3): 7f ^ 37 = 48 'H', 9f ^ fa = 65 'e', 4d ^ 21 = 6c 'l'");
  });

  test('puts the fields beside the diagram if there is room', () => {
    const lines = explain([HELLO], { detailOf: () => 'fields', columns: 140 });
    expect(lines.filter(one => /\|.*4-7 {4}opcode/.test(one))).toHaveLength(1);
  });

  test('names a broken rule below its frame, with the place', () => {
    const wrong = explain([...handshake(), sent('server', hex('c100'))]);
    expect(line(wrong, '        ✗')).toMatch(/^ {8}✗ a reserved bit is set, but no extension uses it: RSV1 \(§5\.2\),/);
    expect(wrong.join('\n')).toMatch(/the receiver must fail the connection with 1002 \(§7\.1\.7\)/);
  });

  test('says who closed, how long it took, and how fast Pongs came', () => {
    const [request, response] = handshake();
    const lines = explain(
      [
        { ...request!, time: 0 },
        { ...response!, time: 3 },
        sent('client', encodeFrame('client', OPCODE.PING, 'p'), 10),
        sent('server', encodeFrame('server', OPCODE.PONG, 'p'), 12.5),
        sent('server', encodeFrame('server', OPCODE.CLOSE, encodeClosePayload(1011, 'oops')), 5_000),
        { type: 'end', from: 'server', time: 5_001, how: 'reset' },
      ],
      { start: 0 },
    );
    expect(lines).toContain('                    answers the Ping in #1 after 2.5 ms');
    expect(lines).toContain('   5.001000 ← RST: the server reset the connection');
    expect(lines).toContain('closed       server: 1011 (internal error), "oops"');
    expect(lines).toContain('lasted       5.00 s, the opening handshake 3.0 ms');
    expect(lines).toContain('silence      at most 4.99 s, from 0.012500');
    expect(lines).toContain('pings        1 Ping of the client; the answer took 2.5 ms');
  });

  test('repeats the verdict only if the first has scrolled away', () => {
    expect(explain([HELLO]).at(-1)).toMatch(/^from server/);
    expect(explain([...handshake(), ...Array.from({ length: 30 }, () => HELLO)]).at(-1)).toMatch(/^✓ The connection/);
  });

  test('shows messages of a source without frames', () => {
    const data = Uint8Array.from(Buffer.from('hi'));
    const lines = explain([{ type: 'message', from: 'client', time: undefined, opcode: 1, data }]);
    expect(lines).toContain('→ text, 2 bytes: "hi"');
  });

  test.each([72, 80, 100, 140, 200])('fits %i columns', columns => {
    const lines = explain(
      [
        sent('client', head(...REQUEST, `Cookie: ${'x'.repeat(500)}`, 'Sec-WebSocket-Protocol: a, b, c')),
        sent('server', head(...RESPONSE, 'Transfer-Encoding: chunked')),
        HELLO,
        sent('client', encodeFrame('client', OPCODE.TEXT, '漢字 '.repeat(100)), 1_000),
        sent('server', hex('7fff 0000000000000001 00000000')),
      ],
      { columns, detailOf: () => 'fields', start: 0 },
    );
    expect(lines.filter(one => widthOf(one) > columns)).toEqual([]);
    expect(lines.filter((one, i) => one === '' && lines[i - 1] === '')).toEqual([]);
  });

  test('is the same in color', () => {
    const marked = (text: string): string => `\x1b[1m${text}\x1b[22m`;
    const paint = { heading: marked, note: marked, client: marked, server: marked, good: marked, bad: marked };
    const events = [...handshake(), HELLO, sent('server', hex('c100'))];
    const colored = explain(events, { paint, detailOf: () => 'fields' }).map(one => one.replaceAll(/\x1b\[\d+m/g, ''));
    const plain = explain(events, { detailOf: () => 'fields' });
    expect(colored.map(one => one.trimEnd())).toEqual(plain);
  });

  test('lets no peer control the terminal', () => {
    const lines = explain([
      sent('client', head('GET / HTTP/1.1', 'X: \x1b[2J', 'Upgrade: \x9b')),
      sent('server', 'SSH-\x1b]0;x\x07\r\n'),
    ]);
    expect(lines.join('').match(/[\x00-\x1f\x7f-\x9f]/)).toBeNull();
  });
});
