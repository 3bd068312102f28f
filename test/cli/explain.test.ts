import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ws101 } from '../../src/cli/ws101.js';
import { encodeFrame } from '../../src/framing/index.js';
import { recordLine, type WireEvent } from '../../src/wire/index.js';
import { handshake, head, REQUEST, sent } from '../wire/wire-events.js';
import { pipes, terminal } from './streams.js';

const HELLO = '81 85 37 fa 21 3d 7f 9f 4d 51 58\n';

async function explain(input: string, ...args: string[]) {
  const streams = pipes(input);
  const code = await ws101(['explain', ...args], streams);
  return { code, out: streams.stdout.text, err: streams.stderr.text };
}

const hexOf = (...pieces: ReadonlyArray<Uint8Array | string>): string =>
  Buffer.concat(pieces.map(piece => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece))).toString(
    'hex',
  );

/** The hex digits of a handshake and of `frames`. */
function connection(...frames: Uint8Array[]): string {
  return hexOf(...handshake().map(event => (event.type === 'bytes' ? event.bytes : '')), ...frames);
}

describe('ws101 explain', () => {
  test('reads hex digits from stdin, and says first what happened', async () => {
    const { code, out } = await explain(HELLO);
    expect(code).toBe(0);
    expect(out).toMatch(/^✓ 1 frame, which breaks no rule; there is no opening handshake\.\n/);
    expect(out).toContain('4-7    opcode            0x1  text: a data frame (§5.2)');
  });

  test('- is stdin too', async () => {
    expect((await explain(HELLO, '-')).out).toContain('"Hello"');
  });

  test('shows fields only of frames that break a rule if there are many', async () => {
    const many = Array.from({ length: 10 }, (_, i) => encodeFrame('server', 1, `tick ${i}`));
    const { code, out } = await explain(connection(...many, Uint8Array.of(0xc1, 0)));
    expect(code).toBe(1);
    expect(out).toMatch(/^✗ The server broke a rule in frame 11: a reserved bit is set/);
    expect(out.match(/\+-\+-\+-\+-\+-{7}\+-\+/g)).toHaveLength(2);
    expect(out).toContain('--frames 3-7 shows frames 3 to 7 bit by bit.');
  });

  test('--frames shows those frames alone, field by field', async () => {
    const frames = ['a', 'b', 'c', 'd'].map(text => encodeFrame('server', 1, text));
    const { out } = await explain(connection(...frames), '--frames', '2-3');
    expect(out).not.toContain('GET /chat');
    expect(out.match(/#\d/g)).toEqual(['#2', '#3']);
    expect((await explain(connection(...frames), '--frames', '3-')).out.match(/#\d/g)).toEqual(['#3', '#4']);
    expect((await explain(connection(...frames), '--frames', '1')).out.match(/#\d/g)).toEqual(['#1']);
  });

  test('ends with the cause of a failure, and what to do', async () => {
    const refused = hexOf(head(...REQUEST), head('HTTP/1.1 403 Forbidden', 'Content-Length: 0'));
    const { code, out } = await explain(refused);
    expect(code).toBe(1);
    expect(out).toMatch(/^✗ The server refused the handshake: it answered 403 Forbidden instead of 101\.\n/);
    expect(out).toMatch(/\nProblem {2}.+/);
  });

  test('lists several connections with what happened on each', async () => {
    const lines = [1, 2, 3].map(id => {
      const [request, response] = handshake();
      const plain = sent('client', head('GET / HTTP/1.1', 'Host: a'));
      const events = id === 1 ? [request!, response!] : id === 2 ? [request!] : [plain];
      return events.map(event => recordLine(id, { ...event, time: id } as WireEvent)).join('');
    });
    const input = lines.map(line => line.replaceAll('}{', '}\n{')).join('\n');
    const { code, out } = await explain(input);
    expect(code).toBe(1);
    expect(out).toMatch(/^2 WebSocket connections/);
    expect(out).toMatch(/✓ 1 {2}.*\n {4}The connection opened/);
    expect(out).toMatch(/✗ 2 {2}.*\n {4}The server did not answer the handshake/);
    expect((await explain(input, '--stream', '2')).out).toMatch(/^✗ The server did not answer/);
  });

  test('says so if --frames is beyond the last frame', async () => {
    expect((await explain(HELLO, '--frames', '2')).out).toContain('The capture has 1 frame.');
  });

  test('--json prints an object per line', async () => {
    const { out } = await explain(connection(encodeFrame('client', 1, 'hi')), '--json');
    const records = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(records.map(({ type }) => type)).toEqual(['connection', 'head', 'head', 'frame', 'message', 'summary']);
    expect(records.every(({ connection }) => connection === 1)).toBe(true);
    expect(records.at(-1)).toMatchObject({ handshake: 'open', isFine: true });
  });

  test('is in color on a terminal', async () => {
    const streams = terminal();
    streams.stdin.end(HELLO);
    await ws101(['explain'], streams);
    expect(streams.stdout.raw).toContain('\x1b[');
  });

  describe('a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ws101-explain-'));
    const file = join(folder, 'bytes.bin');
    beforeAll(() => writeFileSync(file, Buffer.from(HELLO.replaceAll(/\s/g, ''), 'hex')));
    afterAll(() => rmSync(folder, { recursive: true }));

    test('may contain plain bytes', async () => {
      expect((await explain('', file)).out).toContain('"Hello"');
    });

    test('must exist', async () => {
      expect(await explain('', join(folder, 'none'))).toMatchObject({
        code: 2,
        err: expect.stringContaining('ENOENT'),
      });
    });
  });

  test('exits 2 if the input is no capture, and says what was expected', async () => {
    const { code, err } = await explain('hello, world');
    expect(code).toBe(2);
    expect(err).toMatch(/^ws101 explain: expected /);
  });

  test.each([
    [['--frames', 'x'], /--frames must be a range such as 3-7, 5 or 3-, got "x"/],
    [['--frames', '7-3'], /--frames must be a range/],
    [['--frames', '0'], /--frames must be a range/],
    [['--stream', '9'], /--stream must be one of 1, got 9/],
    [['--stream', 'x'], /--stream must be an integer/],
    [['a', 'b'], /explain takes one file, got "b" too/],
  ])('%j exits 2', async (args, expected) => {
    const { code, err } = await explain(HELLO, ...args);
    expect(err).toMatch(expected);
    expect(code).toBe(2);
  });

  test('--help prints the help in 80 columns', async () => {
    const { code, out } = await explain('', '--help');
    expect(code).toBe(0);
    expect(out).toMatch(/^ws101 explain/);
    expect(Math.max(...out.split('\n').map(line => line.length))).toBeLessThanOrEqual(80);
  });
});
