/** Runs a scenario. The contenders take turns, so that a disturbance of the machine affects all of them. */
import { type Contender, NODE_VERSION, takesPart } from './contenders.js';
import { ENOUGH, majorVersion, type Run, type Sample, type ScenarioResult } from './results.js';
import { clientRound, idleRound, maskingRound, type Server, serverRound, startServer, type Timing } from './round.js';
import type { Scenario } from './scenarios.js';

export interface Plan {
  readonly rounds: number;
  /** The most rounds to add while a contender has too few undisturbed samples. */
  readonly extraRounds: number;
  /** Durations are in seconds. */
  readonly duration: number;
  /** The warm-up before each measurement, and before the first one of a process. */
  readonly warmUp: number;
  readonly firstWarmUp: number;
}

/** A contender in a scenario: how to run its next round, and how to end it. */
interface Turn {
  readonly id: string;
  readonly round: () => Promise<Sample>;
  readonly end: () => Promise<void>;
}

/** Calls `failed` for contenders that fail. Their samples do not count. */
export async function runScenario(
  scenario: Scenario,
  contenders: readonly Contender[],
  plan: Plan,
  failed: (contender: string, error: Error) => void,
): Promise<ScenarioResult> {
  const turns = new Map<Turn, Sample[]>();
  const attempt = async (id: string, step: () => Promise<void>): Promise<boolean> => {
    try {
      await step();
      return true;
    } catch (error) {
      failed(id, error as Error);
      return false;
    }
  };
  for (const contender of contenders.filter(contender => takesPart(contender, scenario))) {
    await attempt(contender.id, async () => {
      turns.set(await begin(contender, scenario, plan), []);
    });
  }
  const needsMore = () => [...turns.values()].some(samples => undisturbed(samples) < ENOUGH);
  for (let round = 0; round < plan.rounds || (round < plan.rounds + plan.extraRounds && needsMore()); round++) {
    for (const [turn, samples] of startingWith(round, [...turns])) {
      const succeeded = await attempt(turn.id, async () => {
        samples.push(await turn.round());
      });
      if (succeeded) continue;
      turns.delete(turn);
      await turn.end();
    }
  }
  const runs: Run[] = [];
  for (const [turn, samples] of turns) {
    await turn.end();
    runs.push({ contender: turn.id, samples });
  }
  const { id, title, metric, unit, better } = scenario;
  const target = (majorVersion(NODE_VERSION) >= 24 ? scenario.targetFrom24 : undefined) ?? scenario.target;
  return { id, title, metric, unit, better, ...(target === undefined ? {} : { target }), runs };
}

function undisturbed(samples: readonly Sample[]): number {
  return samples.filter(({ disturbed }) => disturbed === undefined).length;
}

/** Starts each round with another contender, so that the order does not favour anyone. */
function startingWith<T>(round: number, all: readonly T[]): readonly T[] {
  const first = round % Math.max(all.length, 1);
  return [...all.slice(first), ...all.slice(0, first)];
}

/**
 * Prepares a contender. A server lives as long as its scenario. Clients, and servers whose memory is measured, start
 * again in each round.
 */
async function begin(contender: Contender, scenario: Scenario, plan: Plan): Promise<Turn> {
  const { id } = contender;
  // The code of handshakes is fully compiled only after about ten thousand connections.
  const longer = scenario.kind === 'handshake' || scenario.kind === 'visit' ? 4 : 1;
  const first: Timing = { warmUp: plan.firstWarmUp * longer, duration: plan.duration };
  const end = async () => {};
  switch (scenario.kind) {
    case 'masking':
      return { id, end, round: () => maskingRound(contender, first) };
    case 'idle':
      return { id, end, round: () => idleRound(contender, scenario) };
    case 'client-echo':
    case 'client-receive':
      return { id, end, round: () => clientRound(contender, scenario, first) };
    default: {
      const server: Server = await startServer(contender, scenario);
      let timing = first;
      const round = async () => {
        const sample = await serverRound(server, scenario, timing);
        timing = { ...timing, warmUp: plan.warmUp };
        return sample;
      };
      return { id, round, end: () => server.program.stop() };
    }
  }
}
