import { expect, test } from 'vitest';
import { TapScreen } from '../../src/cli/tap-screen.js';
import { PLAIN, type Side } from '../../src/wire/index.js';
import { rawFrame } from '../helpers/raw-frame.js';
import { request } from '../helpers/sample-heads.js';

const ACCEPTANCE =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';
const KEY = [1, 2, 3, 4] as const;

function screen({ columns = 100, isVerbose = false } = {}) {
  const lines: string[] = [];
  const tapScreen = new TapScreen({ write: line => lines.push(line), paint: PLAIN, columns: () => columns, isVerbose });
  let time = 1_000_000;
  const open = (id: number, server: string | undefined = '127.0.0.1:80') =>
    tapScreen.open({ id, client: `127.0.0.1:500${id}`, server, isTls: false, time });
  const send = (id: number, from: Side, data: string | Uint8Array) => {
    time += 10;
    tapScreen.event(id, { type: 'bytes', from, time, bytes: Buffer.from(data as string, 'latin1') });
  };
  const end = (id: number, from: Side, how: 'fin' | 'reset' = 'fin') =>
    tapScreen.event(id, { type: 'end', from, time, how });
  return { lines, tapScreen, open, send, end };
}

test('a screen shows every frame with the number of its connection and its direction', () => {
  const { lines, open, send, end } = screen();
  open(1);
  open(2);
  for (const id of [1, 2]) {
    send(id, 'client', request());
    send(id, 'server', ACCEPTANCE);
  }
  send(1, 'client', rawFrame({ opcode: 1, payload: 'one', key: KEY }));
  send(2, 'server', rawFrame({ opcode: 1, payload: 'two' }));
  send(1, 'client', rawFrame({ opcode: 8, key: KEY }));
  send(1, 'server', rawFrame({ opcode: 8 }));
  end(1, 'server');
  end(1, 'client');
  expect(lines[0]).toBe('[1] 127.0.0.1:5001 → 127.0.0.1:80');
  expect(lines).toContainEqual(expect.stringMatching(/^\[1\] .* → #1 .* text .*"one"$/));
  expect(lines).toContainEqual(expect.stringMatching(/^\[2\] .* ← #1 .* text .*"two"$/));
  expect(lines).toContainEqual(expect.stringMatching(/^\[1\] ✓ The connection opened; the client closed/));
});

test('a screen shows the first lines of a handshake that succeeds, and all of one that fails', () => {
  const { lines, open, send } = screen();
  open(1);
  send(1, 'client', request());
  send(1, 'server', ACCEPTANCE);
  expect(lines.join('\n')).toContain('GET /chat HTTP/1.1');
  expect(lines.join('\n')).not.toContain('Sec-WebSocket-Key');
  expect(lines.join('\n')).not.toContain('Sec-WebSocket-Accept');
  open(2);
  send(2, 'client', request());
  send(2, 'server', ACCEPTANCE.replace('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='));
  const failed = lines.filter(line => line.startsWith('[2]')).join('\n');
  expect(failed).toContain('Sec-WebSocket-Key');
  expect(failed).toMatch(/✗ Sec-WebSocket-Accept: A/);
});

test('a verbose screen shows every line of a handshake', () => {
  const { lines, open, send } = screen({ isVerbose: true });
  open(1);
  send(1, 'client', request());
  send(1, 'server', ACCEPTANCE);
  expect(lines.join('\n')).toContain('Sec-WebSocket-Key');
  expect(lines.join('\n')).toContain('Sec-WebSocket-Accept');
});

test('a screen says what was wrong at the end, with the likely cause', () => {
  const { lines, open, send, end } = screen();
  open(1);
  send(1, 'client', request());
  send(1, 'server', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  end(1, 'server');
  end(1, 'client');
  const text = lines.join('\n');
  expect(text).toContain('[1] ✗ The server refused the handshake');
  expect(text).toMatch(/\[1\] Problem {2}/);
});

test('a screen shows only the notes of a connection without a server', () => {
  const { lines, tapScreen, send, end } = screen();
  tapScreen.open({ id: 1, client: '127.0.0.1:5001', server: undefined, isTls: false, time: 0 });
  tapScreen.note(1, 'cannot connect\x1b[2J');
  send(1, 'client', request());
  end(1, 'server');
  expect(lines).toEqual(['[1] 127.0.0.1:5001 → nothing', '[1] * cannot connect\\x1b[2J']);
});

test.each([80, 140])('a screen fits into %i columns', columns => {
  const { lines, open, send, end, tapScreen } = screen({ columns, isVerbose: true });
  open(1);
  tapScreen.note(1, 'a long note '.repeat(20));
  send(1, 'client', request({ with: { Cookie: 'x'.repeat(300) } } as never));
  send(1, 'server', ACCEPTANCE);
  send(1, 'server', rawFrame({ opcode: 1, payload: 'words '.repeat(100) }));
  send(1, 'server', rawFrame({ opcode: 1, payload: 'masked', key: KEY }));
  end(1, 'server', 'reset');
  end(1, 'client', 'reset');
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter(line => line.length > columns)).toEqual([]);
});
