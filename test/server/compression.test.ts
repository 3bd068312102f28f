import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../src/framing/frame-encoder.js';
import { OPCODE } from '../../src/framing/opcode.js';
import type { PerMessageDeflateOptions, WebSocketConnection } from '../../src/index.js';
import { type Agreed, DeflatingPeer, SHORT_TEXT } from '../helpers/deflating-peer.js';
import { show } from '../helpers/frames.js';
import { headerOf, request } from '../helpers/http-heads.js';
import { openServer } from '../helpers/open-server.js';
import { type RawPeer, rawConnect } from '../helpers/raw-peer.js';

/** A server that limits nothing, and compresses whatever it sends. */
const OPEN = { serverNoContextTakeover: false, clientNoContextTakeover: false, threshold: 0 };

interface Negotiated {
  readonly peer: RawPeer;
  readonly connection: WebSocketConnection;
  /** The value of Sec-WebSocket-Extensions in the 101. */
  readonly response: string | undefined;
}

/** Opens a connection to an echo server with an offer in each line of Sec-WebSocket-Extensions. */
async function negotiate(
  perMessageDeflate: boolean | PerMessageDeflateOptions | undefined,
  ...lines: string[]
): Promise<Negotiated> {
  const options = perMessageDeflate === undefined ? {} : { perMessageDeflate };
  const { port, server, connections } = await openServer(options);
  server.on('connection', connection => connection.on('message', data => connection.send(data)));
  const peer = await rawConnect(port);
  peer.write(request({ add: lines.map(line => `Sec-WebSocket-Extensions: ${line}`) }));
  const head = await peer.head();
  expect(head).toMatch(/^HTTP\/1\.1 101 /);
  return { peer, connection: connections[0]!, response: headerOf(head, 'Sec-WebSocket-Extensions') };
}

/** The same message there and back twice, compressed. Gives how long each echo was on the wire. */
async function exchangeTwice(peer: RawPeer, agreed: Agreed): Promise<[number, number]> {
  const deflating = new DeflatingPeer(peer, 'client', agreed);
  const sizes: number[] = [];
  for (let i = 0; i < 2; i++) {
    await deflating.send(SHORT_TEXT);
    const { text, size } = await deflating.receive();
    expect(text).toBe(SHORT_TEXT);
    sizes.push(size);
  }
  return sizes as [number, number];
}

