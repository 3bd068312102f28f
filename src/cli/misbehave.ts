import {
  MISBEHAVE_KINDS,
  type MisbehaveKind,
  type MisbehavingClient,
  type MisbehavingServer,
  misbehave,
  misbehavingClient,
  type PeerReport,
} from '../tools/index.js';
import { describeClose, printableText, type Side } from '../wire/index.js';
import { columnsOf } from './columns.js';
import { startEcho, urlOf } from './echo.js';
import { EXIT, type ExitCode, UsageError } from './exit-code.js';
import { onInterruption } from './interruptions.js';
import { isArgumentError } from './library-error.js';
import { type MisbehaveArguments, parseMisbehaveArguments } from './misbehave-arguments.js';
import { kindList, MISBEHAVE_HELP, withOptions } from './misbehave-help.js';
import { plural } from './plural.js';
import { type StandardStreams, Terminal } from './terminal.js';

/** `ws101 serve --misbehave`: runs until it is interrupted. */
export async function serveMisbehaving(args: readonly string[], streams: StandardStreams): Promise<ExitCode> {
  const given = parsed('server', args, streams);
  if (given === undefined) return EXIT.OK;
  const terminal = new Terminal(streams);
  const { kind, host, port, options } = given;
  const onReport = (report: PeerReport) => void terminal.print(`${report.peer}: ${account(report)}\n`);
  let server: MisbehavingServer;
  try {
    server = await misbehave(kind, { host, port, ...options, onReport });
  } catch (error) {
    throw explained(error, `cannot listen on ${host}, port ${port}`);
  }
  const interruption = interrupted();
  terminal.print(`listening on ${server.url}\n`);
  introduce('server', kind, terminal);
  await interruption;
  await server.close();
  return EXIT.OK;
}

/** `ws101 connect --misbehave`: one connection. */
export async function connectMisbehaving(args: readonly string[], streams: StandardStreams): Promise<ExitCode> {
  const given = parsed('client', args, streams);
  if (given === undefined) return EXIT.OK;
  const terminal = new Terminal(streams);
  const echo = given.url === undefined ? await startEcho({ host: '127.0.0.1', port: 0 }) : undefined;
  const url = given.url ?? urlOf(echo!, false);
  try {
    let client: MisbehavingClient;
    try {
      client = await misbehavingClient(given.kind, url, given.options);
    } catch (error) {
      throw explained(error, `cannot connect to ${url}`);
    }
    const stopListening = onInterruption(() => void client.close());
    introduce('client', given.kind, terminal);
    terminal.print(`the server: ${account(await client.report)}\n`);
    stopListening();
    return EXIT.OK;
  } finally {
    await echo?.close({ timeout: 0 });
  }
}

/** Returns undefined if the arguments ask for a text, which is then printed. */
function parsed(side: Side, args: readonly string[], { stdout }: StandardStreams): MisbehaveArguments | undefined {
  const given = parseMisbehaveArguments(side, args);
  if (typeof given !== 'string') return given;
  stdout.write(given === 'help' ? MISBEHAVE_HELP[side] : kindList(side, columnsOf(stdout, process.env)));
  return undefined;
}

function introduce(side: Side, kind: string, terminal: Terminal): void {
  const isThis = (row: MisbehaveKind) => row.kind === kind && (row.by === 'both' || row.by === side);
  const { does, expected, section } = MISBEHAVE_KINDS.find(isThis)!;
  terminal.say(`* the ${side} ${withOptions(does)} (${section})`);
  terminal.say(`* a correct ${side === 'server' ? 'client' : 'server'} ${withOptions(expected)}`);
}

/** Describes what the other endpoint did. */
function account({ head, opened, dataFrames, close, violation, end }: PeerReport): string {
  const how = { fin: 'ended TCP', reset: 'reset TCP' };
  return [
    head === undefined ? 'sent no whole head' : printableText(head),
    ...(opened && head?.startsWith('101 ') === false ? ['opened'] : []),
    ...(dataFrames > 0 ? [plural(dataFrames, 'data frame')] : []),
    ...(violation === undefined ? [] : [`broke a rule: ${printableText(violation)}`]),
    ...(close === undefined ? [] : [`closed with ${describeClose(close.code, close.reason)}`]),
    end === undefined ? 'did not end TCP' : how[end],
  ].join(', ');
}

function explained(error: unknown, what: string): Error {
  const { message } = error as Error;
  if (!isArgumentError(error)) return new Error(`${what}: ${message}`);
  const text = message.replace('MISBEHAVE_KINDS lists them', '--misbehave list prints them');
  return new UsageError(text.replace(/^(code|reason) /, '--close-$1 '));
}

function interrupted(): Promise<void> {
  return new Promise(resolve => {
    const stopListening = onInterruption(() => {
      stopListening();
      resolve();
    });
  });
}
