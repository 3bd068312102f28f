import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type ClosePayload, Protocol, type Role, type State } from '../../src/protocol/index.js';
import { FRAMES } from '../helpers/frames.js';

afterEach(() => vi.restoreAllMocks());

type Data = string | Uint8Array;

type Command =
  | { do: 'send'; by: Role; data: Data }
  | { do: 'fragment'; by: Role; data: Data; fin: boolean }
  | { do: 'ping'; by: Role; data: Uint8Array }
  | { do: 'pong'; by: Role; data: Uint8Array }
  | { do: 'close'; by: Role; code: number | undefined; reason: string }
  | { do: 'suspend'; by: Role }
  | { do: 'resume'; by: Role }
  | { do: 'take'; by: Role }
  | { do: 'deliver'; to: Role; bytes: number };

const OTHER: Record<Role, Role> = { client: 'server', server: 'client' };
const ROLES: readonly Role[] = ['client', 'server'];

const role = fc.constantFrom<Role>('client', 'server');
const data = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom<Data>(new Uint8Array(20_000), 'ü'.repeat(9_000)),
);
const controlData = fc.uint8Array({ maxLength: 125 });
const closeCode = fc.option(fc.constantFrom(1000, 1001, 1011, 3000, 4999), { nil: undefined });

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), by: role, data }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('fragment' as const), by: role, data, fin: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ping' as const), by: role, data: controlData }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pong' as const), by: role, data: controlData }) },
  {
    weight: 1,
    arbitrary: fc
      .record({ do: fc.constant('close' as const), by: role, code: closeCode, reason: fc.string({ maxLength: 30 }) })
      .map(close => (close.code === undefined ? { ...close, reason: '' } : close)),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('suspend' as const), by: role }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resume' as const), by: role }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), by: role }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), to: role, bytes: fc.integer({ min: 1, max: 3_000 }) }),
  },
);

/** One end: its Protocol, the messages it sent and received, and the bytes in transit to it. */
class End {
  readonly protocol: Protocol;
  readonly sent: Data[] = [];
  readonly received: Data[] = [];
  readonly pinged: string[] = [];
  readonly pongs: string[] = [];
  failures = 0;
  closes: ClosePayload[] = [];
  inTransit: Buffer = Buffer.alloc(0);
  #unfinished: Data[] | undefined;

  constructor(own: Role, ownsChunks: boolean) {
    this.protocol = new Protocol(
      own,
      {
        message: message => this.received.push(message),
        ping: () => {},
        pong: payload => this.pongs.push(Buffer.from(payload).toString('hex')),
        closeReceived: (code, reason) => this.closes.push({ code, reason }),
        failed: () => this.failures++,
      },
      { ownsChunks },
    );
  }

  send(message: Data): void {
    if (this.#unfinished === undefined && this.protocol.send(message)) this.sent.push(message);
  }

  /** Sends a fragment, converted to the type of the message's first fragment. */
  fragment(piece: Data, fin: boolean): void {
    const first = this.#unfinished?.[0];
    const converted =
      typeof first === 'string' || (first === undefined && typeof piece === 'string')
        ? String(piece)
        : Buffer.from(piece as never);
    if (!this.protocol.sendFragment(converted, fin)) return;
    this.#unfinished = [...(this.#unfinished ?? []), converted];
    if (!fin) return;
    this.sent.push(
      typeof converted === 'string' ? this.#unfinished.join('') : Buffer.concat(this.#unfinished as Buffer[]),
    );
    this.#unfinished = undefined;
  }

  receive(count: number): void {
    const chunk = Buffer.from(this.inTransit.subarray(0, count));
    this.inTransit = this.inTransit.subarray(count);
    if (chunk.length > 0) this.protocol.receive(chunk);
  }
}

type Ends = Record<Role, End>;

function take(ends: Ends, from: Role): void {
  const pieces = ends[from].protocol.takeOutput();
  const to = ends[OTHER[from]];
  to.inTransit = Buffer.concat([to.inTransit, ...pieces]);
}

function run(ends: Ends, step: Command): void {
  if (step.do === 'deliver') {
    ends[step.to].receive(step.bytes);
    return;
  }
  const end = ends[step.by];
  const { protocol } = end;
  if (step.do === 'send') end.send(step.data);
  else if (step.do === 'fragment') end.fragment(step.data, step.fin);
  else if (step.do === 'close') protocol.close(step.code, step.reason);
  else if (step.do === 'pong') protocol.pong(step.data);
  else if (step.do === 'suspend') protocol.stopBefore('frame');
  else if (step.do === 'resume') protocol.stopBefore('nothing');
  else if (step.do === 'take') take(ends, step.by);
  else if (protocol.ping(step.data)) end.pinged.push(Buffer.from(step.data).toString('hex'));
}

/** Lets both ends read and send until nothing is left. */
function settle(ends: Ends): void {
  for (const each of ROLES) ends[each].protocol.stopBefore('nothing');
  for (let isQuiet = false; !isQuiet; ) {
    isQuiet = true;
    for (const each of ROLES) {
      if (ends[each].protocol.hasOutput || ends[OTHER[each]].inTransit.length > 0) isQuiet = false;
      take(ends, each);
      ends[OTHER[each]].receive(Number.POSITIVE_INFINITY);
    }
  }
}

/** Returns the messages as strings, which compare faster than bytes. */
function shown(messages: readonly Data[]): string[] {
  return messages.map(message =>
    typeof message === 'string' ? `text ${message}` : Buffer.from(message).toString('hex'),
  );
}

describe('a client Protocol and a server Protocol, driven by random commands', () => {
  test('agree on every message and on the close, and always reach CLOSED', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), fc.boolean(), closeCode, (commands, ownsChunks, lastCode) => {
        const ends: Ends = { client: new End('client', ownsChunks), server: new End('server', ownsChunks) };
        for (const step of commands) run(ends, step);
        settle(ends);
        ends.client.protocol.close(lastCode);
        settle(ends);
        for (const each of ROLES) {
          const [own, other] = [ends[each], ends[OTHER[each]]];
          expect(own.protocol.state).toBe('CLOSED');
          expect(own.failures).toBe(0);
          expect(shown(own.received)).toEqual(shown(other.sent));
          expect(own.closes).toEqual([other.protocol.sentClose]);
          expect(own.protocol.receivedClose).toEqual(other.protocol.sentClose);
          expect(own.protocol).toMatchObject({ unreadBytes: 0, hasOutput: false, canSend: false, reads: false });
        }
        expect([ends.client.protocol.endsTransport, ends.server.protocol.endsTransport]).toEqual([false, true]);
      }),
      { numRuns: 150 },
    );
  });

  test('agree on a prefix, and reach CLOSED, if the transport ends at any point', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), fc.boolean(), (commands, ownsChunks) => {
        const ends: Ends = { client: new End('client', ownsChunks), server: new End('server', ownsChunks) };
        for (const step of commands) run(ends, step);
        for (const each of ROLES) ends[each].protocol.receiveEnd();
        settle(ends);
        for (const each of ROLES) {
          const [own, other] = [ends[each], ends[OTHER[each]]];
          expect(own.protocol.state).toBe('CLOSED');
          expect(own.failures).toBe(0);
          expect(shown(own.received)).toEqual(shown(other.sent.slice(0, own.received.length)));
          if (own.closes.length > 0) expect(own.closes).toEqual([other.protocol.sentClose]);
          expect(own.protocol).toMatchObject({ unreadBytes: 0, canSend: false });
        }
      }),
      { numRuns: 150 },
    );
  });

  test('answer the last Ping, unless a Close frame was sent', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), commands => {
        const ends: Ends = { client: new End('client', true), server: new End('server', true) };
        for (const step of commands) if (step.do !== 'close' && step.do !== 'pong') run(ends, step);
        settle(ends);
        for (const each of ROLES) expect(ends[each].pongs.at(-1)).toBe(ends[each].pinged.at(-1));
      }),
      { numRuns: 100 },
    );
  });
});

