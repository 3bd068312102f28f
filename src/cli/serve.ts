import type { PlainRequest, ServerOptions, WebSocketServer } from '../index.js';
import { startEcho, urlOf } from './echo.js';
import { EXIT, type ExitCode, UsageError } from './exit-code.js';
import { SERVE_HELP } from './help.js';
import { inspectServer } from './inspected.js';
import { onInterruption } from './interruptions.js';
import { isArgumentError, usageErrorOf } from './library-error.js';
import { serveMisbehaving } from './misbehave.js';
import { hasMisbehave } from './misbehave-arguments.js';
import { readOptionFile } from './option-file.js';
import { plural } from './plural.js';
import { parseServeArguments, type ServeArguments } from './serve-arguments.js';
import { type StandardStreams, Terminal } from './terminal.js';

/** `ws101 serve`: runs until it is interrupted. */
export async function serve(args: readonly string[], streams: StandardStreams): Promise<ExitCode> {
  if (hasMisbehave(args)) return await serveMisbehaving(args, streams);
  const options = parseServeArguments(args);
  if (options === 'help') {
    streams.stdout.write(SERVE_HELP);
    return EXIT.OK;
  }
  const terminal = new Terminal(streams);
  const inspected = options.inspect ? await inspectServer('ws101 serve') : undefined;
  let server: WebSocketServer;
  try {
    server = await start(options, inspected?.tap);
  } catch (error) {
    await inspected?.page.close();
    if (error instanceof UsageError) throw error;
    // Only the library's error about `tls` has a cause: the error of OpenSSL about the certificate or the key.
    const { cause } = error as Error;
    if (cause !== undefined)
      throw new UsageError(`--tls-cert and --tls-key must be a certificate and its key: ${(cause as Error).message}`);
    if (isArgumentError(error)) throw usageErrorOf(error);
    terminal.say(`ws101 serve: ${whyNotListening(error as NodeJS.ErrnoException, options)}`);
    return EXIT.FAILURE;
  }
  terminal.print(`listening on ${urlOf(server, options.tls !== undefined)}\n`);
  if (inspected !== undefined) terminal.print(`inspector on ${inspected.page.url}\n`);
  const code = await untilStopped(server, terminal);
  await inspected?.page.close();
  return code;
}

function start(
  { host, port, tls, broadcast, subprotocols, maxMessageSize, compress, health }: ServeArguments,
  tap: ServerOptions['tap'],
): Promise<WebSocketServer> {
  const options = {
    host,
    port,
    subprotocols,
    perMessageDeflate: compress,
    tap,
    ...(maxMessageSize === undefined ? {} : { maxMessageSize }),
    ...(health === undefined
      ? {}
      : { respond: ({ path }: PlainRequest) => (path === health ? { body: 'ok\n' } : undefined) }),
    ...(tls === undefined
      ? {}
      : { tls: { cert: readOptionFile('--tls-cert', tls.cert), key: readOptionFile('--tls-key', tls.key) } }),
  };
  return startEcho(options, broadcast);
}

function whyNotListening(error: NodeJS.ErrnoException, { host, port }: ServeArguments): string {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program is listening there; --port 0 picks a free port',
    EACCES: 'permission denied; try a port from 1024 up',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'no such host',
  };
  return `cannot listen on ${host}, port ${port}: ${reasons[error.code ?? ''] ?? error.message}`;
}

async function untilStopped(server: WebSocketServer, terminal: Terminal): Promise<ExitCode> {
  return new Promise(resolve => {
    let isStopping = false;
    const stopListening = onInterruption(() => {
      if (isStopping) {
        resolve(EXIT.FAILURE);
        return;
      }
      isStopping = true;
      terminal.say(`closing ${plural(server.clients.size, 'connection')}; press Ctrl-C again to exit immediately`);
      void server.close().then(() => {
        stopListening();
        resolve(EXIT.OK);
      });
    });
  });
}
