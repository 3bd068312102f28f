import { CONNECT_OPTION_NAMES, type ConnectOptions, resolveConnectOptions } from '../client/options.js';
import { resolveConnectionOptions } from '../connection/options.js';
import { checkOptionNames, type OptionHints, type OptionNames } from '../option-names.js';
import { WS_CLIENT_OPTIONS } from '../ws-option-names.js';

/** The options of connect() that the API of browsers has in another form, or cannot use. */
type Excluded = 'subprotocols' | 'signal' | 'text' | 'incoming' | 'autoPong';

/** Options of a WebSocket that browsers do not have: those of connect(), such as `headers` and `dial`. */
export interface WebSocketInit extends Omit<ConnectOptions, Excluded> {
  /** Subprotocols to offer, the preferred one first. Without options, they are the second argument. */
  readonly protocols?: string | Iterable<string> | undefined;
}

const { subprotocols, signal, text, incoming, autoPong, ...names } = CONNECT_OPTION_NAMES;
const INIT_OPTION_NAMES: OptionNames<WebSocketInit> = { ...names, protocols: true };

const OPTION_HINTS: OptionHints = {
  dispatcher: "use 'dial'",
  signal: 'use close(), which gives up the attempt',
  subprotocols: "use 'protocols'",
};

/** The second and the third argument of the constructor. */
export interface ConstructorArguments {
  readonly protocols: readonly string[];
  readonly options: ConnectOptions;
}

/**
 * Tells subprotocols from options. Both may be passed: `new WebSocket(url, protocols, init)`. An object that is not
 * iterable is the options, which may contain `protocols`: `new WebSocket(url, { protocols, headers })`.
 *
 * @throws {TypeError | RangeError} for a wrong option
 */
export function resolveArguments(second: unknown, third: unknown): ConstructorArguments {
  const isInit = typeof second === 'object' && second !== null && !(Symbol.iterator in second);
  // Web IDL ignores arguments that a function does not have, so in browsers a third one has no effect.
  const init = isInit ? second : typeof third === 'object' && third !== null ? third : {};
  checkOptionNames(init, INIT_OPTION_NAMES, '', { ...WS_CLIENT_OPTIONS, ...OPTION_HINTS });
  const { protocols, ...options } = init as WebSocketInit;
  // connect() would reject with these errors, but only after the constructor has returned.
  resolveConnectOptions(options);
  resolveConnectionOptions(options);
  return { protocols: toSequence(isInit || second === undefined ? protocols : second), options };
}

/** Converts `(DOMString or sequence<DOMString>)`. */
function toSequence(value: unknown): readonly string[] {
  if (value === undefined) return [];
  // "If protocols is a string, set protocols to a sequence consisting of just that string."
  const isSequence = typeof value === 'object' && value !== null && Symbol.iterator in value;
  return isSequence ? Array.from(value as Iterable<unknown>, name => `${name}`) : [`${value}`];
}
