import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONNECT_OPTION_NAMES } from '../src/client/options.js';
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

/** The text of the TypeError for a wrong argument that `call` throws, or that its promise rejects with. */
async function refusalBy(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: 'WS101_INVALID_ARGUMENT' });
    return (error as TypeError).message;
  }
  throw new Error('nothing was thrown');
}

describe('an option that there is not', () => {
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
    // Three letters wrong are another word, and so are two of four.
    ['nakMessageSise', undefined],
    ['cert', undefined],
    ['maxPayload', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['', undefined],
  ])('%j: its error proposes %j', async (given, meant) => {
    const options = Object.defineProperty({}, given, { value: 1, enumerable: true });
    const proposal = meant === undefined ? '' : `: did you mean '${meant}'?`;
    expect(await refusalBy(() => checkOptionNames(options, NAMES))).toBe(`unknown option '${given}'${proposal}`);
  });

  test('is refused whatever its value', async () => {
    expect(await refusalBy(() => checkOptionNames({ porr: undefined }, NAMES))).toBe(
      "unknown option 'porr': did you mean 'port'?",
    );
  });

  test('that is the option of an option is told with it', async () => {
    expect(await refusalBy(() => checkOptionNames({ prot: 1 }, NAMES, 'home.'))).toBe(
      "unknown option 'home.prot': did you mean 'home.port'?",
    );
  });

  test('those that there are pass, without a value too', () => {
    expect(() => checkOptionNames({ port: 1, tls: undefined, maxMessageSize: null }, NAMES)).not.toThrow();
  });
});

describe('whoever takes options refuses others', () => {
  const URL_OF_NOBODY = 'ws://127.0.0.1:1/';
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
    ["unknown option 'header': did you mean 'headers'?", () => connect(URL_OF_NOBODY, { header: {} } as object)],
    [
      "unknown option 'perMessageDeflate.levl': did you mean 'perMessageDeflate.level'?",
      () => connect(URL_OF_NOBODY, { perMessageDeflate: { levl: 1 } as object }),
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
  ])('%s', async (message, call) => {
    expect(await refusalBy(call)).toBe(message);
  });

  test('but a handshake whose policy was made before: its server has looked at them once for all its connections', () => {
    expect(() => new ServerHandshake({ port: 80 } as object, policy)).not.toThrow();
  });
});

describe('the tables of options in docs', () => {
  /** The names in the first column of the tables under a heading, up to the next one. */
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

  test('have every option of either, and no other', () => {
    expect(common).toEqual([...Object.keys(CONNECTION_OPTION_NAMES), 'perMessageDeflate'].sort());
    expect([...common, ...tableUnder('client.md', '## Options')].sort()).toEqual(
      Object.keys(CONNECT_OPTION_NAMES).sort(),
    );
    expect([...common, ...tableUnder('server.md', '## Options')].sort()).toEqual(
      Object.keys(SERVER_OPTION_NAMES).sort(),
    );
  });

  test('and every one of permessage-deflate', () => {
    expect(tableUnder('connection.md', '### Compression')).toEqual(Object.keys(PERMESSAGE_DEFLATE_OPTION_NAMES).sort());
  });
});
