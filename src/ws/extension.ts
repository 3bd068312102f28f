import { TokenReader } from './header-tokens.js';

/** The parameters of one offer: a parameter may be repeated, and is `true` without a value. */
export type ExtensionParameters = Record<string, (string | true)[]>;

/** The offers of a Sec-WebSocket-Extensions header by the name of the extension, in order (RFC 6455 §9.1). */
export type ExtensionOffers = Record<string, ExtensionParameters[]>;

/**
 * Returns the offers of a header.
 *
 * @throws {SyntaxError} if its value is malformed
 */
function parse(header: string): ExtensionOffers {
  const offers: ExtensionOffers = Object.create(null);
  const reader = new TokenReader(header);
  let separator: string;
  do {
    const name = reader.token();
    const parameters: ExtensionParameters = Object.create(null);
    separator = reader.separator(',;');
    while (separator === ';') {
      const parameter = reader.token();
      const value = reader.take('=') ? readValue(reader) : true;
      parameters[parameter] = [...(parameters[parameter] ?? []), value];
      separator = reader.separator(',;');
    }
    offers[name] = [...(offers[name] ?? []), parameters];
  } while (separator === ',');
  return offers;
}

function readValue(reader: TokenReader): string {
  return reader.take('"') ? reader.quoted() : reader.token();
}

type Formattable = Record<string, unknown>;

/** Returns the value of a Sec-WebSocket-Extensions header. */
function format(extensions: Record<string, Formattable | readonly Formattable[]>): string {
  return Object.entries(extensions)
    .flatMap(([name, offers]) => [offers].flat().map(offer => [name, ...parametersOf(offer as Formattable)].join('; ')))
    .join(', ');
}

function parametersOf(offer: Formattable): string[] {
  return Object.entries(offer).flatMap(([name, values]) =>
    [values].flat().map(value => (value === true ? name : `${name}=${value}`)),
  );
}

/** Reads and writes the values of Sec-WebSocket-Extensions headers. */
export const extension: { readonly parse: typeof parse; readonly format: typeof format } = { parse, format };
