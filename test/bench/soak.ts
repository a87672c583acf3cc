/**
 * `npm run soak`: mixed load on a real Tidegate for some minutes, and whether anything was lost, mixed up or left behind.
 * Exit code 0: nothing; 1: a violation; 2: wrong arguments or no start; 130: interrupted. Linux only (it reads /proc).
 */
import { parseArgs } from 'node:util';
import { type SoakResult, type WorkerResult, runSoak } from './soak-run.js';
import { type HeapSample, growthOf } from './soak-workers.js';
import type { Trend } from './trend.js';

const USAGE = `npm run soak -- [--minutes N] [--engine native|compat] [--seed N]
  --minutes    0.1 to 1,440 (10)
  --engine     native or compat (native)
  --seed       of everything that is drawn (1)`;
const SAMPLE_EVERY_MS = 10_000;
/** Most growth of a worker, MB per 10 minutes, beyond twice the error of the figure. */
const MAX_GROWTH_MB = 1;

interface Arguments {
  readonly minutes: number;
  readonly engine: 'native' | 'compat';
  readonly seed: number;
}

function parse(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      engine: { type: 'string', default: 'native' },
      seed: { type: 'string', default: '1' },
    },
  });
  const minutes = Number(values.minutes);
  const seed = Number(values.seed);
  const { engine } = values;
  if (!(minutes >= 0.1 && minutes <= 1_440)) throw new Error('--minutes: expected 0.1 to 1440');
  if (!Number.isSafeInteger(seed)) throw new Error('--seed: expected a whole number');
  if (engine !== 'native' && engine !== 'compat') throw new Error('--engine: expected native or compat');
  return { minutes, engine, seed };
}

/** Growth of memory is judged here: a short soak says nothing about it. */
function judgeGrowth({ tally, workers }: SoakResult): void {
  for (const worker of workers) {
    for (const [what, trend] of [
      ['memory', heldTrend(worker)],
      ['heap', heapTrend(worker)],
    ] as const) {
      if (trend !== null && trend.slope - 2 * trend.error > MAX_GROWTH_MB) {
        tally.violation('leak', `${what} of worker ${worker.pid} grows by ${shown(trend)} MB / 10 min`);
      }
    }
  }
}

function residentTrend({ samples }: WorkerResult): Trend | null {
  return growthOf(samples.map(({ at, residentBytes }) => [at, residentBytes]));
}

/** JavaScript objects and the memory of buffers, both after a collection. */
function heapTrend(worker: WorkerResult): Trend | null {
  return growthOf(
    heapOfLoad(worker).map(({ at, heapUsed, arrayBuffers }) => [at / 1_000, heapUsed + arrayBuffers]),
  );
}

/**
 * Resident memory without the room in the heap that is empty. That room grows by steps of megabytes when a burst survives a
 * collection, up to a size that V8 sets, and is used again: it is no leak, but hides one.
 */
function heldTrend(worker: WorkerResult): Trend | null {
  return growthOf(
    heapOfLoad(worker).map(({ at, rss, heapUsed, heapResident }) => [
      at / 1_000,
      rss - (heapResident - heapUsed),
    ]),
  );
}

/** The samples during the load only: what is freed after it would hide a leak. */
function heapOfLoad({ heap, samples }: WorkerResult): readonly HeapSample[] {
  const first = heap[0]?.at ?? 0;
  const lastMs = (samples.at(-1)?.at ?? 0) * 1_000;
  return heap.filter(({ at }) => at - first <= lastMs);
}

function shown(trend: Trend | null): string {
  return trend === null ? '–' : `${trend.slope.toFixed(2)} ± ${trend.error.toFixed(2)}`;
}

function print(result: SoakResult): void {
  const { tally, workers, metrics } = result;
  console.table(
    [...tally.actions].map(([action, { started, answered, classes, cut, aborted }]) => ({
      action,
      started,
      answered,
      '2xx': classes.get('2xx') ?? 0,
      '4xx': classes.get('4xx') ?? 0,
      '5xx': classes.get('5xx') ?? 0,
      '101': classes.get('1xx') ?? 0,
      cut,
      aborted,
    })),
  );
  const mb = (bytes: number | undefined): string => ((bytes ?? 0) / 1e6).toFixed(1);
  console.table(
    workers.map((worker) => ({
      pid: worker.pid,
      'sockets before': worker.before.sockets,
      most: Math.max(0, ...worker.samples.map(({ sockets }) => sockets)),
      after: worker.after.sockets,
      'RSS MB first/half/last': [
        worker.samples[0],
        worker.samples[Math.floor(worker.samples.length / 2)],
        worker.samples.at(-1),
      ]
        .map((sample) => mb(sample?.residentBytes))
        .join(' / '),
      'RSS MB/10 min': shown(residentTrend(worker)),
      'held MB/10 min': shown(heldTrend(worker)),
      'heap MB first/last': `${mb(worker.heap[0]?.heapUsed)} / ${mb(worker.heap.at(-1)?.heapUsed)}`,
      'heap MB/10 min': shown(heapTrend(worker)),
      'resources after': JSON.stringify(worker.heap.at(-1)?.resources ?? {}),
    })),
  );
  for (const [name, value] of metrics) {
    if (
      /^tidegate_(retries|retries_withheld|local_replies|backend_errors|client_aborts|tunnels|breaker_transitions)_total/.test(
        name,
      )
    ) {
      console.log(`${name} ${value}`);
    }
  }
  console.log(`\nbackends: ${result.backendRequests} requests, ${result.idleClosed} idle connections closed`);
  console.log(`the soak itself stood still for at most ${Math.round(result.longestStallMs)} ms`);
  for (const violation of tally.violations) console.log(violation);
  console.log(tally.violationCount === 0 ? 'nothing was lost' : `${tally.violationCount} violations`);
}

async function main(): Promise<void> {
  let args: Arguments;
  try {
    args = parse(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupted.abort());
  }
  const result = await runSoak({
    signal: interrupted.signal,
    engine: args.engine,
    seed: args.seed,
    durationMs: args.minutes * 60_000,
    sampleEveryMs: SAMPLE_EVERY_MS,
    onProgress: (text) => console.log(text),
  });
  judgeGrowth(result);
  print(result);
  process.exit(interrupted.signal.aborted ? 130 : result.tally.violationCount === 0 ? 0 : 1);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(2);
});
