import { type DoctorReport, doctor as examine, withoutSecrets } from '../tools/index.js';
import { PLAIN, printableText } from '../wire/index.js';
import { COLORS, usesColor, yellow } from './colors.js';
import { columnsOf } from './columns.js';
import { type DoctorArguments, parseDoctorArguments } from './doctor-arguments.js';
import { DOCTOR_HELP } from './doctor-help.js';
import { type ReportStyle, reportJson, stageLines, verdictLines } from './doctor-report.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { isArgumentError, usageErrorOf } from './library-error.js';
import { tlsOptions } from './option-file.js';
import type { StandardStreams } from './terminal.js';

const EXIT_CODES: Readonly<Record<DoctorReport['verdict'], ExitCode>> = {
  healthy: EXIT.OK,
  problem: EXIT.FAILURE,
  warning: EXIT.WARNINGS,
};

/** `ws101 doctor`: finds out why a WebSocket does not work. */
export async function doctor(args: readonly string[], streams: StandardStreams): Promise<ExitCode> {
  const options = parseDoctorArguments(args);
  const { stdout, stderr } = streams;
  if (options === 'help') {
    stdout.write(DOCTOR_HELP);
    return EXIT.OK;
  }
  const isColored = usesColor(stdout, process.env);
  const style: ReportStyle = {
    paint: isColored ? COLORS : PLAIN,
    warn: isColored ? yellow : text => text,
    columns: columnsOf(stdout, process.env),
    isVerbose: options.verbose,
  };
  // What runs now is shown below the stages, and erased when it is over.
  const isLive = stderr.isTTY === true && stdout.isTTY === true && !options.json;
  const progress = (text: string): void => {
    if (isLive) stderr.write(`\r\x1b[K${text}`);
  };
  const write = (lines: readonly string[]): void => {
    progress('');
    if (!options.json) stdout.write(lines.map(line => `${line}\n`).join(''));
  };
  write([style.paint.heading(`ws101 doctor ${printableText(withoutSecrets(options.url))}`), '']);
  const report = await run(options, {
    onStage: stage => write(stageLines(stage, style)),
    onProgress: doing => progress(style.paint.note(`    ${doing} …`)),
  });
  write(verdictLines(report, style));
  if (options.json) stdout.write(`${reportJson(report)}\n`);
  return EXIT_CODES[report.verdict];
}

type Callbacks = Required<Pick<NonNullable<Parameters<typeof examine>[1]>, 'onStage' | 'onProgress'>>;

async function run(options: DoctorArguments, callbacks: Callbacks): Promise<DoctorReport> {
  const { url, headers, subprotocols, origin, compress, proxy, send, size, idle, timeout, retry } = options;
  try {
    return await examine(url, {
      headers,
      subprotocols,
      origin,
      perMessageDeflate: compress,
      proxy,
      send,
      size,
      idle,
      timeout,
      retry,
      tls: tlsOptions(options),
      ...callbacks,
    });
  } catch (error) {
    throw isArgumentError(error) ? usageErrorOf(error) : error;
  }
}
