import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { SECTIONS } from './cases/index.js';
import {
  accepts,
  type CaseExtension,
  type ConformanceCase,
  close,
  echo,
  fails,
  frame,
  gets,
  getsMessage,
  ping,
  pong,
  sends,
  someText,
  text,
} from './conformance-case.js';
import { ClientListener, openTo, switchingProtocols } from './opening.js';
import type { RawConnection } from './raw-connection.js';
import { cut, type Segmentation } from './segmentation.js';
import { type Endpoint, type EndReport, Tester } from './tester.js';
import { CLOSE, encodeFrame, type Frame, FrameReader, PING, RSV1, type SentFrame, TEXT } from './wire.js';

/** Tests of the tester: its frames match the RFC's bytes, and it detects faulty endpoints. */

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('the frames of the tester', () => {
  const key = () => 0x37fa213d;

  test.each<[string, SentFrame, 'client' | 'server', string]>([
    ['unmasked text', text('Hello'), 'server', '810548656c6c6f'],
    ['masked text', text('Hello'), 'client', '818537fa213d7f9f4d5158'],
    ['a fragment', text('Hel', { fin: false }), 'server', '010348656c'],
    ['a Ping', ping('Hello'), 'server', '890548656c6c6f'],
  ])('match the examples in §5.7: %s', (_name, sent, from, bytes) => {
    expect(hex(encodeFrame(sent, from, key))).toBe(bytes);
  });

  test.each([
    [256, '827e0100'],
    [65_536, '827f0000000000010000'],
  ])('have the length field of §5.7 for %i bytes', (length, bytes) => {
    expect(hex(encodeFrame(frame(2, Buffer.alloc(length)), 'server', key).subarray(0, bytes.length / 2))).toBe(bytes);
  });

  test.each<[string, SentFrame, string]>([
    ['a reserved bit', text('', { rsv: RSV1 }), '§5.2'],
    ['a reserved opcode', frame(3), '§5.2'],
    ['the wrong mask', text('', { isMaskedWrongly: true }), '§5.1'],
    ['a fragmented control frame', ping('', { fin: false }), '§5.5'],
    ['a long control frame', ping(Buffer.alloc(126)), '§5.5'],
    ['a length in 16 bits that fits in 7', text('', { lengthBits: 16 }), '§5.2'],
    ['a length in 64 bits that fits in 16', text(Buffer.alloc(200), { lengthBits: 64 }), '§5.2'],
  ])('are checked when they are received: %s', (_name, sent, section) => {
    const reader = new FrameReader('server');
    reader.push(encodeFrame(sent, 'server', key));
    expect(() => reader.next()).toThrow(section);
  });

  test('must each have a new masking key', () => {
    const reader = new FrameReader('client');
    reader.push(encodeFrame(text('one'), 'client', key));
    expect(reader.next()).toEqual({ fin: true, rsv: 0, opcode: TEXT, payload: Buffer.from('one') });
    reader.push(encodeFrame(text('two'), 'client', key));
    expect(() => reader.next()).toThrow('with the same key');
  });
});

describe('segmentations', () => {
  const bytes = someText(1_500);

  test.each<Segmentation>([
    { kind: 'whole' },
    { kind: 'byte by byte' },
    { kind: 'random', seed: 1 },
    { kind: 'random', seed: 2 },
  ])('lose nothing: %o', segmentation => {
    expect(Buffer.concat(cut(bytes, segmentation))).toEqual(bytes);
    expect(cut(bytes, segmentation).every(piece => piece.length > 0)).toBe(true);
  });

  test('are the same for the same seed, and differ for another', () => {
    const lengths = (seed: number) => cut(bytes, { kind: 'random', seed }).map(piece => piece.length);
    expect(lengths(1)).toEqual(lengths(1));
    expect(lengths(1)).not.toEqual(lengths(2));
    expect(new Set(lengths(1)).size).toBeGreaterThan(3);
  });

  test('arrive as they were split', async () => {
    const arrived: number[] = [];
    const stub = await stubServer(echoing, connection => {
      connection.socket.on('data', chunk => arrived.push(chunk.length));
    });
    await stub.run(accepts('0.1', 'a text', echo(text('a text of some length'))), { kind: 'byte by byte' });
    expect(arrived.filter(length => length === 1).length).toBeGreaterThan(20);
  });
});

