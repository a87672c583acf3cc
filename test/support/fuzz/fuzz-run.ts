/**
 * A real `tidegate serve` with real backends, set upon by clients that a seed makes up, and what must hold when they are gone: no
 * worker has ended, no exception was met, no backend was blamed that had always answered, nothing is left of it, and
 * the counts agree with each other and with what clients and backends have seen.
 */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tidegate } from '../tidegate-process.js';
import { waitUntil } from '../wait-until.js';
import { startFairBackend, startWildBackend, type FuzzBackend } from './backends.js';
import { chanceOf } from './chance.js';
import { playHttp1, type Where } from './http1-client.js';
import { playCivilHttp2, playRudeHttp2 } from './http2-client.js';
import { createLedger, type Ledger } from './ledger.js';

const CERTIFICATES = join(process.cwd(), 'test/support/certificates');
const WORKERS = 2;
/** How long what is left may take to end by its times: that of an answer, and that of who has ended his side, one after the other. */
const QUIET_MS = 30_000;
/** Connections played at the same time. */
const AT_ONCE = 24;

export interface FuzzOptions {
  readonly engine: 'native' | 'compat';
  readonly seed: number;
  /** TLS: HTTP/2 and HTTP/1.1. Else HTTP/1.1 alone. */
  readonly secure: boolean;
  /** Whether another connection is to be played, after so many. */
  goesOn(connections: number): boolean;
}

export interface FuzzResult {
  readonly ledger: Ledger;
  /** What does not hold. */
  readonly problems: readonly string[];
  /** Of the workers together, bytes: before, at its most, and at the end. */
  readonly rss: { readonly before: number; most: number; readonly after: number };
  readonly metrics: ReadonlyMap<string, number>;
}

export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const fair = [
    await startFairBackend(chanceOf(options.seed + 1)),
    await startFairBackend(chanceOf(options.seed + 2)),
  ];
  const wild = [await startWildBackend(chanceOf(options.seed + 3))];
  const tidegate = Tidegate.prepare(configuration(options, fair, wild));
  copyFileSync(join(CERTIFICATES, 'server-key.pem'), join(tidegate.dir, 'key.pem'));
  copyFileSync(join(CERTIFICATES, 'server.pem'), join(tidegate.dir, 'cert.pem'));
  try {
    await tidegate.run();
    await tidegate.untilConverged();
    await waitUntil('all workers', async () => (await tidegate.workerPids()).length === WORKERS);
    return await play(options, tidegate, fair);
  } finally {
    await tidegate.dispose();
    for (const backend of [...fair, ...wild]) await backend.close();
  }
}

