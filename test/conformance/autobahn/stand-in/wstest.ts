import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { binary, close, text } from '../../conformance-case.js';
import { ClientListener, openTo, switchingProtocols } from '../../opening.js';
import type { RawConnection } from '../../raw-connection.js';
import { CLOSE, encodeFrame, type Frame, type Role, type SentFrame } from '../../wire.js';

/**
 * Stands in for wstest in the tests of the scripts: the same arguments, URLs and report format, but only two cases.
 * STAND_IN_BEHAVIOR replaces the result of the second case.
 */
const { mode, spec } = parseArgs({
  options: { mode: { type: 'string', short: 'm' }, spec: { type: 'string', short: 's' } },
}).values;
const { url, servers, outdir } = JSON.parse(readFileSync(spec!, 'utf8'));

const CASES = [text('Hello'), binary(Buffer.of(0, 1, 2, 255))];
const results: Record<string, object> = {};

/** Sends a message, waits for the echo, and closes. */
async function runCase(number: number, connection: RawConnection, role: Role): Promise<void> {
  const sent = CASES[number - 1]!;
  send(connection, role, sent);
  const back = await connection.frame();
  await closeFrom(connection, role);
  const behavior = back.opcode === sent.opcode && Buffer.compare(back.payload, sent.payload) === 0 ? 'OK' : 'FAILED';
  const reported = number === 2 ? (process.env.STAND_IN_BEHAVIOR ?? behavior) : behavior;
  results[`1.1.${number}`] = { behavior: reported, behaviorClose: 'OK', duration: 1, remoteCloseCode: 1000 };
}

function send({ socket }: RawConnection, role: Role, frame: SentFrame): void {
  socket.write(encodeFrame(frame, role, () => 0x12345678));
}

async function closeFrom(connection: RawConnection, role: Role): Promise<void> {
  send(connection, role, close(1000));
  for (let frame: Frame | undefined; frame?.opcode !== CLOSE; ) frame = await connection.frame();
  connection.socket.end();
  await connection.ended();
}

function writeReport(agent: string): void {
  const folder = resolve(dirname(spec!), outdir);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ [agent]: results }));
}

async function fuzzServer(): Promise<void> {
  const [{ agent, url: target }] = servers;
  for (const number of CASES.keys()) {
    await runCase(number + 1, await openTo(Number(new URL(target).port), '/'), 'client');
  }
  writeReport(agent);
}

async function fuzzClient(): Promise<void> {
  const listener = new ClientListener();
  await listener.listen(Number(new URL(url).port));
  const serve = async (target: string, work: (connection: RawConnection) => Promise<void> | void) => {
    const client = await listener.client(target);
    client.connection.socket.write(switchingProtocols(client));
    await work(client.connection);
  };
  await serve('/getCaseCount', connection => {
    send(connection, 'server', text(`${CASES.length}`));
    return closeFrom(connection, 'server');
  });
  for (const number of CASES.keys()) {
    const target = `/runCase?case=${number + 1}&agent=ws101`;
    await serve(target, connection => runCase(number + 1, connection, 'server'));
  }
  await serve('/updateReports?agent=ws101', connection => {
    writeReport('ws101');
    return closeFrom(connection, 'server');
  });
  // Like the original, it runs until it is ended.
}

void (mode === 'fuzzingclient' ? fuzzServer() : fuzzClient());
