/** The command `workers`: shows the forwarding processes; in a fleet, those of all hosts. `workers roll` replaces those of one. */
import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { RollDocument, type WorkerDocument, WorkersDocument } from '../documents/status-documents.js';
import type { ApiClient } from './api-client.js';
import { depsOf } from './command-deps.js';
import { CommandFailure, EXIT_FAILED, type EndWith } from './exit-codes.js';
import { outputWidth, paint, print } from './output.js';
import { agoOf } from './status-commands.js';
import { formatTable } from './table.js';
import { formatTime } from './times.js';

/** How often the command asks how far a roll is, in milliseconds. */
const ASK_MS = 250;

export function workersCommand(program: Command, endWith: EndWith): void {
  const workers = program
    .command('workers')
    .description('show the forwarding processes, and whether they route by the newest snapshot')
    .action(async (_options: unknown, command: Command) => {
      const { api, json } = await depsOf(command);
      const answer = await api.get('/api/v1/workers', WorkersDocument);
      if (json) print(JSON.stringify(answer, null, 2));
      else print(...workerLines(answer.workers, Date.now()));
    });
  workers
    .command('roll')
    .description('replace the workers of this host one after the other; each finishes its requests')
    .option('--no-wait', 'return once it has begun')
    .action(async (options: { readonly wait: boolean }, command: Command) => {
      const { api, json } = await depsOf(command);
      const begun = await api.post('/api/v1/workers/roll', RollDocument);
      const roll = options.wait ? await untilOver(api, begun, json) : begun;
      if (json) print(JSON.stringify(roll, null, 2));
      else print(endLine(roll));
      if (roll.state === 'stopped') endWith(EXIT_FAILED);
    });
}

/** Waits for the end of the roll, which the host bounds: START_LIMIT_MS and `timeouts.shutdown` for each worker. */
async function untilOver(api: ApiClient, begun: RollDocument, isQuiet: boolean): Promise<RollDocument> {
  let last = begun;
  while (last.state === 'running') {
    await setTimeout(ASK_MS);
    const { roll } = await api.get('/api/v1/workers', WorkersDocument);
    if (roll === undefined || roll.started_at !== begun.started_at) {
      throw new CommandFailure(EXIT_FAILED, 'Tidegate was restarted meanwhile, and all its workers with it.');
    }
    if (!isQuiet && roll.state === 'running' && roll.replaced > last.replaced) {
      print(`${roll.replaced} of ${roll.total} workers replaced`);
    }
    last = roll;
  }
  return last;
}

function endLine({ state, replaced, total, problem }: RollDocument): string {
  const count = `${replaced} of ${total} workers replaced`;
  if (state === 'running') return `begun: ${total} workers are replaced one after the other`;
  return state === 'done' ? count : `${paint('red', 'stopped')}: ${count}; ${problem ?? ''}`;
}

interface Column {
  readonly heading: string;
  readonly cell: (worker: WorkerDocument, now: number) => string;
}

/** For what other hosts do not tell of their workers. */
const NOT_TOLD = '-';

const HOST_COLUMN: Column = { heading: 'HOST', cell: ({ host }) => host ?? NOT_TOLD };
const FLEET_COLUMN: Column = { heading: 'FLEET EVENT', cell: fleetEventOf };

const COLUMNS: readonly Column[] = [
  { heading: 'WORKER', cell: ({ worker }) => String(worker) },
  { heading: 'PID', cell: ({ pid }) => (pid === null ? NOT_TOLD : String(pid)) },
  { heading: 'PHASE', cell: ({ phase }) => paint(phase === 'ready' ? 'green' : 'yellow', phase) },
  {
    heading: 'STARTED',
    cell: ({ started_at: at }) => (at === undefined ? NOT_TOLD : formatTime(at)),
  },
  { heading: 'RESTARTS', cell: ({ restarts }) => numberOf(restarts) },
  { heading: 'CONNECTIONS', cell: ({ connections }) => numberOf(connections) },
  { heading: 'SNAPSHOT', cell: snapshotOf },
  { heading: 'HEARD', cell: heardOf },
  { heading: 'REFUSED', cell: ({ last_nack: nack }) => nack?.reason ?? NOT_TOLD },
];

function workerLines(workers: readonly WorkerDocument[], now: number): readonly string[] {
  if (workers.length === 0) return ['No workers.'];
  const isFleet = workers.some(({ host }) => host !== undefined);
  const columns = isFleet ? [HOST_COLUMN, ...withFleetEvent(COLUMNS)] : COLUMNS;
  return formatTable(
    columns.map(({ heading }) => heading),
    workers.map((worker) => columns.map(({ cell }) => cell(worker, now))),
    outputWidth(),
  );
}

/** Before the last column, which may be cut. */
function withFleetEvent(columns: readonly Column[]): readonly Column[] {
  return [...columns.slice(0, -1), FLEET_COLUMN, ...columns.slice(-1)];
}

function numberOf(number: number | undefined): string {
  return number === undefined ? NOT_TOLD : String(number);
}

function heardOf({ last_heard_at: at }: WorkerDocument, now: number): string {
  if (at === undefined) return NOT_TOLD;
  return at === null ? 'never' : agoOf(at, now);
}

function snapshotOf({ applied, converged }: WorkerDocument): string {
  if (applied === undefined) return NOT_TOLD;
  if (applied === null) return paint('yellow', 'none');
  const text = `${applied.epoch}.${applied.version}`;
  return converged ? text : paint('yellow', `${text} (behind)`);
}

function fleetEventOf({ applied_seq: seq, converged }: WorkerDocument): string {
  if (seq === undefined || seq === null) return paint('yellow', 'none');
  return converged ? String(seq) : paint('yellow', `${seq} (behind)`);
}