describe('arbitrary bytes', () => {
  const LIMIT = 1_000;

  /** Bytes that often look like frames, so that reading gets far. */
  const pieces = (from: Role) =>
    fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 120 }).map(bytes => FRAMES[from].binary(bytes)),
        fc.string({ maxLength: 60 }).map(text => FRAMES[from].text(text, false)),
        fc.uint8Array({ maxLength: 600 }).map(bytes => FRAMES[from].continuation(bytes, bytes.length % 2 === 0)),
        fc.uint8Array({ maxLength: 125 }).map(bytes => FRAMES[from].ping(bytes)),
        // A header that announces up to 2^63 bytes.
        fc
          .tuple(fc.constantFrom(0x02, 0x82, 0x00, 0x80), fc.bigInt({ min: 65_536n, max: 2n ** 63n - 1n }))
          .map(([firstByte, length]) => {
            const header = Buffer.alloc(14);
            header[0] = firstByte;
            header[1] = 127 | (from === 'client' ? 0x80 : 0);
            header.writeBigUInt64BE(length, 2);
            return header.subarray(0, from === 'client' ? 14 : 10);
          }),
      ),
      { maxLength: 12 },
    );

  test.each(ROLES)('to a %s never throw, never exceed the limit, and never allocate by announced lengths', own => {
    const sizes: number[] = [];
    for (const method of ['allocUnsafe', 'allocUnsafeSlow'] as const) {
      const original = Buffer[method].bind(Buffer);
      vi.spyOn(Buffer, method).mockImplementation(size => {
        sizes.push(size);
        return original(size);
      });
    }
    fc.assert(
      fc.property(pieces(OTHER[own]), fc.integer({ min: 1, max: 50 }), fc.boolean(), (chunks, cut, ownsChunks) => {
        const received: Data[] = [];
        const states: State[] = [];
        const protocol = new Protocol(
          own,
          {
            message: message => received.push(message),
            ping: () => {},
            pong: () => {},
            closeReceived: () => states.push(protocol.state),
            failed: () => states.push(protocol.state),
          },
          { maxMessageSize: LIMIT, maxFragments: 10, ownsChunks },
        );
        const bytes = Buffer.concat(chunks);
        for (let at = 0; at < bytes.length; at += cut) protocol.receive(Buffer.from(bytes.subarray(at, at + cut)));
        for (const message of received) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(LIMIT);
        expect(states.length).toBeLessThanOrEqual(1);
        expect(protocol.reads).toBe(states.length === 0);
        expect(protocol.error === undefined).toBe(states[0] !== 'FAILED');
      }),
      { numRuns: 500 },
    );
    expect(sizes.length).toBeGreaterThan(0);
    // Twice the limit, and 64 KiB of output memory.
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2 * LIMIT + 65_536);
  });
});
