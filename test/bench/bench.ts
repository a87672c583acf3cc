/**
 * What a request costs: Tidegate beside nginx, HAProxy and whatever else is installed, in interleaved rounds.
 *
 * All subjects of a scenario run at once and are measured in turn, several times, so that a slow minute of the
 * machine hits them all; what counts is the ratio to nginx within a round. See README.md beside this file.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type BenchOptions, USAGE, parseBenchOptions } from './bench-options.js';
import { Children, isInstalled } from './children.js';
import { type Measurement, measureCpu, measureMemory, warmUp } from './measure.js';
import { allowedCpus } from './process-figures.js';
import { type Result, type Skipped, resultsOf, tableOf } from './results.js';
import {
  type Bench,
  Client,
  type RunningProxy,
  startNginxOrigin,
  startOrigin,
  startProxy,
} from './running.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { rotated } from './statistics.js';
import type { Subject } from './subject.js';
import { REFERENCES } from './subjects.js';

interface Session extends Bench {
  readonly client: Client;
  readonly originPort: (scenario: Scenario) => number;
  readonly rounds: number;
  readonly skipped: Skipped[];
}

type MeasuredRounds = Map<string, Map<number, Measurement>>;

async function main(): Promise<void> {
  const options = parseBenchOptions(process.argv.slice(2));
  const children = new Children();
  process.on('exit', () => children.endAll());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

  const checkout = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');
  const bench: Bench = { children, checkout, cores: chooseCores() };
  const originPort = await startOrigins(bench);
  const client = new Client(bench);
  const skipped: Skipped[] = [];
  const session: Session = { ...bench, client, originPort, rounds: options.rounds, skipped };
  const subjects = installed(options.subjects, skipped);
  console.log(describe(bench));

  const results: Result[] = [];
  for (const scenario of options.scenarios) {
    const before = skipped.length;
    const taking = subjects.filter((subject) => subject.takes(scenario));
    const rounds =
      scenario.mode === 'idle'
        ? await memoryRounds(session, scenario, taking)
        : await cpuRounds(session, scenario, taking);
    const found = resultsOf(scenario, rounds, REFERENCES);
    results.push(...found);
    console.log(tableOf(scenario, found));
    for (const { subject, reason } of skipped.slice(before)) console.log(`  ${subject} skipped: ${reason}\n`);
  }
  if (options.jsonFile !== null) writeJson(options, options.jsonFile, bench, results, skipped);
  // A bench that measured nothing has failed, whatever the reasons.
  process.exit(results.length > 0 ? 0 : 1);
}

/** One origin in Node, and nginx for what it can do where it is installed. Answers which is a scenario's. */
async function startOrigins(bench: Bench): Promise<(scenario: Scenario) => number> {
  const { port } = await startOrigin(bench);
  if (!isInstalled('nginx')) return () => port;
  const sizes = SCENARIOS.map(({ responseBytes }) => responseBytes);
  const { port: nginxPort } = await startNginxOrigin(bench, sizes);
  return ({ mode }) => (mode === 'websocket' ? port : nginxPort);
}

function installed(subjects: readonly Subject[], skipped: Skipped[]): Subject[] {
  return subjects.filter((subject) => {
    if (subject.program === null || isInstalled(subject.program)) return true;
    skipped.push({ scenario: null, subject: subject.name, reason: 'not installed' });
    console.log(`${subject.name} skipped: not installed`);
    return false;
  });
}

/** The proxies get a core of their own; origin and load generator share what is left. */
function chooseCores(): Bench['cores'] {
  const [first, second, third] = isInstalled('taskset') ? allowedCpus() : [];
  if (first === undefined || second === undefined) return { proxy: null, origin: null, client: null };
  return { proxy: first, origin: second, client: third ?? second };
}

