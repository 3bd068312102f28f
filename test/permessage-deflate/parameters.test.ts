import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ExtensionOffer, parseExtensions, serializeExtensions } from '../../src/handshake/extension-header.js';
import {
  type DeflateSettings,
  type PerMessageDeflateOptions,
  resolvePerMessageDeflate,
} from '../../src/permessage-deflate/options.js';
import {
  acceptOffer,
  type DeflateParameters,
  judgeResponse,
  makeOffers,
} from '../../src/permessage-deflate/parameters.js';

/** Parses a Sec-WebSocket-Extensions header. An empty one has no extensions. */
const parse = (header: string): ExtensionOffer[] => (header === '' ? [] : parseExtensions([header])!);

/** The settings of a server without limits. */
const OPEN: DeflateSettings = resolvePerMessageDeflate(
  { serverNoContextTakeover: false, clientNoContextTakeover: false },
  'server',
)!;

/** Formats parameters as `server/client` window bits, each with `!` if there is no context takeover. */
function summary(agreed: DeflateParameters): string {
  const side = (bits: number, noTakeover: boolean) => `${bits}${noTakeover ? '!' : ''}`;
  const server = side(agreed.serverMaxWindowBits, agreed.serverNoContextTakeover);
  return `${server}/${side(agreed.clientMaxWindowBits, agreed.clientNoContextTakeover)}`;
}

/** Returns the response of a server with these settings to a header, and the agreed parameters. */
function answer(header: string, settings: Partial<DeflateSettings> = {}): [string, string] | 'declined' {
  const acceptance = acceptOffer(parse(header), { ...OPEN, ...settings });
  if (acceptance === undefined) return 'declined';
  return [serializeExtensions([acceptance.response]), summary(acceptance.agreed)];
}

/** Parameters that are not valid in an offer or in a response. */
const ILLEGAL: ReadonlyArray<readonly [parameters: string, why: RegExp]> = [
  ['unknown', /unknown parameter "unknown"/],
  ['unknown=1', /unknown parameter "unknown"/],
  ['Server_No_Context_Takeover', /unknown parameter/],
  ['__proto__', /unknown parameter "__proto__"/],
  ['constructor', /unknown parameter "constructor"/],
  ['hasOwnProperty=8', /unknown parameter "hasOwnProperty"/],
  ['server_no_context_takeover; server_no_context_takeover', /server_no_context_takeover occurs twice/],
  ['client_no_context_takeover; client_no_context_takeover', /client_no_context_takeover occurs twice/],
  ['server_max_window_bits=10; server_max_window_bits=10', /server_max_window_bits occurs twice/],
  ['client_max_window_bits=10; client_max_window_bits=9', /client_max_window_bits occurs twice/],
  ['server_no_context_takeover=true', /server_no_context_takeover must have no value, but has "true"/],
  ['server_no_context_takeover=10', /must have no value, but has "10"/],
  ['client_no_context_takeover=1', /client_no_context_takeover must have no value, but has "1"/],
  ['server_max_window_bits', /server_max_window_bits must have a value from 8 to 15, but has none/],
  ...['7', '16', '08', '008', '10.0', '1e1', '0xa', '-9', '+9', 'NaN', 'Infinity', '1000', '15x', '9999999999'].flatMap(
    value => [
      [
        `server_max_window_bits=${value}`,
        new RegExp(`from 8 to 15, but has "${value.replace(/[+.]/g, '\\$&')}"`),
      ] as const,
      [
        `client_max_window_bits=${value}`,
        new RegExp(`from 8 to 15, but has "${value.replace(/[+.]/g, '\\$&')}"`),
      ] as const,
    ],
  ),
];

