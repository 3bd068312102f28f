import { accepts, type ConformanceCase, someText } from '../conformance-case.js';
import { BINARY } from '../wire.js';
import { agreement, type Compressor, type DeflateParameters, exchange, noise } from './deflate-agreement.js';

/** Repeats itself at a distance that needs a large window, so that a sender with too large a window is detected. */
const REPETITIVE = Buffer.concat([noise(4_096), noise(4_096), someText(300), noise(4_096)]);
const MESSAGES = [REPETITIVE, someText(2_000), REPETITIVE];

/** Short enough for the smallest window, 8 bits, which the tester's zlib cannot use for compression. */
const SHORT = [someText(100)];

const FLAGS = [false, true];
const BITS = [undefined, 9, 10, 11, 12, 13, 14, 15];

const COMBINATIONS: readonly DeflateParameters[] = FLAGS.flatMap(serverNoContextTakeover =>
  FLAGS.flatMap(clientNoContextTakeover =>
    BITS.flatMap(serverBits =>
      // Each number of bits meets two of the others: enough to see them confused.
      [undefined, serverBits === undefined ? 9 : 24 - serverBits].map(clientBits => ({
        serverNoContextTakeover,
        clientNoContextTakeover,
        ...(serverBits === undefined ? {} : { serverMaxWindowBits: serverBits }),
        ...(clientBits === undefined ? {} : { clientMaxWindowBits: clientBits }),
      })),
    ),
  ),
);

/** Every combination of the parameters of RFC 7692 §7.1, for both roles. */
export const compressionParameters: readonly ConformanceCase[] = [
  ...COMBINATIONS.map((parameters, i) => agreed(`13.1.${i + 1}`, parameters, 'server', MESSAGES)),
  ...COMBINATIONS.map((parameters, i) => agreed(`13.2.${i + 1}`, parameters, 'client', MESSAGES)),
  agreed('13.3.1', { clientMaxWindowBits: 8 }, 'server', SHORT),
  agreed('13.3.2', { serverMaxWindowBits: 8 }, 'client', SHORT),
];

function agreed(
  id: string,
  parameters: DeflateParameters,
  endpoint: 'client' | 'server',
  messages: readonly Uint8Array[],
): ConformanceCase {
  const server = compressor(parameters.serverNoContextTakeover, parameters.serverMaxWindowBits);
  const client = compressor(parameters.clientNoContextTakeover, parameters.clientMaxWindowBits);
  const both = endpoint === 'server' ? { sender: client, receiver: server } : { sender: server, receiver: client };
  const extension = agreement(parameters);
  return accepts(
    id,
    `honours ${extension.response.replaceAll(';', ',')} (RFC 7692 §7.1)`,
    exchange(BINARY, messages, both),
    {
      extension,
      only: endpoint,
    },
  );
}

function compressor(isAlone: boolean | undefined, windowBits: number | undefined): Compressor {
  return { keeps: isAlone !== true, ...(windowBits === undefined ? {} : { windowBits }) };
}