describe('the cases', () => {
  const all = SECTIONS.flatMap(({ cases }) => cases);

  test('have unique ids that start with the number of their section', () => {
    for (const { number, cases } of SECTIONS) {
      for (const { id } of cases) expect(id).toMatch(new RegExp(`^${number}\\.\\d+\\.\\d+$`));
    }
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  test('name a section of the RFC', () => {
    for (const { title } of all)
      expect(title).toMatch(/\((RFC 7692 )?§\d+(\.\d+)*(, §\d+(\.\d+)*)*\)( \[[\w./-]+\])*$/);
  });
});

describe('the tester', () => {
  const greeting = accepts('0.1', 'a greeting', echo(text('hello')));

  test('accepts a correct endpoint', async () => {
    const stub = await stubServer(echoing);
    await stub.run(greeting);
    await stub.run(greeting, { kind: 'byte by byte' });
  });

  test.each<[string, string, Reply]>([
    [
      'another text',
      'expected text, 5 bytes: 68 65 6c 6c 6f, but received text',
      got => (got.opcode === TEXT ? [text('hallo')] : echoing(got)),
    ],
    ['binary for text', 'but received binary', got => (got.opcode === TEXT ? [frame(2, got.payload)] : echoing(got))],
    [
      'a fragment for a whole message',
      'FIN=0',
      got => (got.opcode === TEXT ? [text('hello', { fin: false })] : echoing(got)),
    ],
    [
      'one echo too many',
      'but received text',
      got => (got.opcode === TEXT ? [text('hello'), text('hello')] : echoing(got)),
    ],
    ['another close code', 'expected Close', got => (got.opcode === CLOSE ? [close(1001)] : echoing(got))],
    [
      'a reason that is not UTF-8',
      '§5.5.1',
      got => (got.opcode === CLOSE ? [close(1000, Buffer.of(0xff))] : echoing(got)),
    ],
    [
      'a frame after its Close frame',
      'expected nothing more, but received Ping',
      got => (got.opcode === CLOSE ? [close(1000), ping()] : echoing(got)),
    ],
    [
      'half a frame after its Close frame',
      'expected nothing more, but received 3 bytes',
      got => (got.opcode === CLOSE ? [close(1000), frame(2, 'x', { announces: 5n })] : echoing(got)),
    ],
    [
      'a masked frame',
      '§5.1',
      got => (got.opcode === TEXT ? [text('hello', { isMaskedWrongly: true })] : echoing(got)),
    ],
    ['a FIN instead of an echo', 'but TCP has ended', () => []],
  ])('rejects %s', async (_name, message, reply) => {
    const stub = await stubServer(reply);
    await expect(stub.run(greeting)).rejects.toThrow(message);
  });

  test('rejects an endpoint that accepts an invalid frame', async () => {
    const stub = await stubServer(echoing);
    await expect(stub.run(fails('0.2', 'a bad frame', [sends(frame(3))], 1002))).rejects.toThrow('expected Close');
  });

  test('rejects a message with too few fragments, another opcode or another payload', async () => {
    const stub = await stubServer(echoing);
    const expecting = (line: ReturnType<typeof getsMessage>) =>
      accepts('0.3', 'fragments', [sends(text('hello')), line]);
    await stub.run(expecting(getsMessage(TEXT, 'hello', 1)));
    await expect(stub.run(expecting(getsMessage(TEXT, 'hello', 2)))).rejects.toThrow('expected 2 fragments');
    await expect(stub.run(expecting(getsMessage(2, 'hello', 1)))).rejects.toThrow('expected opcode 2');
    await expect(stub.run(expecting(getsMessage(TEXT, 'hallo', 1)))).rejects.toThrow('not the message');
  });

  test('rejects an endpoint that reports the wrong close code', async () => {
    const stub = await stubServer(echoing, undefined, { code: 1006, wasClean: false });
    await expect(stub.run(greeting)).rejects.toThrow('the endpoint should report {"code":1000,"wasClean":true}');
  });

  test('rejects a client that ends TCP before the server', async () => {
    await expect(runAgainstStubClient(greeting, true)).rejects.toThrow('ended TCP before the server did');
    await runAgainstStubClient(greeting, false);
  });

  test('reports the case, the segmentation, the seed and the transcript', async () => {
    const stub = await stubServer(() => [pong('what?')]);
    const error = await stub.run(greeting, { kind: 'random', seed: 7 }).catch(each => each);
    for (const part of ['0.1 a greeting', 'seed 7', '▶ text, 5 bytes', '◀ Pong, 5 bytes']) {
      expect(error.message).toContain(part);
    }
  });
});

describe('a case with an extension', () => {
  const extension: CaseExtension = {
    name: 'x-test',
    offer: 'x-test; level=1',
    response: 'x-test',
    assignedBits: RSV1,
    settings: {},
  };
  const compressed = text('packed', { rsv: RSV1 });
  const testCase = accepts('0.4', 'RSV1 in both directions', [sends(compressed), gets(compressed)], { extension });

  test('exchanges frames with RSV1, with a server and with a client', async () => {
    const stub = await stubServer(echoing);
    await stub.run(testCase);
    await runAgainstStubClient(testCase, false);
  });

  test('rejects an endpoint that negotiates nothing, or an extension that was not offered', async () => {
    const stub = await stubServer(echoing, undefined, undefined, null);
    await expect(stub.run(testCase)).rejects.toThrow('expected the extensions x-test, but');
    const eager = await stubServer(echoing, undefined, undefined, { ...extension, name: '' });
    await expect(eager.run({ ...testCase, extension: undefined } as never)).rejects.toThrow(
      'but the server responded with x-test',
    );
    await expect(runAgainstStubClient(testCase, false, null)).rejects.toThrow('expected an offer of x-test');
  });
});

/** Returns the frames that a stub sends in reply. If there are none, the stub ends TCP. */
type Reply = (got: Frame) => SentFrame[];

function echoing(got: Frame): SentFrame[] {
  return got.opcode === PING ? [pong(got.payload)] : [{ ...got }];
}

const listener = new ClientListener();
let port: number;
beforeAll(async () => {
  port = await listener.listen();
});
afterAll(() => listener.close());

interface Stub {
  run(testCase: ConformanceCase, segmentation?: Segmentation): Promise<void>;
}

/** A minimal server. `extension` is what it accepts: by default the case's extension, and nothing if null. */
async function stubServer(
  reply: Reply,
  look: (connection: RawConnection) => void = () => {},
  report: EndReport = { code: 1000, wasClean: true },
  extension?: CaseExtension | null,
): Promise<Stub> {
  const serve = async (target: string, testCase: ConformanceCase): Promise<EndReport> => {
    const client = await listener.client(target);
    const { connection } = client;
    look(connection);
    connection.socket.write(
      switchingProtocols(client, extension === null ? undefined : (extension ?? testCase.extension)),
    );
    connection.startFrames('client', 7);
    await answerAll(connection, 'server', reply).catch(() => {});
    connection.socket.end();
    return report;
  };
  const prepare = async (target: string, testCase: ConformanceCase) => ({ port, report: serve(target, testCase) });
  const endpoint: Endpoint = { role: 'server', prepare };
  const tester = new Tester(endpoint);
  await tester.start();
  onTestFinished(() => tester.stop());
  return { run: (testCase, segmentation = { kind: 'whole' }) => tester.run(testCase, segmentation, 1) };
}

/** A minimal client. `offer` is what it offers: by default the case's extension, and nothing if null. */
async function runAgainstStubClient(testCase: ConformanceCase, endsFirst: boolean, offer?: null): Promise<void> {
  const tester = new Tester({
    role: 'client',
    connect: async url => {
      const { port, pathname } = new URL(url);
      const connection = await openTo(Number(port), pathname, offer === null ? undefined : testCase.extension);
      await answerAll(connection, 'client', echoing);
      if (!endsFirst) await connection.ended();
      connection.socket.end();
      return { code: 1000, wasClean: true };
    },
  });
  await tester.start();
  onTestFinished(() => tester.stop());
  await tester.run(testCase, { kind: 'whole' }, 1);
}

/** Replies to each frame, until a Close frame or a frame without a reply. */
async function answerAll(connection: RawConnection, role: 'client' | 'server', reply: Reply): Promise<void> {
  let key = 1;
  for (;;) {
    const got = await connection.frame();
    const answers = reply(got);
    for (const each of answers) connection.socket.write(encodeFrame(each, role, () => key++));
    if (got.opcode === CLOSE || answers.length === 0) return;
  }
}
