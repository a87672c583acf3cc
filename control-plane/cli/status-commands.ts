/**
 * The command `status`: the state of everything, for somebody who was just woken up. Whatever is wrong stands out.
 */
import type { Command } from 'commander';
import { weightsCount } from '../config/weights.js';
import type { BackendDocument } from '../documents/pool-documents.js';
import type { StatusDocument } from '../documents/status-documents.js';
import { depsOf } from './command-deps.js';
import { driftLine } from './drift-commands.js';
import { elsewhereOf, fileLines, fleetLines } from './fleet-lines.js';
import { availabilityStyle, outputWidth, paint, print } from './output.js';
import { formatTable } from './table.js';
import { formatSpan, formatTime } from './times.js';

export function statusCommands(program: Command): void {
  program
    .command('status')
    .description('show pools and backends, and why they are in rotation or out of it')
    .action(async (_options: unknown, command: Command) => {
      const { api, json } = await depsOf(command);
      const status = await api.status();
      if (json) print(JSON.stringify(status, null, 2));
      else print(...statusLines(status, Date.now()));
    });
}

function statusLines(status: StatusDocument, now: number): readonly string[] {
  const { config } = status;
  const applied = config.applied_at === null ? 'never applied' : `applied ${agoOf(config.applied_at, now)}`;
  const lines = [
    `tidegate ${status.version}  ${headlineOf(status)}  up ${formatSpan(status.uptime_ms)}`,
    `${workersOf(status)}  ·  event ${status.seq}  ·  ${configOf(status)} ${applied}`,
  ];
  lines.push(
    ...fleetLines(status),
    ...storeLines(status.store),
    ...troubleLines(status, now),
    ...fileLines(status.config),
  );
  if (config.restart_needed.length > 0) {
    lines.push(paint('yellow', `waits for a restart: ${config.restart_needed.join(', ')}`));
  }
  if (config.drift > 0) lines.push(driftLine(config.drift));
  const { behind, late_ms: lateMs, waiting: checksWaiting } = status.health_checks;
  if (behind) {
    lines.push(paint('yellow', `health checks are ${formatSpan(lateMs)} late, ${checksWaiting} wait`));
  }
  for (const pool of status.pools) {
    const panic = pool.panic ? paint(['red', 'bold'], '  PANIC: serves through ejected backends') : '';
    const weights = weightsCount(pool.algorithm, pool.backends)
      ? ''
      : paint('yellow', ' (weights do not count)');
    const sessions =
      (pool.sessions ?? 0) > 0 ? `, ${pool.sessions} session${pool.sessions === 1 ? '' : 's'}` : '';
    const waiting = pool.pending_requests > 0 ? paint('yellow', `, ${pool.pending_requests} waiting`) : '';
    lines.push(
      '',
      `${paint('bold', `pool ${pool.id}`)}  ${pool.algorithm}${weights}, ${availableOf(pool)}${sessions}${waiting}${panic}`,
    );
    lines.push(...indented(backendTable(pool.backends, now)));
  }
  if (status.pools.length === 0) lines.push('', 'No pools: no configuration has been applied yet.');
  return lines;
}

function workersOf({ role, workers, snapshot }: StatusDocument): string {
  const { ready, total, converged } = workers;
  if (role === 'control') return 'no workers';
  return `workers ${ready}/${total} ready, ${converged}/${total} on snapshot ${snapshot.epoch}.${snapshot.version}`;
}

/** A worker's own file is not what is in force. */
function configOf({ role, config }: StatusDocument): string {
  return role === 'worker' ? 'configuration of the fleet' : config.file;
}

function availableOf({ standing, backends }: StatusDocument['pools'][number]): string {
  if (standing === 'unknown') return `${backends.length} backends, judged by the hosts that take traffic`;
  const serving = backends.filter(({ availability }) => availability === 'available').length;
  return `${serving} of ${backends.length} available`;
}