describe('an offer of permessage-deflate that a server accepts (RFC 7692 §7.1)', () => {
  const NO_TAKEOVER = 'server_no_context_takeover; client_no_context_takeover';
  const ALL = `${NO_TAKEOVER}; server_max_window_bits=9; client_max_window_bits=10`;

  test.each<[offer: string, response: string, agreed: Agreed]>([
    ['permessage-deflate', 'permessage-deflate', {}],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate', {}],
    ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover', {}],
    [
      'permessage-deflate; client_no_context_takeover',
      'permessage-deflate; client_no_context_takeover',
      { isOwnContextDropped: true },
    ],
    ['permessage-deflate; server_max_window_bits=9', 'permessage-deflate; server_max_window_bits=9', { serverBits: 9 }],
    ['permessage-deflate; server_max_window_bits=15', 'permessage-deflate; server_max_window_bits=15', {}],
    ['permessage-deflate; client_max_window_bits=9', 'permessage-deflate; client_max_window_bits=9', { clientBits: 9 }],
    ['permessage-deflate; client_max_window_bits=8', 'permessage-deflate; client_max_window_bits=8', { clientBits: 8 }],
    [`permessage-deflate; ${ALL}`, `permessage-deflate; ${ALL}`, { serverBits: 9, isOwnContextDropped: true }],
    // A quoted-string stands for what it unescapes to, and white space may be around it (RFC 6455 §9.1).
    ['permessage-deflate;server_max_window_bits = "10"', 'permessage-deflate; server_max_window_bits=10', {}],
    [
      'permessage-deflate; client_max_window_bits="1\\2" ; server_max_window_bits="9"',
      'permessage-deflate; server_max_window_bits=9; client_max_window_bits=12',
      { serverBits: 9, clientBits: 12 },
    ],
  ])(
    '%s: answered with `%s`, and it holds [9-2] [9-4] [7692/5-5] [7692/5-13] [7692/7.2.1-10] [7692/7.2.2-4] [7692/7.2.2-5]',
    async (offer, response, agreed) => {
      const negotiated = await negotiate(OPEN, offer);
      expect(negotiated.response).toBe(response);
      expect(negotiated.connection.extensions).toBe(response);
      const [first, second] = await exchangeTwice(negotiated.peer, agreed);
      if (response.includes('server_no_context_takeover')) expect(second).toBe(first);
      else expect(second).toBeLessThan(first / 2);
    },
  );

  test.each<[options: true | PerMessageDeflateOptions, offer: string, response: string]>([
    [true, 'permessage-deflate', `permessage-deflate; ${NO_TAKEOVER}`],
    [{}, 'permessage-deflate; client_max_window_bits', `permessage-deflate; ${NO_TAKEOVER}`],
    [{ ...OPEN, serverMaxWindowBits: 10 }, 'permessage-deflate', 'permessage-deflate; server_max_window_bits=10'],
    [
      { ...OPEN, serverMaxWindowBits: 12, clientMaxWindowBits: 11 },
      'permessage-deflate; server_max_window_bits=10; client_max_window_bits',
      'permessage-deflate; server_max_window_bits=10; client_max_window_bits=11',
    ],
  ])('with %j, `%s`: the response has the limits of the server', async (options, offer, response) => {
    const { connection, response: got } = await negotiate(options, offer);
    expect(got).toBe(response);
    expect(connection.extensions).toBe(response);
  });

  test.each<[lines: string[], response: string]>([
    // "The order of elements is important as it specifies the client's preference" (§5).
    [
      ['permessage-deflate; server_max_window_bits=10, permessage-deflate'],
      'permessage-deflate; server_max_window_bits=10',
    ],
    [['permessage-deflate, permessage-deflate; server_max_window_bits=10'], 'permessage-deflate'],
    [['permessage-deflate; server_max_window_bits=8, permessage-deflate'], 'permessage-deflate'],
    [
      ['permessage-deflate; unknown', 'permessage-deflate; client_max_window_bits=9'],
      'permessage-deflate; client_max_window_bits=9',
    ],
    [['x-webkit-deflate-frame, permessage-bzip2; a="b"', 'permessage-deflate'], 'permessage-deflate'],
  ])('the first supported one of several: %j [7692/5-2] [7692/5-7] [7692/5-9]', async (lines, response) => {
    expect((await negotiate(OPEN, ...lines)).response).toBe(response);
  });
});

describe('an offer that a server declines: the connection opens uncompressed (RFC 7692 §7)', () => {
  const open = async (perMessageDeflate: boolean | PerMessageDeflateOptions | undefined, offer: string) => {
    const { peer, connection, response } = await negotiate(perMessageDeflate, offer);
    expect(response).toBeUndefined();
    expect(connection.extensions).toBe('');
    const long = 'x'.repeat(2_000);
    peer.write(encodeFrame('client', OPCODE.TEXT, long));
    expect((await peer.frames('server', 1)).map(show)).toEqual([`text "${long}"`]);
    return { peer, connection };
  };

  test.each([
    'unknown',
    'server_no_context_takeover=1',
    'client_no_context_takeover="true"',
    'server_no_context_takeover; server_no_context_takeover',
    'server_max_window_bits',
    'server_max_window_bits=7',
    'server_max_window_bits=16',
    'server_max_window_bits="09"',
    'client_max_window_bits=08',
    'client_max_window_bits=9; client_max_window_bits=9',
    'client_max_window_bits=NaN',
    // Legal, but zlib cannot deflate with such a window.
    'server_max_window_bits=8',
  ])('permessage-deflate; %s [7692/5-6] [7692/5-11] [7692/7-1]', async parameters => {
    await open(OPEN, `permessage-deflate; ${parameters}`);
  });

  test('one without client_max_window_bits, so that our limit cannot be met', async () => {
    await open({ clientMaxWindowBits: 14 }, 'permessage-deflate');
  });

  test.each([undefined, false])(
    'perMessageDeflate: %s: any, and RSV1 then fails with 1002 [5.8-1] [7692/5-11]',
    async option => {
      const { peer, connection } = await open(option, 'permessage-deflate; client_max_window_bits');
      await new DeflatingPeer(peer, 'client').send(SHORT_TEXT);
      await peer.ended;
      peer.socket.end();
      expect(await connection.closed).toMatchObject({
        sent: { code: 1002 },
        cause: { violation: { code: 'RESERVED_BITS' } },
      });
    },
  );
});
