import { deflate } from '../compression.js';
import type { CaseExtension, Line } from '../conformance-case.js';
import { randomNumbers } from '../segmentation.js';
import { RSV1 } from '../wire.js';

/** The four parameters of permessage-deflate (RFC 7692 §7.1). A parameter that is left out is not negotiated. */
export interface DeflateParameters {
  readonly serverNoContextTakeover?: boolean;
  readonly clientNoContextTakeover?: boolean;
  readonly serverMaxWindowBits?: number;
  readonly clientMaxWindowBits?: number;
}

/** Options of the endpoint: it accepts what the tester asks for, and compresses every message. */
const SERVER_OR_CLIENT = { serverNoContextTakeover: false, clientNoContextTakeover: false, threshold: 0 };

/** Negotiates these parameters: in the tester's offer as a client, in its response as a server. */
export function agreement(parameters: DeflateParameters): CaseExtension {
  const { serverMaxWindowBits: serverBits, clientMaxWindowBits: clientBits } = parameters;
  const asked = ['permessage-deflate'];
  if (parameters.serverNoContextTakeover === true) asked.push('server_no_context_takeover');
  if (parameters.clientNoContextTakeover === true) asked.push('client_no_context_takeover');
  if (serverBits !== undefined) asked.push(`server_max_window_bits=${serverBits}`);
  const offer = clientBits === undefined ? asked : [...asked, `client_max_window_bits=${clientBits}`];
  // A limit of 15 bits limits nothing, so a server may leave it out (§7.1.2.2).
  const response = clientBits === 15 ? asked : offer;
  return {
    name: 'permessage-deflate',
    offer: offer.join('; '),
    response: response.join('; '),
    assignedBits: RSV1,
    settings: SERVER_OR_CLIENT,
  };
}

/** How one end compresses: its window, and whether it takes over its context. */
export interface Compressor {
  readonly windowBits?: number;
  readonly keeps?: boolean;
}

/** Sends each message compressed and expects it back compressed. `sender` is the tester, `receiver` the endpoint. */
export function exchange(
  opcode: number,
  messages: readonly Uint8Array[],
  { sender = {}, receiver = {} }: { readonly sender?: Compressor; readonly receiver?: Compressor } = {},
): Line[] {
  const sent: Line[] = [];
  const got: Line[] = [];
  messages.forEach((message, i) => {
    const before = Buffer.concat(messages.slice(0, i));
    const none = Buffer.alloc(0);
    const payload = deflate(message, sender.windowBits, sender.keeps === false ? none : before);
    sent.push({ kind: 'sends', what: { fin: true, rsv: RSV1, opcode, payload } });
    const history = receiver.keeps === false ? none : before;
    got.push({ kind: 'gets compressed', opcode, message, windowBits: receiver.windowBits ?? 15, history });
  });
  return [...sent, ...got];
}

/** Returns bytes that cannot be compressed. They are the same for the same count. */
export function noise(count: number): Uint8Array {
  const random = randomNumbers(count);
  return Uint8Array.from({ length: count }, () => random() & 0xff);
}
