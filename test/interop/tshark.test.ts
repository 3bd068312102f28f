import { describe, expect, test } from 'vitest';
import { connect } from '../../src/index.js';
import { Capture, type CapturedFrame } from './helpers/capture.js';
import { startEchoServer } from './helpers/echo-server.js';

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];

function from(side: CapturedFrame['from'], frames: readonly CapturedFrame[]): string[] {
  return frames
    .filter(frame => frame.from === side)
    .map(({ fin, opcode, length }) => `${opcode} ${length}${fin ? '' : ' more'}`);
}

/** Our client and server, as Wireshark's dissector sees them. */
describe('tshark', () => {
  test('reads every frame that we send as intended', async () => {
    const { port, url } = await startEchoServer();
    const capture = await Capture.start(port);

    const connection = await connect(url);
    const messages = connection[Symbol.asyncIterator]();
    const sizes = [0, 1, 125, 126, 65_535, 65_536, 100_000];
    for (const size of sizes) {
      connection.send(Buffer.alloc(size, 'x'));
      expect((await messages.next()).value).toHaveLength(size);
    }
    for (const text of ['hello', 'κόσμε 🌍']) {
      connection.send(text);
      await messages.next();
    }
    await connection.ping('are you there?');
    await connection.sendStream(['one ', 'two ', 'three']);
    await messages.next();
    connection.send('fragments');
    await messages.next();
    await connection.close(4001, 'goodbye');

    const { frames, texts, closes, complaints } = await capture.dissect(connection.transport.localPort);
    expect(complaints).toEqual([]);
    expect(frames.every(({ rsv }) => rsv === 0)).toBe(true);
    // "a client MUST mask all frames", "A server MUST NOT mask any frames" (§5.1)
    expect(frames.every(({ from, masked }) => masked === (from === 'client'))).toBe(true);
    expect(from('client', frames)).toEqual([
      ...sizes.map(size => `${BINARY} ${size}`),
      `${TEXT} 5`,
      `${TEXT} 15`,
      `${PING} 14`,
      `${TEXT} 4 more`,
      `${CONTINUATION} 4 more`,
      `${CONTINUATION} 5 more`,
      `${CONTINUATION} 0`,
      `${TEXT} 9`,
      `${CLOSE} 9`,
    ]);
    expect(from('server', frames)).toEqual([
      ...sizes.map(size => `${BINARY} ${size}`),
      `${TEXT} 5`,
      `${TEXT} 15`,
      `${PONG} 14`,
      `${TEXT} 13`,
      `${TEXT} 4 more`,
      `${CONTINUATION} 4 more`,
      `${CONTINUATION} 5 more`,
      `${CONTINUATION} 0`,
      `${CLOSE} 2`,
    ]);
    expect(texts).toContain('hello');
    expect(texts).toContain('κόσμε 🌍');
    expect(closes).toEqual([
      { code: 4001, reason: 'goodbye' },
      { code: 4001, reason: '' },
    ]);
  });

  test('reads every frame when many are in one segment, and a close by the server', async () => {
    const { port, url } = await startEchoServer();
    const capture = await Capture.start(port);

    const connection = await connect(url, { incoming: 'discard' });
    const lengths = Array.from({ length: 500 }, (_, index) => (index * 37) % 300);
    for (const length of lengths) connection.send('x'.repeat(length));
    connection.send('close 1001 going away');
    await connection.closed;

    const { frames, closes, complaints } = await capture.dissect(connection.transport.localPort);
    expect(complaints).toEqual([]);
    const echoed = lengths.map(length => `${TEXT} ${length}`);
    expect(from('client', frames)).toEqual([...echoed, `${TEXT} 21`, `${CLOSE} 2`]);
    expect(from('server', frames)).toEqual([...echoed, `${CLOSE} 12`]);
    expect(closes).toEqual([
      { code: 1001, reason: 'going away' },
      { code: 1001, reason: '' },
    ]);
  });
});
