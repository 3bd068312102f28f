import { setTimeout as delay } from 'node:timers/promises';
import { connect, HandshakeError, type WebSocketConnection } from '../../../src/index.js';
import { echo } from './echo.js';
import { readSpec } from './spec.js';

/** The client that `wstest -m fuzzingserver` tests. The first argument is the spec, which has the URL. */
const { agent, url } = readSpec(process.argv[2]);

/** How long the suite may take to start, in milliseconds. */
const START_TIMEOUT = 20_000;

function at(target: string): URL {
  return new URL(target, url);
}

/** Connects to the suite, which was started at the same time. Until it listens, connections are refused. */
async function firstConnection(target: string): Promise<WebSocketConnection> {
  for (const start = Date.now(); ; await delay(100)) {
    try {
      return await connect(at(target));
    } catch (error) {
      const isNotUp = error instanceof HandshakeError && error.phase === 'connect';
      if (!isNotUp || Date.now() - start > START_TIMEOUT) throw error;
    }
  }
}

async function countCases(): Promise<number> {
  const connection = await firstConnection('/getCaseCount');
  const { value } = await connection[Symbol.asyncIterator]().next();
  await connection.closed;
  return Number(value);
}

async function runCase(number: number): Promise<void> {
  try {
    const connection = await connect(at(`/runCase?case=${number}&agent=${agent}`), { perMessageDeflate: true });
    echo(connection);
    await connection.closed;
  } catch (error) {
    // The suite records the failure, and continues with the next case.
    console.error(`case ${number}: ${error}`);
  }
}

async function main(): Promise<void> {
  const count = await countCases();
  for (let number = 1; number <= count; number++) {
    if (number % 50 === 1) console.log(`case ${number} of ${count}`);
    await runCase(number);
  }
  const connection = await connect(at(`/updateReports?agent=${agent}`));
  await connection.closed;
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
