/** A scenario, with all contenders in turns: whatever disturbs the machine meanwhile disturbs all of them alike. */
import { type Contender, takesPart } from './contenders.js';
import { ENOUGH, type Run, type Sample, type ScenarioResult } from './results.js';
import { clientRound, idleRound, maskingRound, type Server, serverRound, startServer, type Timing } from './round.js';
import type { Scenario } from './scenarios.js';

export interface Plan {
  readonly rounds: number;
  /** Rounds that are added, at most, while somebody has too few undisturbed samples. */
  readonly extraRounds: number;
  /** In seconds. */
  readonly duration: number;
  /** Before each measurement, and before the first one of a process. */
  readonly warmUp: number;
  readonly firstWarmUp: number;
}

/** A contender in a scenario: what does its next round, and what ends it. */
interface Turn {
  readonly id: string;
  readonly round: () => Promise<Sample>;
  readonly end: () => Promise<void>;
}

/** `failed` is told of contenders that did not get through; what they had done till then does not count. */
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
  const wanting = () => [...turns.values()].some(samples => undisturbed(samples) < ENOUGH);
  for (let round = 0; round < plan.rounds || (round < plan.rounds + plan.extraRounds && wanting()); round++) {
    for (const [turn, samples] of beginningWith(round, [...turns])) {
      const well = await attempt(turn.id, async () => {
        samples.push(await turn.round());
      });
      if (well) continue;
      turns.delete(turn);
      await turn.end();
    }
  }
  const runs: Run[] = [];
  for (const [turn, samples] of turns) {
    await turn.end();
    runs.push({ contender: turn.id, samples });
  }
  const { id, title, metric, unit, better, target } = scenario;
  return { id, title, metric, unit, better, ...(target === undefined ? {} : { target }), runs };
}

function undisturbed(samples: readonly Sample[]): number {
  return samples.filter(({ disturbed }) => disturbed === undefined).length;
}

/** Each round begins with another one, so that nobody always comes behind the same contender. */
function beginningWith<T>(round: number, all: readonly T[]): readonly T[] {
  const first = round % Math.max(all.length, 1);
  return [...all.slice(first), ...all.slice(0, first)];
}

/** A server lives as long as its scenario; clients, and whoever's memory is looked at, are new in each round. */
async function begin(contender: Contender, scenario: Scenario, plan: Plan): Promise<Turn> {
  const { id } = contender;
  // All that a connection does once becomes fast only after some ten thousand connections.
  const longer = scenario.kind === 'handshake' ? 4 : 1;
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