describe('acceptOffer() of the server (RFC 7692 §7.1)', () => {
  test.each<[offer: string, response: string, agreed: string]>([
    ['permessage-deflate', 'permessage-deflate', '15/15'],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate', '15/15'],
    // The offers of browsers and of curl.
    ['permessage-deflate; client_max_window_bits, x-webkit-deflate-frame', 'permessage-deflate', '15/15'],
    ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover', '15!/15'],
    ['permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover', '15/15!'],
    ['permessage-deflate; server_max_window_bits=10', 'permessage-deflate; server_max_window_bits=10', '10/15'],
    ['permessage-deflate; server_max_window_bits=15', 'permessage-deflate; server_max_window_bits=15', '15/15'],
    ['permessage-deflate; client_max_window_bits=15', 'permessage-deflate', '15/15'],
    ['permessage-deflate; client_max_window_bits=12', 'permessage-deflate; client_max_window_bits=12', '15/12'],
    ['permessage-deflate; client_max_window_bits=8', 'permessage-deflate; client_max_window_bits=8', '15/8'],
    // A quoted-string means the token that it unescapes to.
    ['permessage-deflate; server_max_window_bits="1\\0"', 'permessage-deflate; server_max_window_bits=10', '10/15'],
  ])(
    'accepts %s [9-2] [7692/5-5] [7692/7.1.1.1-2] [7692/7.1.1.2-2] [7692/7.1.2.1-3] [7692/7.1.2.2-3] [7692/7.1.2.2-4]',
    (offer, response, agreed) => {
      expect(answer(offer)).toEqual([response, agreed]);
    },
  );

  test.each<[settings: Partial<DeflateSettings>, offer: string, response: string, agreed: string]>([
    [{ serverNoContextTakeover: true }, '', '; server_no_context_takeover', '15!/15'],
    [{ clientNoContextTakeover: true }, '', '; client_no_context_takeover', '15/15!'],
    [{ serverMaxWindowBits: 11 }, '', '; server_max_window_bits=11', '11/15'],
    [{ serverMaxWindowBits: 11 }, '; server_max_window_bits=10', '; server_max_window_bits=10', '10/15'],
    [{ serverMaxWindowBits: 11 }, '; server_max_window_bits=12', '; server_max_window_bits=11', '11/15'],
    [{ clientMaxWindowBits: 11 }, '; client_max_window_bits', '; client_max_window_bits=11', '15/11'],
    [{ clientMaxWindowBits: 11 }, '; client_max_window_bits=10', '; client_max_window_bits=10', '15/10'],
    [{ clientMaxWindowBits: 11 }, '; client_max_window_bits=12', '; client_max_window_bits=11', '15/11'],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 8 },
      '; client_max_window_bits',
      '; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=8',
      '9!/8!',
    ],
  ])(
    'with %j, applies its own limits to the offer "%s" [7692/7.1.1.1-3] [7692/7.1.1.2-2] [7692/7.1.2.1-3] [7692/7.1.2.1-4] [7692/7.1.2.2-3] [7692/7.1.2.2-4] [7692/7.2.2-9]',
    (settings, offer, response, agreed) => {
      expect(answer(`permessage-deflate${offer}`, settings)).toEqual([`permessage-deflate${response}`, agreed]);
    },
  );

  describe('"MUST decline" (§7) [7692/7-1]', () => {
    test.each(ILLEGAL)('%s', parameters => {
      expect(answer(`permessage-deflate; ${parameters}`)).toBe('declined');
      expect(answer(`permessage-deflate; client_max_window_bits; ${parameters}`)).toBe('declined');
    });

    test.each(['7', '16', '08', '1000', 'NaN'])(
      'undici CVE-2026-2229: server_max_window_bits=%s does not throw, alone or after others',
      value => {
        expect(answer(`permessage-deflate; server_max_window_bits=${value}`)).toBe('declined');
        expect(answer(`permessage-deflate; server_max_window_bits=${value}, permessage-deflate`)).toEqual([
          'permessage-deflate',
          '15/15',
        ]);
      },
    );

    test('an empty value, which a header cannot contain', () => {
      for (const name of ['server_max_window_bits', 'client_max_window_bits', 'server_no_context_takeover']) {
        expect(acceptOffer([{ name: 'permessage-deflate', parameters: [[name, '']] }], OPEN)).toBeUndefined();
      }
    });

    test('a server window of 8 bits, which zlib does not support [7692/5-6]', () => {
      expect(answer('permessage-deflate; server_max_window_bits=8')).toBe('declined');
    });

    test('an offer without client_max_window_bits, if the server limits the client window [7692/7.1.2.2-5]', () => {
      expect(answer('permessage-deflate', { clientMaxWindowBits: 14 })).toBe('declined');
    });
  });

  test('accepts the first valid and supported offer (§5) [7692/5-2] [7692/5-7] [7692/5-9]', () => {
    expect(
      answer('foo, permessage-deflate; bad, permessage-deflate; server_max_window_bits=9, permessage-deflate'),
    ).toEqual(['permessage-deflate; server_max_window_bits=9', '9/15']);
    expect(answer('permessage-deflate; server_max_window_bits=8, permessage-deflate')).toEqual([
      'permessage-deflate',
      '15/15',
    ]);
    expect(answer('permessage-deflate, permessage-deflate; server_max_window_bits=9')).toEqual([
      'permessage-deflate',
      '15/15',
    ]);
  });

  test.each(['', 'foo', 'Permessage-Deflate', 'permessage-bzip2, x-webkit-deflate-frame'])(
    'declines %j, which has no offer of permessage-deflate',
    header => {
      expect(answer(header)).toBe('declined');
    },
  );
});