async function play(
  options: FuzzOptions,
  tidegate: Tidegate,
  fair: readonly FuzzBackend[],
): Promise<FuzzResult> {
  const ledger = createLedger();
  const pids = await tidegate.workerPids();
  const memory = (): number => pids.reduce((sum, pid) => sum + rssOf(pid), 0);
  const rss = { before: memory(), most: 0, after: 0 };
  const where: Where = { port: tidegate.port, secure: options.secure };
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (options.goesOn(begun)) {
      const number = begun++;
      const chance = chanceOf(options.seed + 1_000 + number);
      const plays = options.secure ? [playHttp1, playCivilHttp2, playCivilHttp2, playRudeHttp2] : [playHttp1];
      // What a client of ours meets that it cannot take is no finding, unless it is that nobody answers.
      await chance
        .one(plays)(chance, ledger, where, `${options.seed}-${number}`)
        .catch((error: unknown) => {
          if (ledger.findings.length < 20) ledger.findings.push(`connection ${number}: ${String(error)}`);
        });
      if (number % 50 === 0) rss.most = Math.max(rss.most, memory());
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const problems = await look(tidegate, ledger, pids, fair);
  return { ledger, problems, rss: { ...rss, after: memory() }, metrics: await tidegate.metrics() };
}

async function look(
  tidegate: Tidegate,
  ledger: Ledger,
  pids: readonly number[],
  fair: readonly FuzzBackend[],
): Promise<string[]> {
  const problems = [...ledger.findings, ...fair.flatMap(({ complaints }) => complaints.slice(0, 5))];
  const hold = (what: string, holds: boolean): void => {
    if (!holds) problems.push(what);
  };
  const sum = (metrics: ReadonlyMap<string, number>, name: string, label = ''): number => {
    let total = 0;
    for (const [sample, value] of metrics) {
      if (sample.split('{')[0] === `tidegate_${name}` && sample.includes(label)) total += value;
    }
    return total;
  };
  const GAUGES = /_(?:backend_active_connections|pool_pending_requests|worker_connections)\{/;
  const leftOver = (metrics: ReadonlyMap<string, number>): string =>
    [...metrics].filter(([sample, value]) => GAUGES.test(sample) && value !== 0).join(' ');
  const isQuiet = async (): Promise<boolean> => leftOver(await tidegate.metrics()) === '';
  await waitUntil('nothing to be left', isQuiet, QUIET_MS).catch(async (error: unknown) =>
    problems.push(`${String(error)} ${leftOver(await tidegate.metrics())}`),
  );
  const metrics = await tidegate.metrics();
  const now = await tidegate.workerPids();
  hold(
    `workers ended: ${pids.join()} became ${now.join()}`,
    now.length === pids.length && now.every((pid) => pids.includes(pid)),
  );
  hold('workers were restarted', sum(metrics, 'worker_restarts_total') === 0);
  const bug = tidegate.lines.find(({ msg }) => msg === 'exception where none should be');
  hold(
    `exceptions: ${sum(metrics, 'internal_errors_total')} ${JSON.stringify(bug)}`,
    sum(metrics, 'internal_errors_total') === 0,
  );
  const FAIR = 'pool="fair"';
  hold(
    `blamed: ${[...metrics].filter(([name, value]) => name.includes('backend_errors') && name.includes(FAIR) && value > 0).join(' ')}`,
    sum(metrics, 'backend_errors_total', FAIR) === 0,
  );
  for (const type of ['BreakerOpened', 'BackendBecameUnhealthy', 'PanicEntered']) {
    hold(
      `${type} of a fair pool`,
      (await tidegate.events(`&type=${type}`)).every(({ pool }) => pool !== 'fair'),
    );
  }
  const requests = sum(metrics, 'requests_total');
  const books = {
    requests,
    byVersion: sum(metrics, 'requests_by_version_total'),
    timed: sum(metrics, 'request_duration_seconds_count'),
  };
  hold(`books: ${JSON.stringify(books)}`, requests === books.byVersion && requests === books.timed);
  const local = sum(metrics, 'local_replies_total');
  const counted = { answers: ledger.answers, requests, local };
  hold(`more answers seen than counted: ${JSON.stringify(counted)}`, ledger.answers <= requests + local);
  const answered = fair.reduce((total, backend) => total + backend.answered, 0);
  const told = { seen: ledger.fairAnswers, attempts: sum(metrics, 'backend_requests_total', FAIR), answered };
  hold(
    `answers of fair backends: ${JSON.stringify(told)}`,
    told.seen <= told.attempts && told.attempts <= answered,
  );
  return problems;
}

function configuration(
  { engine, secure }: FuzzOptions,
  fair: readonly FuzzBackend[],
  wild: readonly FuzzBackend[],
): string {
  const list = (name: string, backends: readonly FuzzBackend[]): string =>
    backends.map(({ port }, i) => `{ id: ${name}${i}, url: "http://127.0.0.1:${port}" }`).join(', ');
  const tls = secure ? ', tls: { cert_file: cert.pem, key_file: key.pem }' : '';
  return `
listen: { host: 127.0.0.1, port: 0${tls} }
engine: ${engine}
workers: ${WORKERS}
admin: { port: 0 }
metrics: { prometheus: { enabled: true } }
timeouts: { keep_alive: 5s, request_body_idle: 10s, response_head: 10s, response_idle: 10s, tunnel_idle: 5s }
retry: { attempts: 2 }
pools:
  fair: { backends: [${list('f', fair)}], sticky_session: { type: cookie, cookie_name: sid } }
  wild: { backends: [${list('w', wild)}], circuit_breaker: { enabled: false } }
routes: [{ host: fair.test, pool: fair }, { pool: wild }]
`;
}

function rssOf(pid: number): number {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return Number(line?.[1] ?? 0) * 1_024;
  } catch {
    return 0; // It has ended, which is told elsewhere.
  }
}
