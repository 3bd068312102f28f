import { type ConnectOptions, connect, type Destination } from '../../index.js';

/** Where a tap connects to. */
export interface Target {
  readonly destination: Destination;
  /** The path and query of the URL; undefined if it has none, so that those of the client are used. */
  readonly path: string | undefined;
  /** The value of Authorization for user and password of the URL. */
  readonly authorization: string | undefined;
}

/**
 * Parses a URL and checks the options of dial(), as connect() does: by an attempt that ends before it dials.
 *
 * @throws {TypeError | RangeError} that names what is wrong
 */
export async function targetOf(url: string | URL, options: Omit<ConnectOptions, 'dial'>): Promise<Target> {
  let destination: Destination | undefined;
  try {
    await connect(url, {
      ...options,
      dial: given => {
        destination = given;
        throw new Error('parsed');
      },
    });
  } catch (error) {
    if (destination === undefined) throw error;
  }
  const { username, password } = new URL(url);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    destination: destination!,
    path: destination!.target === '/' ? undefined : destination!.target,
    authorization: credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}
