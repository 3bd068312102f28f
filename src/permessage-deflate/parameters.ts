/**
 * The negotiation of permessage-deflate in the opening handshake (RFC 7692 §5, §7.1):
 *
 *     client                                                         server
 *     makeOffers() ────────── Sec-WebSocket-Extensions ────────────▶ acceptOffer(): accepts the first offer that it supports
 *     judgeResponse() ◀────── Sec-WebSocket-Extensions ─────────────
 *        └─ DeflateParameters ─────────── equal ────────── DeflateParameters ─┘
 */
import type { ExtensionOffer, ExtensionParameter } from '../handshake/extension-header.js';
import { quoted } from '../handshake/quoted.js';
import { type DeflateSettings, MAX_WINDOW_BITS, MIN_DEFLATE_WINDOW_BITS } from './options.js';

export const PERMESSAGE_DEFLATE = 'permessage-deflate';

/** The agreed parameters of §7.1: `server…` for messages from the server, `client…` for messages from the client. */
export interface DeflateParameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

/** The response of a server, and the parameters that it agrees to. */
export interface Acceptance {
  readonly response: ExtensionOffer;
  readonly agreed: DeflateParameters;
}

/** The parameters of an offer or of a response. */
interface Statement {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  /** Undefined if the parameter is absent. */
  readonly serverMaxWindowBits: number | undefined;
  /** Undefined if the parameter is absent, `true` if it has no value. */
  readonly clientMaxWindowBits: number | true | undefined;
}

/** The forms that the value of a parameter may have. */
interface ValueForms {
  readonly isFlag: boolean;
  readonly isWindowBits: boolean;
}

const FLAG: ValueForms = { isFlag: true, isWindowBits: false };
const WINDOW_BITS: ValueForms = { isFlag: false, isWindowBits: true };
const WINDOW_BITS_OR_FLAG: ValueForms = { isFlag: true, isWindowBits: true };

/**
 * §7.1.1, §7.1.2: offers and responses have the same parameters, but in a response client_max_window_bits must have a
 * value.
 */
const RESPONSE_FORMS: ReadonlyMap<string, ValueForms> = new Map([
  ['server_no_context_takeover', FLAG],
  ['client_no_context_takeover', FLAG],
  ['server_max_window_bits', WINDOW_BITS],
  ['client_max_window_bits', WINDOW_BITS],
]);
const OFFER_FORMS: ReadonlyMap<string, ValueForms> = new Map([
  ...RESPONSE_FORMS,
  ['client_max_window_bits', WINDOW_BITS_OR_FLAG],
]);

/** "a decimal integer value without leading zeroes between 8 to 15, inclusive" (§7.1.2.1) */
const WINDOW_BITS_VALUE = /^(?:[89]|1[0-5])$/;

/** Reads the parameters. Returns a sentence for people if they are not valid. */
function read(parameters: readonly ExtensionParameter[], forms: ReadonlyMap<string, ValueForms>): Statement | string {
  const values = new Map<string, string | true>();
  for (const [name, value] of parameters) {
    const form = forms.get(name);
    // §7: decline or fail if it "contains an extension parameter not defined for use in" an offer or a response,
    if (form === undefined) return `unknown parameter ${quoted(name)}`;
    // "contains multiple extension parameters with the same name",
    if (values.has(name)) return `${name} occurs twice`;
    // or "contains an extension parameter with an invalid value".
    if (!isOfForm(value, form)) return `${name} must have ${expected(form)}, but has ${found(value)}`;
    values.set(name, value);
  }
  const serverMaxWindowBits = values.get('server_max_window_bits');
  const clientMaxWindowBits = values.get('client_max_window_bits');
  return {
    serverNoContextTakeover: values.has('server_no_context_takeover'),
    clientNoContextTakeover: values.has('client_no_context_takeover'),
    serverMaxWindowBits: serverMaxWindowBits === undefined ? undefined : Number(serverMaxWindowBits),
    clientMaxWindowBits: typeof clientMaxWindowBits === 'string' ? Number(clientMaxWindowBits) : clientMaxWindowBits,
  };
}

/** Returns why a server declines an offer, as a sentence for people, or undefined if the offer is valid. */
export function faultOfOffer({ parameters }: ExtensionOffer): string | undefined {
  const offer = read(parameters, OFFER_FORMS);
  return typeof offer === 'string' ? offer : undefined;
}

