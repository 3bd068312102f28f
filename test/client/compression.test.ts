import { describe, expect, onTestFinished, test } from 'vitest';
import { type ConnectOptions, connect, HandshakeError, type PerMessageDeflateOptions } from '../../src/index.js';
import { type Agreed, DeflatingPeer, SHORT_TEXT } from '../helpers/deflating-peer.js';
import { headerOf, switchingProtocols } from '../helpers/http-heads.js';
import { type RawPeer, rawServer } from '../helpers/raw-peer.js';

const NOTHING_LIMITED: PerMessageDeflateOptions = { threshold: 0 };

/** A server that answers with this Sec-WebSocket-Extensions, or with none. */
async function startServer(response: string | undefined) {
  const offers: Array<string | undefined> = [];
  const lines = response === undefined ? [] : [`Sec-WebSocket-Extensions: ${response}`];
  const server = await rawServer(async peer => {
    const head = await peer.head();
    offers.push(headerOf(head, 'Sec-WebSocket-Extensions'));
    peer.write(switchingProtocols(head, ...lines));
  });
  return { url: `ws://127.0.0.1:${server.port}/`, server, offers };
}

async function open(response: string | undefined, options: ConnectOptions) {
  const { url, server, offers } = await startServer(response);
  const connection = await connect(url, options);
  onTestFinished(() => connection.terminate());
  connection.on('message', data => connection.send(data));
  return { connection, peer: server.peers[0]!, offer: offers[0] };
}

/** The same message there and back twice, compressed. Gives how long each echo was on the wire. */
async function exchangeTwice(peer: RawPeer, agreed: Agreed): Promise<[number, number]> {
  const deflating = new DeflatingPeer(peer, 'server', agreed);
  const sizes: number[] = [];
  for (let i = 0; i < 2; i++) {
    await deflating.send(SHORT_TEXT);
    const { text, size } = await deflating.receive();
    expect(text).toBe(SHORT_TEXT);
    sizes.push(size);
  }
  return sizes as [number, number];
}

describe("a client's offer of permessage-deflate (RFC 7692 §7.1)", () => {
  test.each<[options: boolean | PerMessageDeflateOptions | undefined, offer: string | undefined]>([
    [undefined, undefined],
    [false, undefined],
    [true, 'permessage-deflate; client_max_window_bits'],
    [{}, 'permessage-deflate; client_max_window_bits'],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 8, clientMaxWindowBits: 9 },
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; ' +
        'client_max_window_bits=9',
    ],
  ])(
    'perMessageDeflate: %j: %s; a server that declines it goes uncompressed [9-1] [9.1-4] [9.1-5] [5.8-1]',
    async (option, expected) => {
      const { connection, offer, peer } = await open(
        undefined,
        option === undefined ? {} : { perMessageDeflate: option },
      );
      expect(offer).toBe(expected);
      expect(connection.extensions).toBe('');
      // RSV1 then means nothing (RFC 6455 §5.2).
      await new DeflatingPeer(peer, 'server').send(SHORT_TEXT);
      await peer.ended;
      peer.socket.end();
      expect(await connection.closed).toMatchObject({
        sent: { code: 1002 },
        cause: { violation: { code: 'RESERVED_BITS' } },
      });
    },
  );
});

describe('a response that a client agrees to (RFC 7692 §7.1)', () => {
  test.each<[options: PerMessageDeflateOptions, response: string, agreed: Agreed]>([
    [{}, '', {}],
    [{}, '; server_no_context_takeover', { isOwnContextDropped: true }],
    [{}, '; client_no_context_takeover', {}],
    [{}, '; server_max_window_bits=8', { serverBits: 8 }],
    [{}, '; server_max_window_bits="1\\5"', {}],
    [{}, '; client_max_window_bits=9', { clientBits: 9 }],
    [{}, '; client_max_window_bits = "15"', {}],
    [{ serverMaxWindowBits: 10 }, '; server_max_window_bits=9', { serverBits: 9 }],
    [{ clientMaxWindowBits: 10 }, '', { clientBits: 10 }],
    // What a client says of itself holds, whether or not the server repeats it (§7.1.1.2).
    [{ clientNoContextTakeover: true }, '', {}],
    [
      {},
      '; client_max_window_bits=10; server_max_window_bits=9; client_no_context_takeover; server_no_context_takeover',
      { serverBits: 9, clientBits: 10, isOwnContextDropped: true },
    ],
  ])(
    'to an offer by %j, `permessage-deflate%s`, and it holds [7692/5-13] [7692/7.1.1.2-3] [7692/7.2.1-7]',
    async (options, parameters, agreed) => {
      const { connection, peer } = await open(`permessage-deflate${parameters}`, {
        perMessageDeflate: { ...NOTHING_LIMITED, ...options },
      });
      expect(connection.extensions).toBe(
        `permessage-deflate${parameters.replace(/[ "\\]/g, '').replaceAll(';', '; ')}`,
      );
      const [first, second] = await exchangeTwice(peer, agreed);
      const isContextDropped = options.clientNoContextTakeover ?? parameters.includes('client_no_context_takeover');
      if (isContextDropped) expect(second).toBe(first);
      else expect(second).toBeLessThan(first / 2);
    },
  );

  test('client_max_window_bits=8: what the client sends stays uncompressed, since zlib has no such window', async () => {
    const { connection, peer } = await open('permessage-deflate; client_max_window_bits=8', {
      perMessageDeflate: NOTHING_LIMITED,
    });
    await new DeflatingPeer(peer, 'server').send(SHORT_TEXT);
    const [echo] = await peer.frames('client', 1);
    expect(echo!.payload.toString()).toBe(SHORT_TEXT);
    expect(connection.state).toBe('open');
  });
});