async function cpuRounds(
  session: Session,
  scenario: Scenario,
  subjects: readonly Subject[],
): Promise<MeasuredRounds> {
  const rounds: MeasuredRounds = new Map();
  let running: RunningProxy[] = [];
  const drop = async (proxy: RunningProxy, error: unknown): Promise<void> => {
    running = running.filter((other) => other !== proxy);
    skip(session, scenario, proxy.name, error);
    await session.children.end(proxy.child);
  };
  for (const [name, subject, form] of contestants(scenario, subjects)) {
    rounds.set(name, new Map());
    try {
      const proxy = await startProxy(session, subject, form, session.originPort(form));
      running.push({ ...proxy, name });
    } catch (error) {
      skip(session, scenario, name, error);
    }
  }
  for (const proxy of running) {
    await warmUp(proxy, session.client).catch((error: unknown) => drop(proxy, error));
  }
  for (let round = 0; round < session.rounds; round += 1) {
    for (const proxy of rotated(running, round)) {
      await measureCpu(proxy, session.client).then(
        (measurement) => rounds.get(proxy.name)?.set(round, measurement),
        (error: unknown) => drop(proxy, error),
      );
    }
  }
  for (const proxy of running) await session.children.end(proxy.child);
  return rounds;
}

/** Who is measured in a scenario, under which name and in which form of it. */
function contestants(
  scenario: Scenario,
  subjects: readonly Subject[],
): (readonly [name: string, subject: Subject, form: Scenario])[] {
  return subjects.flatMap((subject) => {
    const itself = [subject.name, subject, scenario] as const;
    const { twin } = scenario;
    if (twin === null || subject.hasTwin !== true) return [itself];
    return [itself, [`${subject.name} ${twin.name}`, subject, { ...scenario, ...twin.differs }] as const];
  });
}

/** A new process for each measurement: memory that was once used is not given back. */
async function memoryRounds(
  session: Session,
  scenario: Scenario,
  subjects: readonly Subject[],
): Promise<MeasuredRounds> {
  const rounds: MeasuredRounds = new Map(subjects.map(({ name }) => [name, new Map()]));
  const warmScenario: Scenario = { ...scenario, mode: 'keep-alive', connections: 64 };
  const failed = new Set<Subject>();
  for (let round = 0; round < session.rounds; round += 1) {
    for (const subject of rotated(subjects, round)) {
      if (failed.has(subject)) continue;
      try {
        const proxy = await startProxy(session, subject, scenario, session.originPort(scenario));
        await warmUp(proxy, session.client, warmScenario);
        rounds.get(subject.name)?.set(round, await measureMemory(proxy, session.client, scenario));
        await session.children.end(proxy.child);
      } catch (error) {
        failed.add(subject);
        skip(session, scenario, subject.name, error);
      }
    }
  }
  return rounds;
}

function skip({ skipped }: Session, scenario: Scenario, subject: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  skipped.push({ scenario: scenario.name, subject, reason });
}

function describe({ cores }: Bench): string {
  const pinned =
    cores.proxy === null
      ? 'not pinned (needs taskset and two cores): figures will wander'
      : `proxies on core ${cores.proxy}, origin on ${cores.origin}, load generator on ${cores.client}`;
  return `${cpus()[0]?.model ?? 'unknown processor'}, Linux ${release()}, Node ${process.version}; ${pinned}\n`;
}

function writeJson(
  options: BenchOptions,
  file: string,
  bench: Bench,
  results: readonly Result[],
  skipped: readonly Skipped[],
): void {
  const versions = options.subjects.flatMap(({ name, program, versionArgs }) =>
    program !== null && isInstalled(program) ? [[name, versionOf(program, versionArgs)] as const] : [],
  );
  const document = {
    at: new Date().toISOString(),
    machine: { processor: cpus()[0]?.model, cores: cpus().length, kernel: release(), pinned: bench.cores },
    origin: isInstalled('nginx') ? 'nginx (websocket: node)' : 'node',
    versions: { node: process.version, ...Object.fromEntries(versions) },
    rounds: options.rounds,
    scenarios: options.scenarios,
    results,
    skipped,
  };
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
}

/** The first line of what a program says about its version, on either stream. */
function versionOf(program: string, args: readonly string[]): string {
  const text = execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', program, ...args], { encoding: 'utf8' });
  return text.split('\n')[0] ?? '';
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  console.error(`\n${USAGE}`);
  process.exit(2);
});