function isOfForm(value: string | true, form: ValueForms): boolean {
  return value === true ? form.isFlag : form.isWindowBits && WINDOW_BITS_VALUE.test(value);
}

function expected(form: ValueForms): string {
  if (!form.isWindowBits) return 'no value';
  return form.isFlag ? 'no value or one from 8 to 15' : 'a value from 8 to 15';
}

function found(value: string | true): string {
  return value === true ? 'none' : quoted(value);
}

/** Returns the window to which a client limits itself in its offer. */
function clientBitsOf({ clientMaxWindowBits }: Statement): number {
  return typeof clientMaxWindowBits === 'number' ? clientMaxWindowBits : MAX_WINDOW_BITS;
}

/** Returns the offers of a client. There is only one, since the options of a client are requirements. */
export function makeOffers(settings: DeflateSettings): ExtensionOffer[] {
  const { serverMaxWindowBits, clientMaxWindowBits } = settings;
  const parameters = statedParameters(settings);
  if (serverMaxWindowBits < MAX_WINDOW_BITS) {
    parameters.push(['server_max_window_bits', String(serverMaxWindowBits)]);
  }
  // "By including this parameter in an extension negotiation offer, a client informs the peer server that it supports"
  // the parameter in a response (§7.1.2.2). Without it, a server may not ask for a smaller client window.
  const isLimited = clientMaxWindowBits < MAX_WINDOW_BITS;
  parameters.push(['client_max_window_bits', isLimited ? String(clientMaxWindowBits) : true]);
  return [{ name: PERMESSAGE_DEFLATE, parameters }];
}

/** Returns the two parameters that have no value. */
function statedParameters(
  stated: Pick<DeflateParameters, 'serverNoContextTakeover' | 'clientNoContextTakeover'>,
): ExtensionParameter[] {
  const parameters: ExtensionParameter[] = [];
  if (stated.serverNoContextTakeover) parameters.push(['server_no_context_takeover', true]);
  if (stated.clientNoContextTakeover) parameters.push(['client_no_context_takeover', true]);
  return parameters;
}

/**
 * Accepts the first offer that is valid and supported. Returns undefined if there is none: the connection is then not
 * compressed. "The order of elements is important as it specifies the client's preference" (§5).
 */
export function acceptOffer(offers: readonly ExtensionOffer[], settings: DeflateSettings): Acceptance | undefined {
  for (const { name, parameters } of offers) {
    if (name !== PERMESSAGE_DEFLATE) continue;
    const offer = read(parameters, OFFER_FORMS);
    // "A server MUST decline an extension negotiation offer for this extension if any of the following conditions are
    // met" (§7): the three of read(), and "The server doesn't support the offered configuration."
    const acceptance = typeof offer === 'string' ? undefined : accept(offer, settings);
    if (acceptance !== undefined) return acceptance;
  }
  return undefined;
}

function accept(offer: Statement, settings: DeflateSettings): Acceptance | undefined {
  const offeredClientBits = clientBitsOf(offer);
  const agreed: DeflateParameters = {
    // "a server may include the "server_no_context_takeover" extension parameter" even if it was not offered, and must
    // include it if it was (§7.1.1.1). If a client offers client_no_context_takeover, we need no context to inflate its
    // messages (§7.1.1.2).
    serverNoContextTakeover: offer.serverNoContextTakeover || settings.serverNoContextTakeover,
    clientNoContextTakeover: offer.clientNoContextTakeover || settings.clientNoContextTakeover,
    // "with the same or smaller value as the offer" (§7.1.2.1), "a value equal to or smaller than the received value"
    // (§7.1.2.2)
    serverMaxWindowBits: Math.min(offer.serverMaxWindowBits ?? MAX_WINDOW_BITS, settings.serverMaxWindowBits),
    clientMaxWindowBits: Math.min(offeredClientBits, settings.clientMaxWindowBits),
  };
  if (agreed.serverMaxWindowBits < MIN_DEFLATE_WINDOW_BITS) return undefined;

  const parameters = statedParameters(agreed);
  if (offer.serverMaxWindowBits !== undefined || agreed.serverMaxWindowBits < MAX_WINDOW_BITS) {
    parameters.push(['server_max_window_bits', String(agreed.serverMaxWindowBits)]);
  }
  if (agreed.clientMaxWindowBits < MAX_WINDOW_BITS) {
    // "If a received extension negotiation offer doesn't have the "client_max_window_bits" extension parameter, the
    // corresponding extension negotiation response to the offer MUST NOT include" it (§7.1.2.2). So our limit cannot be
    // met.
    if (offer.clientMaxWindowBits === undefined) return undefined;
    parameters.push(['client_max_window_bits', String(agreed.clientMaxWindowBits)]);
  }
  return { response: { name: PERMESSAGE_DEFLATE, parameters }, agreed };
}

