/** One round: a contender under the load of a scenario, for a moment. */
import type { Contender } from './contenders.js';
import { disturbance } from './disturbance.js';
import { generateLoad } from './load/generator.js';
import { Program } from './program.js';
import type { Sample } from './results.js';
import type { Scenario } from './scenarios.js';

/** How long a round lasts, in seconds. */
export interface Timing {
  readonly warmUp: number;
  readonly duration: number;
}

/** A contender's server, listening. */
export interface Server {
  readonly program: Program;
  readonly port: number;
}

export async function startServer(contender: Contender, { kind, deflate }: Scenario): Promise<Server> {
  const mode = deflate === true ? 'deflate' : kind === 'broadcast' ? 'broadcast' : 'echo';
  const program = new Program('measured', [...contender.server!, mode], contender.env);
  const { port } = await program.answer<{ port: number }>();
  return { program, port };
}

/** A round of messages, or of connections that open and close. */
export async function loadRound({ program, port }: Server, scenario: Scenario, timing: Timing): Promise<Sample> {
  const { kind, connections, inFlight, size, text, deflate } = scenario;
  const mode = kind === 'broadcast' || kind === 'handshake' ? kind : 'echo';
  const flags = { text: text === true, deflate: deflate === true };
  const load = { mode, port, pid: program.pid, connections, inFlight, size, ...flags, ...timing } as const;
  const report = await generateLoad(load);
  const disturbed = disturbance(report);
  return {
    value: (report.cpu * 1e6) / report.messages,
    rate: report.messages / report.seconds,
    p50: report.p50,
    p99: report.p99,
    generatorShare: report.generatorCpu / report.seconds,
    ...(disturbed === undefined ? {} : { disturbed }),
  };
}
