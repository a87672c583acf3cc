/**
 * A soak: Tidegate with two workers before three backends that misbehave, mixed load for a time, then silence. Afterwards
 * nothing may be left: every request was answered or its connection ended, no answer went to another, the workers are the
 * same ones, and they hold what they held before.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { seededRandom } from '#shared/prng.js';
import { Tidegate } from '../support/tidegate-process.js';
import { waitUntil } from '../support/wait-until.js';
import { SoakBackend } from './soak-backend.js';
import { EXCHANGES } from './soak-exchanges.js';
import { MISUSE } from './soak-misuse.js';
import { soakId } from './soak-pattern.js';
import { SoakTally } from './soak-tally.js';
import { TUNNELS } from './soak-tunnels.js';
import {
  type HeapSample,
  type OpenFiles,
  type WorkerSample,
  heapSamples,
  openFiles,
  sampleOf,
  tcpConnections,
} from './soak-workers.js';
import { type Action, type SoakWorld, pause } from './soak-world.js';

export interface SoakOptions {
  readonly engine: 'native' | 'compat';
  readonly durationMs: number;
  readonly seed: number;
  readonly sampleEveryMs: number;
  /** Told now and then how it goes. */
  readonly onProgress?: (text: string) => void;
  /** Ends the load before its time. */
  readonly signal?: AbortSignal;
}

export interface WorkerResult {
  readonly pid: number;
  readonly before: OpenFiles;
  readonly after: OpenFiles;
  readonly samples: readonly WorkerSample[];
  readonly heap: readonly HeapSample[];
}

export interface SoakResult {
  readonly tally: SoakTally;
  readonly workers: readonly WorkerResult[];
  readonly backendRequests: number;
  readonly idleClosed: number;
  /** Longest that clients and backends, which share this process, did not get to run. Of more than a second, limits may fall due. */
  readonly longestStallMs: number;
  /** Metrics after the load, as scraped. */
  readonly metrics: ReadonlyMap<string, number>;
}

const BACKENDS = 3;
const WORKERS = 2;
/** Longer than any limit of Tidegate below, so that what is left then is left for good. */
const SETTLE_LIMIT_MS = 20_000;
/** Files that a worker may open once and keep, beside sockets. */
const FILES_SLACK = 4;
const ACTIONS: readonly Action[] = [...EXCHANGES, ...MISUSE, ...TUNNELS];

function configOf(engine: string, backends: readonly SoakBackend[]): string {
  const list = backends.map(({ id, port }) => `  - { id: ${id}, url: "http://127.0.0.1:${port}" }`);
  return `listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
workers: ${WORKERS}
engine: ${engine}
log: { format: json }
algorithm: least-connections
backends:
${list.join('\n')}
health_check: { interval: 2s, timeout: 2s, path: /health, failure_threshold: 10 }
timeouts:
  { request_head: 2s, request_body_idle: 2s, response_head: 10s, response_idle: 6s, keep_alive: 5s,
    upstream_keep_alive: 2s, tunnel_idle: 5s }
limits: { requests_per_connection: 150, connection_age: 20s }
`;
}

export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const probes = mkdtempSync(join(tmpdir(), 'tidegate-soak-'));
  const random = seededRandom(options.seed);
  const startedAt = performance.now();
  const tally = new SoakTally(
    () => performance.now() - startedAt,
    (line) => options.onProgress?.(`VIOLATION ${line}`),
  );
  const resetOnce = new Set<string>();
  const backends = Array.from(
    { length: BACKENDS },
    (_, n) =>
      new SoakBackend(`soak${n + 1}`, {
        onForeign: (what) => tally.violation('backend', `FOREIGN: ${what}`),
        onMalformed: (what) => tally.violation('backend', `not HTTP: ${what}`),
        random,
        resetOnce,
      }),
  );
  let tidegate: Tidegate | null = null;
  try {
    for (const backend of backends) await backend.listen();
    const probe = pathToFileURL(join(process.cwd(), 'dist/test/bench/soak-probe.js')).href;
    tidegate = await Tidegate.start(configOf(options.engine, backends), {
      NODE_OPTIONS: `--expose-gc --import ${probe}`,
      TIDEGATE_SOAK_PROBE: probes,
      TIDEGATE_SOAK_PROBE_MS: String(options.sampleEveryMs),
    });
    for (const { id } of backends) await tidegate.untilAvailability(id, 'available');
    await tidegate.untilConverged();
    return await soak(options, { tidegate, backends, tally, random, probes });
  } finally {
    await tidegate?.dispose();
    await Promise.all(backends.map((backend) => backend.close()));
    rmSync(probes, { recursive: true, force: true });
  }
}

interface Arranged {
  readonly tidegate: Tidegate;
  readonly backends: readonly SoakBackend[];
  readonly tally: SoakTally;
  readonly random: () => number;
  readonly probes: string;
}

