import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { OPCODE } from '../../src/framing/index.js';
import { factsToText } from '../../src/wire/facts-text.js';
import { Sample } from './sample.js';

const { TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG } = OPCODE;
const CLOSE_1000 = Uint8Array.of(0x03, 0xe8);

function textOf({ model }: Sample): string[] {
  return model.frames.map(({ payload }) => Buffer.from(payload).toString());
}

describe('the state of a connection', () => {
  test('follows the four acts', () => {
    const sample = new Sample();
    const states = [sample.model.state];
    const then = () => states.push(sample.model.state);
    sample.head('client', 'GET / HTTP/1.1', 'Host: a', 'Upgrade: websocket');
    then();
    const open = new Sample().handshake();
    states.push(open.model.state);
    states.push(open.frame('client', CLOSE, CLOSE_1000).model.state);
    open.frame('server', CLOSE, CLOSE_1000).end('server').end('client');
    states.push(open.model.state);
    expect(states).toEqual(['connecting', 'connecting', 'open', 'closing', 'closed']);
    expect(open.model.problem).toBe('');
  });

  test('is refused if the server answers with anything but 101, and its words are kept', () => {
    const { model } = new Sample()
      .head('client', 'GET /chat HTTP/1.1', 'Host: a', 'Upgrade: websocket', 'Connection: Upgrade')
      .bytes('server', Buffer.from('HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nnot me'));
    expect([model.state, model.target]).toEqual(['refused', '/chat']);
    expect(model.problem).toContain('403 Forbidden');
    expect(Buffer.from(model.body!.bytes).toString()).toBe('not me');
    expect(factsToText(model.facts)).toContain('"status":403');
  });

  test('is lost if a Close frame is missing', () => {
    const { model } = new Sample().handshake().frame('client', CLOSE, CLOSE_1000).end('server').end('client');
    expect(model.state).toBe('lost');
    expect(model.problem).not.toBe('');
  });

  test('is failed if a rule is broken', () => {
    const { model } = new Sample().handshake().frame('server', TEXT, 'x', true, 0x20);
    expect(model.state).toBe('failed');
    expect(model.problem).toContain('The server broke a rule in frame 1');
  });
});

describe('frames', () => {
  test('of a fragmented message and of a compressed one know their message', () => {
    const deflated = deflateRawSync('hello hello', { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const { model } = new Sample()
      .handshake('permessage-deflate')
      .frame('client', TEXT, 'one', false)
      .frame('client', CONTINUATION, 'two')
      .frame('server', TEXT, deflated, true, 0x40)
      .frame('client', BINARY, 'alone');
    const messages = model.frames.map(frame => model.context(frame).message);
    expect(messages.map(message => message && Buffer.from(message.data).toString())).toEqual([
      'onetwo',
      'onetwo',
      'hello hello',
      undefined,
    ]);
    expect(Buffer.from(model.inflated(model.frames[2]!)!).toString()).toBe('hello hello');
    expect(model.inflated(model.frames[0]!)).toBeUndefined();
    expect(model.agreement).toEqual(['permessage-deflate']);
  });

  test('are counted by second, with the round trips of pings', () => {
    const { model } = new Sample().handshake().frame('client', PING, 'a').frame('server', PONG, 'a');
    expect(model.meter.history('frames', 1000).at(-1)).toBe(2);
    expect(model.meter.latency).toBe(1);
  });

  test('continue after bytes that the page missed, with the next chunk that begins with a frame', () => {
    const sample = new Sample().handshake().frame('server', TEXT, 'before').frame('client', TEXT, 'other side');
    sample.miss('server', 5000);
    // The rest of a frame that began in the missed bytes: its first byte has reserved bits.
    sample.bytes('server', Buffer.from('rest of a frame'));
    sample.frame('server', TEXT, 'after').frame('client', TEXT, 'other side again').end('server');
    expect(textOf(sample)).toEqual(['before', 'other side', 'after', 'other side again']);
    expect(sample.model.frames.map(({ index }) => index)).toEqual([1, 2, 3, 4]);
    expect(sample.model.counts.wrong).toBe(0);
    expect(sample.model.steps.some(({ label }) => label === '5,000 bytes of the server are missing')).toBe(true);
  });

  test('continue after a gap within a payload', () => {
    const sample = new Sample()
      .handshake()
      .bytes('server', Uint8Array.of(0x82, 100, 1, 2))
      .miss('server', 90);
    sample.bytes('server', new Uint8Array(8).fill(7)).frame('server', TEXT, 'after');
    expect(sample.model.frames.map(({ missing, received }) => [received, missing])).toEqual([
      [100, 90],
      [5, 0],
    ]);
  });

  test('are dropped, the older half, if they take too much memory', () => {
    const sample = new Sample().handshake();
    for (let i = 0; i < 100; i++) sample.frame('server', BINARY, new Uint8Array(1000));
    const { model } = sample;
    const { cost, generation } = model;
    model.shrink();
    expect([model.frames.length, model.frameCount, model.frames[0]!.index]).toEqual([50, 100, 51]);
    expect(model.cost).toBeLessThan(cost * 0.6);
    expect(model.generation).toBe(generation + 1);
  });
});

describe('an export', () => {
  test('has every event', () => {
    const { events, ...rest } = new Sample().handshake().frame('client', TEXT, 'x').end('client').model.conversation;
    expect(rest).toMatchObject({ id: 1, client: '127.0.0.1:5', server: '127.0.0.1:6' });
    expect(events.map(({ type, from }) => `${type} ${from}`)).toEqual([
      'bytes client',
      'bytes server',
      'bytes client',
      'end client',
    ]);
  });

  test('has a gap for what was dropped or missed, and keeps the opening handshake', () => {
    const sample = new Sample().handshake().miss('client', 10);
    for (let i = 0; i < 100; i++) sample.frame('server', BINARY, new Uint8Array(1000));
    sample.model.shrink();
    const { events } = sample.model.conversation;
    expect(events.slice(0, 2)).toMatchObject([{ type: 'bytes' }, { type: 'bytes', from: 'server' }]);
    const total = events.reduce(
      (sum, event) => sum + (event.type === 'bytes' ? event.bytes.length : event.type === 'gap' ? event.length : 0),
      0,
    );
    const handshake = events
      .slice(0, 2)
      .reduce((sum, event) => sum + (event.type === 'bytes' ? event.bytes.length : 0), 0);
    expect(total - handshake).toBe(100 * 1004);
    expect(events.length).toBeLessThan(70);
  });
});