/**
 * Checks the extensions in a response against the offers of this client. Returns the agreed parameters, undefined if
 * the server has declined, or a sentence for people if the connection must fail.
 */
export function judgeResponse(
  response: readonly ExtensionOffer[],
  offers: readonly ExtensionOffer[],
): DeflateParameters | string | undefined {
  const [accepted, ...more] = response.filter(({ name }) => name === PERMESSAGE_DEFLATE);
  if (accepted === undefined) return undefined;
  if (more.length > 0) return complaint('the server accepted it twice');
  const granted = read(accepted.parameters, RESPONSE_FORMS);
  // "A client MUST _Fail the WebSocket Connection_ if the peer server accepted an extension negotiation offer for this
  // extension with an extension negotiation response meeting any of the following conditions" (§7): the three of
  // read(), and those of match().
  if (typeof granted === 'string') return complaint(granted);

  const verdicts = offers
    .filter(({ name }) => name === PERMESSAGE_DEFLATE)
    .map(({ parameters }) => read(parameters, OFFER_FORMS))
    .map(offer => (typeof offer === 'string' ? offer : match(granted, offer)));
  const agreed = verdicts.find(verdict => typeof verdict !== 'string');
  return agreed ?? complaint(String(verdicts[0] ?? 'it was not offered'));
}

function complaint(reason: string): string {
  return `${PERMESSAGE_DEFLATE}: ${reason}`;
}

/**
 * Returns the parameters that a response to this offer agrees to, or a sentence if it is not a response to this offer.
 */
function match(granted: Statement, offer: Statement): DeflateParameters | string {
  // "A server accepts an extension negotiation offer that includes the "server_no_context_takeover" extension parameter
  // by including the "server_no_context_takeover" extension parameter in the corresponding extension negotiation
  // response" (§7.1.1.1)
  if (offer.serverNoContextTakeover && !granted.serverNoContextTakeover) {
    return 'server_no_context_takeover was requested, but the response does not have it';
  }
  // "… with the same or smaller value as the offer" (§7.1.2.1)
  const serverMaxWindowBits = granted.serverMaxWindowBits ?? MAX_WINDOW_BITS;
  if (offer.serverMaxWindowBits !== undefined && serverMaxWindowBits > offer.serverMaxWindowBits) {
    const got = granted.serverMaxWindowBits ?? 'no such parameter';
    return `server_max_window_bits must be at most ${offer.serverMaxWindowBits}, as requested, but the response has ${got}`;
  }
  // If the offer does not have client_max_window_bits, the response "MUST NOT include" it. If the offer has a value,
  // the response has "a value equal to or smaller" (§7.1.2.2).
  if (granted.clientMaxWindowBits !== undefined && offer.clientMaxWindowBits === undefined) {
    return 'client_max_window_bits was not offered, but the response has it';
  }
  const offeredClientBits = clientBitsOf(offer);
  const clientMaxWindowBits = Number(granted.clientMaxWindowBits ?? offeredClientBits);
  if (clientMaxWindowBits > offeredClientBits) {
    return `client_max_window_bits must be at most ${offeredClientBits}, as offered, but the response has ${clientMaxWindowBits}`;
  }
  return {
    serverNoContextTakeover: granted.serverNoContextTakeover,
    // By offering it, a client gives "a hint that even if the server doesn't include" it, "the client is not going to
    // use context takeover" (§7.1.1.2). The same applies to a value of client_max_window_bits.
    clientNoContextTakeover: granted.clientNoContextTakeover || offer.clientNoContextTakeover,
    serverMaxWindowBits,
    clientMaxWindowBits,
  };
}
