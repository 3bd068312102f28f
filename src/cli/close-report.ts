import type { CloseInfo, HandshakeError } from '../index.js';
import { describeClose, printableText } from '../inspect/index.js';

/** How much of the body of a refusal is shown. */
const BODY_SHOWN = 300;

const INITIATOR: Readonly<Record<CloseInfo['initiator'], string>> = {
  local: 'by us',
  remote: 'by the server',
  network: 'by the network',
};

/** How a connection ended, for people. */
export function closeReport(info: CloseInfo): string {
  const cause = info.cause === undefined ? '' : `: ${printableText(info.cause.message)}`;
  if (info.wasClean) return `${describeClose(info.code, info.reason)}, cleanly, ${INITIATOR[info.initiator]}${cause}`;
  return `not cleanly, ${INITIATOR[info.initiator]}${cause}; ${missingHalf(info)}`;
}

/** What there was of the closing handshake, where it was not whole. */
function missingHalf({ sent, received }: CloseInfo): string {
  if (sent !== undefined) return `we sent ${describeClose(sent.code, sent.reason)}, but no Close frame came`;
  if (received !== undefined) return `${describeClose(received.code, received.reason)} came, but was not answered`;
  return 'there was no closing handshake';
}

/** Why a connection never opened, line by line. */
export function failureReport(error: HandshakeError): [string, ...string[]] {
  const lines: [string, ...string[]] = [`the opening handshake failed: ${printableText(error.message)}`];
  if (error.hint !== undefined) lines.push(`hint: ${printableText(error.hint.replace('`ca`', '--ca'))}`);
  const body = Buffer.from(error.body).toString().trim();
  if (body !== '') lines.push(`the server says: ${printableText(body.slice(0, BODY_SHOWN))}`);
  return lines;
}