describe('makeOffers() of the client [9-4] [7692/5-1] [7692/5-3] [7692/5-4] [7692/7.1.1.1-1] [7692/7.1.1.2-1] [7692/7.1.2.1-1] [7692/7.1.2.1-2] [7692/7.1.2.2-1] [7692/7.1.2.2-2]', () => {
  test.each<[settings: PerMessageDeflateOptions, parameters: string]>([
    [{}, 'client_max_window_bits'],
    [{ serverNoContextTakeover: true }, 'server_no_context_takeover; client_max_window_bits'],
    [{ clientNoContextTakeover: true }, 'client_no_context_takeover; client_max_window_bits'],
    [{ serverMaxWindowBits: 8 }, 'server_max_window_bits=8; client_max_window_bits'],
    [{ clientMaxWindowBits: 9 }, 'client_max_window_bits=9'],
  ])('%j', (settings, parameters) => {
    const client = resolvePerMessageDeflate(settings, 'client')!;
    expect(serializeExtensions(makeOffers(client))).toBe(`permessage-deflate; ${parameters}`);
  });
});

describe('judgeResponse() of the client (RFC 7692 §7.1)', () => {
  const judge = (response: string, offer = 'permessage-deflate; client_max_window_bits') => {
    const verdict = judgeResponse(parse(response), parse(offer));
    return typeof verdict === 'object' ? summary(verdict) : verdict;
  };

  test.each<[response: string, agreed: string]>([
    ['permessage-deflate', '15/15'],
    ['permessage-deflate; server_no_context_takeover', '15!/15'],
    ['permessage-deflate; client_no_context_takeover', '15/15!'],
    ['permessage-deflate; server_max_window_bits=15', '15/15'],
    ['permessage-deflate; server_max_window_bits=8', '8/15'],
    ['permessage-deflate; client_max_window_bits=8', '15/8'],
    ['foo; permessage-deflate, permessage-deflate; client_max_window_bits="15"', '15/15'],
    [
      'permessage-deflate; client_max_window_bits=10; server_max_window_bits=9; client_no_context_takeover; server_no_context_takeover',
      '9!/10!',
    ],
  ])('accepts %s [7692/7.1.1.2-3] [7692/7.2.2-7]', (response, agreed) => {
    expect(judge(response)).toBe(agreed);
  });

  test.each<[offer: string, response: string, agreed: string]>([
    ['server_no_context_takeover', '; server_no_context_takeover', '15!/15'],
    ['server_max_window_bits=10', '; server_max_window_bits=10', '10/15'],
    ['server_max_window_bits=10', '; server_max_window_bits=9', '9/15'],
    ['client_max_window_bits=10', '; client_max_window_bits=10', '15/10'],
    ['client_max_window_bits=10', '; client_max_window_bits=9', '15/9'],
    // What an offer says about the client itself applies even if the server does not repeat it.
    ['client_max_window_bits=10', '', '15/10'],
    ['client_no_context_takeover', '', '15/15!'],
  ])('accepts, for an offer with %s, a response with "%s"', (offer, response, agreed) => {
    expect(judge(`permessage-deflate${response}`, `permessage-deflate; ${offer}`)).toBe(agreed);
  });

  test.each(['', 'foo'])('returns undefined for %j: the server has declined', response => {
    expect(judge(response)).toBeUndefined();
  });

  describe('"MUST _Fail the WebSocket Connection_" (§7) [7692/7-2] [7692/5-12]', () => {
    test.each([
      ...ILLEGAL,
      ['client_max_window_bits', /client_max_window_bits must have a value from 8 to 15, but has none/] as const,
    ])('%s', (parameters, why) => {
      expect(judge(`permessage-deflate; ${parameters}`)).toMatch(/^permessage-deflate: /);
      expect(judge(`permessage-deflate; ${parameters}`)).toMatch(why);
    });

    test.each<[offer: string, response: string, why: string]>([
      ['permessage-deflate', 'permessage-deflate, permessage-deflate', 'the server accepted it twice'],
      ['', 'permessage-deflate', 'it was not offered'],
      ['foo', 'permessage-deflate', 'it was not offered'],
      [
        'permessage-deflate',
        'permessage-deflate; client_max_window_bits=15',
        'client_max_window_bits was not offered, but the response has it',
      ],
      [
        'permessage-deflate; client_max_window_bits=9',
        'permessage-deflate; client_max_window_bits=10',
        'client_max_window_bits must be at most 9, as offered, but the response has 10',
      ],
      [
        'permessage-deflate; server_max_window_bits=9',
        'permessage-deflate; server_max_window_bits=10',
        'server_max_window_bits must be at most 9, as requested, but the response has 10',
      ],
      [
        'permessage-deflate; server_max_window_bits=9',
        'permessage-deflate',
        'server_max_window_bits must be at most 9, as requested, but the response has no such parameter',
      ],
      [
        'permessage-deflate; server_no_context_takeover',
        'permessage-deflate',
        'server_no_context_takeover was requested, but the response does not have it',
      ],
      ['permessage-deflate; bad', 'permessage-deflate', 'unknown parameter "bad"'],
    ])('offer "%s", response "%s"', (offer, response, why) => {
      expect(judge(response, offer)).toBe(`permessage-deflate: ${why}`);
    });
  });

  test('accepts a response to any of several offers, and applies the first that it matches', () => {
    const offers = 'permessage-deflate; server_max_window_bits=10, foo, permessage-deflate; client_max_window_bits=9';
    expect(judge('permessage-deflate; server_max_window_bits=10', offers)).toBe('10/15');
    expect(judge('permessage-deflate', offers)).toBe('15/9');
    expect(judge('permessage-deflate; client_max_window_bits=10', offers)).toMatch('server_max_window_bits must be');
  });
});

