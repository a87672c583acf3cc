/** Reads the command line of the bench. Pure. */
import { parseArgs } from 'node:util';
import { SCENARIOS, type Scenario } from './scenarios.js';
import type { Subject } from './subject.js';
import { SUBJECTS } from './subjects.js';

export interface BenchOptions {
  readonly rounds: number;
  readonly scenarios: readonly Scenario[];
  readonly subjects: readonly Subject[];
  readonly jsonFile: string | null;
}

export const USAGE = `npm run bench -- [--rounds N] [--scenario a,b] [--subjects a,b] [--requests N] [--quick] [--json FILE]
  --rounds     rounds of all subjects, 1 to 1,000 (5; with --quick 1)
  --scenario   ${SCENARIOS.map(({ name }) => name).join(', ')} (all)
  --subjects   ${SUBJECTS.map(({ name }) => name).join(', ')} (all that are installed)
  --requests   requests per subject and round (each scenario's own)
  --quick      a tenth of the requests and connections: to see that it works, not to publish
  --json       also write the results to this file`;

const QUICK_SHARE = 0.1;
const QUICK_IDLE_CONNECTIONS = 400;

/** Throws Error with a text for people when the arguments make no sense. */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      scenario: { type: 'string' },
      subjects: { type: 'string' },
      requests: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const { quick } = values;
  const requests = values.requests === undefined ? null : count('--requests', values.requests, 10_000_000);
  return {
    rounds: values.rounds === undefined ? (quick ? 1 : 5) : count('--rounds', values.rounds, 1_000),
    scenarios: chosen('--scenario', values.scenario, SCENARIOS).map((scenario) => ({
      ...scenario,
      requests: requests ?? Math.round(scenario.requests * (quick ? QUICK_SHARE : 1)),
      connections: quick ? Math.min(scenario.connections, QUICK_IDLE_CONNECTIONS) : scenario.connections,
    })),
    subjects: chosen('--subjects', values.subjects, SUBJECTS),
    jsonFile: values.json ?? null,
  };
}

function count(flag: string, text: string, max: number): number {
  const value = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new Error(`${flag}: expected a whole number from 1 to ${max}`);
  return value;
}

function chosen<Item extends { readonly name: string }>(
  flag: string,
  text: string | undefined,
  items: readonly Item[],
): readonly Item[] {
  if (text === undefined) return items;
  return text.split(',').map((name) => {
    const item = items.find((candidate) => candidate.name === name.trim());
    if (item === undefined) {
      throw new Error(`${flag}: no “${name}”; there are ${items.map((one) => one.name).join(', ')}`);
    }
    return item;
  });
}
