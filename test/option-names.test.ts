import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONNECT_OPTION_NAMES } from '../src/client/options.js';
import { RECONNECTING_OPTION_NAMES } from '../src/client/reconnecting/options.js';
import { SOCKET_OPTION_NAMES } from '../src/client/socket-options.js';
import { CONNECTION_OPTION_NAMES } from '../src/connection/options.js';
import { ClientHandshake, ServerHandshake, UpgradePolicy } from '../src/handshake/index.js';
import { connect, WebSocketServer } from '../src/index.js';
import { checkOptionNames, type OptionNames } from '../src/option-names.js';
import { PERMESSAGE_DEFLATE_OPTION_NAMES } from '../src/permessage-deflate/index.js';
import { SERVER_OPTION_NAMES } from '../src/server/options.js';

interface Options {
  readonly maxMessageSize?: number;
  readonly perMessageDeflate?: boolean;
  readonly port?: number;
  readonly tls?: object;
}

const NAMES: OptionNames<Options> = { maxMessageSize: true, perMessageDeflate: true, port: true, tls: true };

/** Returns the message of the TypeError that `call` throws or rejects with. */
async function messageFrom(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: 'WS101_INVALID_ARGUMENT' });
    return (error as TypeError).message;
  }
  throw new Error('nothing was thrown');
}

describe('checkOptionNames()', () => {
  test.each<[given: string, meant: string | undefined]>([
    ['maxMesageSize', 'maxMessageSize'],
    ['maxMessagesSize', 'maxMessageSize'],
    ['maxMessageSzie', 'maxMessageSize'],
    ['naxMessageSise', 'maxMessageSize'],
    ['maxmessagesize', 'maxMessageSize'],
    ['permessageDeflate', 'perMessageDeflate'],
    ['tsl', 'tls'],
    ['Tls', 'tls'],
    ['ports', 'port'],
    // Three wrong letters are too many, and so are two of four.
    ['nakMessageSise', undefined],
    ['cert', undefined],
    ['maxPayload', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['', undefined],
  ])('rejects %j and suggests %j', async (given, meant) => {
    const options = Object.defineProperty({}, given, { value: 1, enumerable: true });
    const suggestion = meant === undefined ? '' : `: did you mean '${meant}'?`;
    expect(await messageFrom(() => checkOptionNames(options, NAMES))).toBe(`unknown option '${given}'${suggestion}`);
  });

  test('rejects an unknown option whose value is undefined', async () => {
    expect(await messageFrom(() => checkOptionNames({ porr: undefined }, NAMES))).toBe(
      "unknown option 'porr': did you mean 'port'?",
    );
  });

  test('names a nested option in full', async () => {
    expect(await messageFrom(() => checkOptionNames({ prot: 1 }, NAMES, 'server.'))).toBe(
      "unknown option 'server.prot': did you mean 'server.port'?",
    );
  });

  test('accepts known options, with or without a value', () => {
    expect(() => checkOptionNames({ port: 1, tls: undefined, maxMessageSize: null }, NAMES)).not.toThrow();
  });

  test('prefers a hint to a similar name, but not to an option', async () => {
    const hints = { prot: "use 'tls'", port: 'never said' };
    const message = await messageFrom(() => checkOptionNames({ port: 1, prot: 1 }, NAMES, 'server.', hints));
    expect(message).toBe("unknown option 'server.prot': use 'tls'");
  });
});

describe('unknown options are rejected by', () => {
  const UNUSED_URL = 'ws://127.0.0.1:1/';
  const policy = new UpgradePolicy();
  test.each<[message: string, call: () => unknown]>([
    [
      "unknown option 'maxMesageSize': did you mean 'maxMessageSize'?",
      () => new WebSocketServer({ noServer: true, maxMesageSize: 1 } as object),
    ],
    [
      "unknown option 'perMessageDeflate.treshold': did you mean 'perMessageDeflate.threshold'?",
      () => new WebSocketServer({ noServer: true, perMessageDeflate: { treshold: 1 } as object }),
    ],
    [
      "unknown option 'timout': did you mean 'timeout'?",
      () => new WebSocketServer({ noServer: true }).close({ timout: 1 } as object),
    ],
    ["unknown option 'header': did you mean 'headers'?", () => connect(UNUSED_URL, { header: {} } as object)],
    [
      "unknown option 'perMessageDeflate.levl': did you mean 'perMessageDeflate.level'?",
      () => connect(UNUSED_URL, { perMessageDeflate: { levl: 1 } as object }),
    ],
    ["unknown option 'orgins': did you mean 'origins'?", () => new UpgradePolicy({ orgins: '*' } as object)],
    [
      "unknown option 'maxHeadsize': did you mean 'maxHeadSize'?",
      () => new ServerHandshake({ maxHeadsize: 1 } as object),
    ],
    [
      "unknown option 'orgin': did you mean 'origin'?",
      () => new ClientHandshake({ host: 'a', target: '/', orgin: 'http://a' } as never),
    ],
    [
      "unknown option 'maxPayload': use 'maxMessageSize'",
      () => new WebSocketServer({ noServer: true, maxPayload: 1 } as object),
    ],
    ["unknown option 'ca': use 'tls.ca'", () => connect(UNUSED_URL, { ca: '' } as object)],
    [
      "unknown option 'perMessageDeflate.zlibDeflateOptions': use 'perMessageDeflate.level' and 'perMessageDeflate.memLevel'",
      () => connect(UNUSED_URL, { perMessageDeflate: { zlibDeflateOptions: {} } as object }),
    ],
  ])('their function: %s', async (message, call) => {
    expect(await messageFrom(call)).toBe(message);
  });

  test('ServerHandshake, unless it gets a policy whose options were checked before', () => {
    expect(() => new ServerHandshake({ port: 80 } as object, policy)).not.toThrow();
  });
});

describe('the option tables in docs', () => {
  /** Returns the names in the first column of the tables under a heading, up to the next heading. */
  function tableUnder(path: string, heading: string): string[] {
    const [, section = ''] = readFileSync(new URL(`../docs/${path}`, import.meta.url), 'utf8').split(`\n${heading}\n`);
    const cells = section
      .split(/\n#/)[0]!
      .split('\n')
      .filter(line => line.startsWith('| `'))
      .map(row => row.split('|')[1]!);
    return cells.flatMap(cell => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name!)).sort();
  }

  const common = tableUnder('connection.md', '## Options');

  test('list exactly the options of clients and servers', () => {
    expect(common).toEqual([...Object.keys(CONNECTION_OPTION_NAMES), 'perMessageDeflate'].sort());
    expect([...common, ...tableUnder('client.md', '## Options')].sort()).toEqual(
      Object.keys(CONNECT_OPTION_NAMES).sort(),
    );
    expect([...common, ...tableUnder('server.md', '## Options')].sort()).toEqual(
      Object.keys(SERVER_OPTION_NAMES).sort(),
    );
  });

  test('list every option of reconnecting', () => {
    expect(tableUnder('reconnecting.md', '## Options')).toEqual(Object.keys(RECONNECTING_OPTION_NAMES).sort());
  });

  test('list every option of socket', () => {
    expect(tableUnder('client.md', '### Socket')).toEqual(Object.keys(SOCKET_OPTION_NAMES).sort());
  });

  test('list every option of perMessageDeflate', () => {
    expect(tableUnder('connection.md', '### Compression')).toEqual(Object.keys(PERMESSAGE_DEFLATE_OPTION_NAMES).sort());
  });
});