describe('a response that fails the handshake, naming the parameter (RFC 7692 §7)', () => {
  test.each<[options: PerMessageDeflateOptions, response: string, message: RegExp]>([
    [{}, 'permessage-deflate; unknown=1', /unknown parameter "unknown"/],
    [{}, 'permessage-deflate; server_no_context_takeover=1', /server_no_context_takeover must have no value/],
    [{}, 'permessage-deflate; client_no_context_takeover="yes"', /client_no_context_takeover must have no value/],
    [
      {},
      'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
      /client_no_context_takeover occurs twice/,
    ],
    [{}, 'permessage-deflate; server_max_window_bits', /server_max_window_bits must have a value from 8 to 15/],
    [{}, 'permessage-deflate; server_max_window_bits=7', /server_max_window_bits must have .* but has "7"/],
    [{}, 'permessage-deflate; server_max_window_bits="16"', /server_max_window_bits must have .* but has "16"/],
    [{}, 'permessage-deflate; client_max_window_bits', /client_max_window_bits must have a value from 8 to 15/],
    [{}, 'permessage-deflate; client_max_window_bits=09', /client_max_window_bits must have .* but has "09"/],
    // Against what was offered.
    [{ serverNoContextTakeover: true }, 'permessage-deflate', /server_no_context_takeover was requested/],
    [{ serverMaxWindowBits: 10 }, 'permessage-deflate', /server_max_window_bits must be at most 10,/],
    [
      { serverMaxWindowBits: 10 },
      'permessage-deflate; server_max_window_bits=11',
      /server_max_window_bits must be at most 10, as requested, but the response has 11/,
    ],
    [
      { clientMaxWindowBits: 10 },
      'permessage-deflate; client_max_window_bits=11',
      /client_max_window_bits must be at most 10, as offered, but the response has 11/,
    ],
    // RFC 6455 §4.1, 5., and §9.1.
    [{}, 'permessage-deflate, permessage-deflate', /Sec-WebSocket-Extensions: .* each once/],
    [{}, 'permessage-deflate, permessage-bzip2', /Sec-WebSocket-Extensions: .*permessage-bzip2/],
    [{}, 'x-webkit-deflate-frame', /Sec-WebSocket-Extensions: .*x-webkit-deflate-frame/],
    [{}, 'permessage-deflate; server_max_window_bits="1 0"', /Sec-WebSocket-Extensions: .*server_max_window_bits/],
  ])(
    'to an offer by %j, `%s` [7692/5-8] [7692/5-10] [7692/5-12] [7692/7-2]',
    async (perMessageDeflate, response, message) => {
      const { url, server } = await startServer(response);
      const error = await connect(url, { perMessageDeflate }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(HandshakeError);
      expect(error).toMatchObject({ phase: 'response', fault: 'peer', status: 101, hint: expect.any(String) });
      expect((error as HandshakeError).summary).toMatch(/^the server's 101 is not valid: /);
      expect((error as HandshakeError).message).toMatch(message);
      await server.peers[0]!.gone;
    },
  );

  test('if it was not offered at all [7692/5-12]', async () => {
    const { url } = await startServer('permessage-deflate');
    await expect(connect(url)).rejects.toThrow(/Sec-WebSocket-Extensions: .*\(none\).* got "permessage-deflate"/);
  });
});