/** The first thing to read: whether requests are served, and if not, where. */
function headlineOf({ ready, reason, pools, store }: StatusDocument): string {
  if (!ready) return `${paint(['red', 'bold'], 'not ready')}: ${reason}`;
  const down = pools.filter(({ standing }) => standing === 'none' || standing === 'trial');
  if (down.length > 0) {
    return `${paint(['red', 'bold'], 'NO BACKEND')} in ${namesOf(down.map(({ id }) => id))}`;
  }
  const short = pools.filter(({ shortage }) => shortage !== null);
  if (short.length > 0) {
    return `${paint('yellow', 'degraded')}: ${reason}, but ${namesOf(short.map(({ id }) => id))} ${short.length === 1 ? 'is' : 'are'} short of backends`;
  }
  if (!store.ok) return `${paint('yellow', 'degraded')}: ${reason}, but nothing can be stored`;
  return `${paint('green', 'ready')}: ${reason}`;
}

function namesOf(pools: readonly string[]): string {
  const shown = pools.slice(0, SHOWN_POOLS).join(', ');
  const more = pools.length > SHOWN_POOLS ? ` and ${pools.length - SHOWN_POOLS} more` : '';
  return `${pools.length === 1 ? 'pool' : 'pools'} ${shown}${more}`;
}

function troubleLines(status: StatusDocument, now: number): readonly string[] {
  const { config, pools, certificate_trouble: certificate } = status;
  const lines = pools.flatMap(({ id, standing, shortage }) =>
    shortage === null
      ? []
      : [
          paint(
            standing === 'none' || standing === 'trial' ? ['red', 'bold'] : 'yellow',
            `pool ${id} ${shortage}`,
          ),
        ],
  );
  const { last_rejected: refused } = config;
  if (refused !== null) {
    const shown = refused.problems.slice(0, SHOWN_PROBLEMS);
    const more = refused.problems.length - shown.length;
    lines.push(
      paint(
        'yellow',
        `${config.file} was refused ${agoOf(refused.at, now)}, the former configuration stays in force:`,
      ),
      ...indented(shown),
      ...(more > 0 ? indented([`and ${more} more`]) : []),
    );
  }
  if (certificate !== null) lines.push(paint('yellow', `certificate ${certificate}`));
  return lines;
}

function storeLines(store: StatusDocument['store']): readonly string[] {
  if (store.ok) return [];
  const waiting = store.unstored_events === 1 ? '1 event waits' : `${store.unstored_events} events wait`;
  const lost = store.lost_events > 0 ? `, ${store.lost_events} were given up` : '';
  return [
    paint(
      ['red', 'bold'],
      `nothing can be stored since ${formatTime(store.since ?? '')}: ${store.problem ?? ''}`,
    ),
    paint('red', `changes are refused; ${waiting} in memory${lost}`),
  ];
}

export function backendTable(backends: readonly BackendDocument[], now: number): readonly string[] {
  if (backends.length === 0) return ['no backends'];
  return formatTable(
    ['BACKEND', 'URL', 'WEIGHT', 'ACTIVE', 'STATE', 'SINCE', 'WHY'],
    backends.map((backend) => [
      backend.id,
      backend.url,
      String(backend.weight),
      activeOf(backend),
      paint(availabilityStyle(backend.availability), backend.availability),
      agoOf(backend.since, now),
      reasonOf(backend),
    ]),
    outputWidth() - INDENT.length,
  );
}

/** The verdicts of other hosts come first, because the end of the line may be cut. */
function reasonOf({ reason, elsewhere }: BackendDocument): string {
  const others = elsewhereOf(elsewhere);
  return others === '' ? reason : `${others}; here: ${reason}`;
}

/** Requests in flight, and their limit if there is one. */
function activeOf({ active_requests: active, max_connections: limit }: BackendDocument): string {
  return limit === null ? String(active) : `${active}/${limit}`;
}

const INDENT = '  ';
/** How many pools the first line names, and how many problems of a refused file are shown. The rest is only counted. */
const SHOWN_POOLS = 5;
const SHOWN_PROBLEMS = 5;

export function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => INDENT + line);
}

export function agoOf(iso: string, now: number): string {
  return `${formatSpan(now - Date.parse(iso))} ago`;
}