async function soak(options: SoakOptions, arranged: Arranged): Promise<SoakResult> {
  const { tidegate, backends, tally, random, probes } = arranged;
  const pids = await waitUntil('all workers', async () => {
    const ready = await tidegate.workerPids();
    return ready.length === WORKERS ? ready : null;
  });
  const before = new Map(pids.map((pid) => [pid, openFiles(pid)]));
  const samples = new Map<number, WorkerSample[]>(pids.map((pid) => [pid, []]));
  const startedAt = performance.now();
  const isOver = (): boolean =>
    performance.now() - startedAt > options.durationMs || options.signal?.aborted === true;
  let ids = 0;
  const world: SoakWorld = { port: tidegate.port, random, tally, isOver, nextId: () => soakId(ids++) };
  const stalls = monitorEventLoopDelay();
  stalls.enable();
  const sampling = setInterval(() => {
    const at = (performance.now() - startedAt) / 1000;
    for (const pid of pids) samples.get(pid)?.push(sampleOf(pid, at));
    options.onProgress?.(progress(at, tally, samples));
  }, options.sampleEveryMs);
  try {
    await Promise.all(
      ACTIONS.flatMap((action) => Array.from({ length: action.clients }, () => clientOf(action, world))),
    );
  } finally {
    clearInterval(sampling);
    stalls.disable();
  }
  await settle(arranged, before);
  await judgeProcess(arranged, pids);
  return {
    tally,
    workers: pids.map((pid) => ({
      pid,
      before: before.get(pid) ?? { sockets: 0, all: 0 },
      after: openFiles(pid),
      samples: samples.get(pid) ?? [],
      heap: heapSamples(probes, pid),
    })),
    backendRequests: backends.reduce((sum, { requests }) => sum + requests, 0),
    idleClosed: backends.reduce((sum, { idleClosed }) => sum + idleClosed, 0),
    longestStallMs: stalls.max / 1e6,
    metrics: await tidegate.metrics(),
  };
}

async function clientOf(action: Action, world: SoakWorld): Promise<void> {
  while (!world.isOver()) {
    await pause(2 * action.pauseMs * world.random());
    if (!world.isOver()) await action.run(world, action.name);
  }
}

/** After the load everything must go back to where it was. */
async function settle(
  { tidegate, tally, backends }: Arranged,
  before: Map<number, OpenFiles>,
): Promise<void> {
  let left = '';
  await waitUntil(
    'the workers to be idle',
    async () => {
      left = leftOver(await tidegate.metrics(), before);
      const atBackends = backends.flatMap((backend) => backend.connections());
      // A health check may be on its way to each backend.
      if (left !== '' || atBackends.length > backends.length) {
        left += `; connections at backends: ${atBackends.join(', ')}`;
      }
      return left === '';
    },
    SETTLE_LIMIT_MS,
  ).catch(() => tally.violation('leak', left));
}

function leftOver(metrics: ReadonlyMap<string, number>, before: ReadonlyMap<number, OpenFiles>): string {
  const left: string[] = [];
  for (const [name, value] of metrics) {
    const isGauge = /^tidegate_(worker_connections|backend_active_connections)\b/.test(name);
    if (isGauge && value !== 0) left.push(`${name} ${value}`);
  }
  for (const [pid, files] of before) {
    const now = openFiles(pid);
    if (now.sockets !== files.sockets) {
      left.push(
        `worker ${pid}: ${now.sockets} sockets, before ${files.sockets} (${tcpConnections(pid).join(', ')})`,
      );
    }
    if (now.all > files.all + FILES_SLACK) left.push(`worker ${pid}: ${now.all} files, before ${files.all}`);
  }
  return left.join('; ');
}

/** The same workers as before, and nobody has complained. */
async function judgeProcess({ tidegate, tally }: Arranged, pids: readonly number[]): Promise<void> {
  const now = await tidegate.workerPids();
  if (now.length !== pids.length || !now.every((pid) => pids.includes(pid))) {
    tally.violation('workers', `were ${pids.join()}, are ${now.join()}`);
  }
  for (const [name, value] of await tidegate.metrics()) {
    if (name.startsWith('tidegate_worker_restarts_total') && value > 0) {
      tally.violation('workers', `${name} ${value}`);
    }
  }
  for (const line of tidegate.lines) {
    if (Number(line['level']) >= ERROR_LEVEL || line['level'] === 'error') {
      tally.violation('log', JSON.stringify(line).slice(0, 600));
    }
  }
  if (tidegate.stderr !== '') tally.violation('stderr', tidegate.stderr.slice(0, 600));
}

/** Of pino. */
const ERROR_LEVEL = 50;

function progress(at: number, tally: SoakTally, samples: ReadonlyMap<number, WorkerSample[]>): string {
  let answered = 0;
  for (const action of tally.actions.values()) answered += action.answered;
  const workers = [...samples.values()].map((list) => {
    const last = list.at(-1);
    return last === undefined ? '-' : `${(last.residentBytes / 1e6).toFixed(1)} MB, ${last.sockets} sockets`;
  });
  return `${at.toFixed(0)} s: ${answered} answered, ${tally.violationCount} violations; ${workers.join(' | ')}`;
}
