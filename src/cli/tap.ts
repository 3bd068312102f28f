import { type Inspector, inspector, tap as startTap, type Tap, type TapOptions } from '../tools/index.js';
import { PLAIN } from '../wire/index.js';
import { COLORS, usesColor } from './colors.js';
import { columnsOf } from './columns.js';
import { drainOf } from './drain.js';
import { EXIT, type ExitCode, UsageError } from './exit-code.js';
import { onInterruption } from './interruptions.js';
import { isArgumentError, usageErrorOf } from './library-error.js';
import { readOptionFile, tlsOptions } from './option-file.js';
import { parseTapArguments, type TapArguments } from './tap-arguments.js';
import { TAP_HELP } from './tap-help.js';
import { Recording } from './tap-recording.js';
import { TapScreen } from './tap-screen.js';
import type { StandardStreams } from './terminal.js';

/** `ws101 tap`: runs until it is interrupted. */
export async function tap(args: readonly string[], streams: StandardStreams): Promise<ExitCode> {
  const options = parseTapArguments(args);
  const { stdout, stderr } = streams;
  if (options === 'help') {
    stdout.write(TAP_HELP);
    return EXIT.OK;
  }
  const screen = new TapScreen({
    write: line => stdout.write(`${line}\n`),
    paint: usesColor(stdout, process.env) ? COLORS : PLAIN,
    columns: () => columnsOf(stdout, process.env),
    isVerbose: options.verbose,
  });
  const recording = options.record === undefined ? undefined : await Recording.start(options.record);
  const interrupted = interruption();
  let page: Inspector | undefined;
  let running: Tap | undefined;
  try {
    page = options.web ? await inspector({ title: `ws101 tap ${withoutPassword(options.target)}` }) : undefined;
    running = await start(options, screen, recording, page, streams);
    stdout.write(`listening on ${running.url}, connecting to ${withoutPassword(options.target)}\n`);
    if (page !== undefined) stdout.write(`inspector: ${page.url}\n`);
    await interrupted.promise;
    await running.close();
  } finally {
    interrupted.stopListening();
    await running?.close();
    await recording?.close();
    await page?.close();
  }
  if (recording?.failure === undefined) return EXIT.OK;
  stderr.write(`ws101 tap: ${options.record} is not complete: ${recording.failure.message}\n`);
  return EXIT.FAILURE;
}

async function start(
  options: TapArguments,
  screen: TapScreen,
  recording: Recording | undefined,
  page: Inspector | undefined,
  { stdout }: StandardStreams,
): Promise<Tap> {
  const { host, port, tls, headers, origin, proxy, bytesPerSecond, delay, cutAfter, dropPongs } = options;
  const drained = drainOf(stdout);
  const listenTls =
    tls === undefined
      ? {}
      : { tls: { cert: readOptionFile('--tls-cert', tls.cert), key: readOptionFile('--tls-key', tls.key) } };
  const tapOptions: TapOptions = {
    target: options.target,
    listen: { host, port, ...listenTls },
    headers,
    origin,
    proxy,
    tls: tlsOptions(options),
    bytesPerSecond,
    delay,
    cutAfter,
    dropPongs,
    onOpen: connection => {
      screen.open(connection);
      recording?.open(connection);
      page?.open(connection);
    },
    onEvent: (id, event) => {
      screen.event(id, event);
      recording?.event(id, event);
      page?.push(id, event);
      return allDone([recording?.drained(), drained()]);
    },
    onNote: (id, note) => screen.note(id, note),
  };
  try {
    return await startTap(tapOptions);
  } catch (error) {
    if (isArgumentError(error)) throw new UsageError(usageErrorOf(error).message.replace(/^url /, 'the target '));
    if (isTlsError(error))
      throw new UsageError(`--tls-cert and --tls-key must be a certificate and its key: ${(error as Error).message}`);
    throw new Error(`cannot listen on ${host}, port ${port}: ${(error as Error).message}`);
  }
}

/** Returns undefined if there is nothing to wait for. */
function allDone(promises: ReadonlyArray<Promise<void> | undefined>): Promise<void> | undefined {
  const pending = promises.filter(promise => promise !== undefined);
  return pending.length === 0 ? undefined : Promise.all(pending).then(() => {});
}

function interruption(): { readonly promise: Promise<void>; stopListening(): void } {
  let stopListening = (): void => {};
  const promise = new Promise<void>(resolve => {
    stopListening = onInterruption(resolve);
  });
  return { promise, stopListening };
}

function isTlsError(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith('ERR_OSSL');
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
