import type { CloseInfo, HandshakeError } from '../index.js';
import { describeClose, printableText } from '../wire/index.js';

/** How many characters of the body of a refusal are shown. */
const BODY_SHOWN = 300;

const INITIATOR: Readonly<Record<CloseInfo['initiator'], string>> = {
  local: 'by us',
  remote: 'by the server',
  network: 'by the network',
};

/** Describes how a connection ended. */
export function closeReport(info: CloseInfo): string {
  const cause = info.cause === undefined ? '' : `: ${printableText(info.cause.message)}`;
  if (info.wasClean) return `${describeClose(info.code, info.reason)}, cleanly, ${INITIATOR[info.initiator]}${cause}`;
  return `not cleanly, ${INITIATOR[info.initiator]}${cause}; ${missingHalf(info)}`;
}

/** Describes an incomplete closing handshake. */
function missingHalf({ sent, received }: CloseInfo): string {
  if (sent !== undefined) return `we sent ${describeClose(sent.code, sent.reason)}, but received no Close frame`;
  if (received !== undefined) return `we received ${describeClose(received.code, received.reason)}, but did not answer`;
  return 'there was no closing handshake';
}

/** Returns a hint of the library with the options of the command. */
function hintOf(hint: string): string {
  return hint.replace('tls.ca', '--ca').replace('set the option maxRedirects', 'use --location');
}

/** Describes why a connection did not open, one line each. */
export function failureReport(error: HandshakeError): [string, ...string[]] {
  const lines: [string, ...string[]] = [`the opening handshake failed: ${printableText(error.summary)}`];
  if (error.hint !== undefined) lines.push(`hint: ${printableText(hintOf(error.hint))}`);
  const body = error.body.trim();
  if (body !== '') lines.push(`the server says: ${printableText(body.slice(0, BODY_SHOWN))}`);
  return lines;
}