const settingsOf = (role: 'client' | 'server') =>
  fc
    .record({
      serverNoContextTakeover: fc.boolean(),
      clientNoContextTakeover: fc.boolean(),
      serverMaxWindowBits: fc.integer({ min: role === 'server' ? 9 : 8, max: 15 }),
      clientMaxWindowBits: fc.integer({ min: role === 'client' ? 9 : 8, max: 15 }),
    })
    .map(options => resolvePerMessageDeflate(options, role)!);

describe('client and server', () => {
  test('agree on the same parameters, within the limits of both', () => {
    fc.assert(
      fc.property(settingsOf('client'), settingsOf('server'), (client, server) => {
        const offers = parse(serializeExtensions(makeOffers(client)));
        const acceptance = acceptOffer(offers, server);
        // Only one requirement of a client cannot be met.
        expect(acceptance === undefined).toBe(client.serverMaxWindowBits === 8);
        if (acceptance === undefined) return;
        const { agreed } = acceptance;
        expect(judgeResponse(parse(serializeExtensions([acceptance.response])), offers)).toEqual(agreed);
        expect(agreed).toEqual({
          serverNoContextTakeover: client.serverNoContextTakeover || server.serverNoContextTakeover,
          clientNoContextTakeover: client.clientNoContextTakeover || server.clientNoContextTakeover,
          serverMaxWindowBits: Math.min(client.serverMaxWindowBits, server.serverMaxWindowBits),
          clientMaxWindowBits: Math.min(client.clientMaxWindowBits, server.clientMaxWindowBits),
        });
      }),
      { numRuns: 500 },
    );
  });

  test('agree on the same parameters for any offer, valid or not', () => {
    const name = fc.constantFrom(
      'server_no_context_takeover',
      'client_no_context_takeover',
      'server_max_window_bits',
      'client_max_window_bits',
      'toString',
    );
    const value = fc.oneof(fc.constant<true>(true), fc.integer({ min: 7, max: 16 }).map(String));
    const offer = fc
      .array(fc.tuple(name, value), { maxLength: 4 })
      .map((parameters): ExtensionOffer => ({ name: 'permessage-deflate', parameters }));
    fc.assert(
      fc.property(fc.array(offer, { maxLength: 3 }), settingsOf('server'), (offers, server) => {
        const acceptance = acceptOffer(offers, server);
        if (acceptance === undefined) return;
        // A client that made several offers cannot always know which one was accepted, so each is checked.
        const verdicts = offers.map(one => judgeResponse([acceptance.response], [one]));
        expect(verdicts).toContainEqual(acceptance.agreed);
      }),
      { numRuns: 1000 },
    );
  });
});
