/** The commands `backends …`: list them, and change them while traffic runs. */
import type { Command } from 'commander';
import type { AdminState } from '#shared/backend-state.js';
import { backendSettings, weight } from '#shared/settings/backend.js';
import { connectionLimit } from '#shared/settings/pool.js';
import { weightsCount, weightsDoNotCount } from '../config/weights.js';
import { BackendDocument, PoolDocument } from '../documents/pool-documents.js';
import type { StatusDocument } from '../documents/status-documents.js';
import { newBackend, existingBackend, pathOf } from './backend-reference.js';
import { depsOf, type CommandDeps } from './command-deps.js';
import { CommandFailure, EXIT_FAILED } from './exit-codes.js';
import { paint, print } from './output.js';
import {
  addSettingOptions,
  argumentOf,
  collectSetting,
  settingsIn,
  type Settings,
} from './setting-arguments.js';
import { backendTable, indented } from './status-commands.js';

const BACKEND_HELP = 'POOL/ID, or ID alone if only one pool has it';

export function backendCommands(program: Command): void {
  const backends = program.command('backends').description('list, add, remove, weigh and drain backends');
  backends
    .command('list', { isDefault: true })
    .description('list all backends, or those of one pool')
    .argument('[pool]', 'name of a pool')
    .action(async (pool: string | undefined, _options: unknown, command: Command) => {
      const deps = await depsOf(command);
      list(deps, pool, await deps.api.status());
    });
  const add = backends
    .command('add')
    .description(
      'add a backend; it takes traffic after its first passed health check, or at once if its pool has none',
    )
    .argument('<backend>', 'POOL/ID, or ID alone for the only pool or pool default')
    .argument('<url>', 'http:// or https://, host and port');
  addSettingOptions(add, backendSettings).action(
    async (name: string, url: string, options: Settings, command: Command) => {
      const deps = await depsOf(command);
      const { pool, id } = await newBackend(deps.api, name);
      const path = `/api/v1/pools/${encodeURIComponent(pool)}/backends`;
      const body = { id, url, ...settingsIn(options, backendSettings) };
      const added = await deps.api.write(pool, { method: 'POST', path, body }, BackendDocument);
      tell(deps, added, `added ${pool}/${id}`);
      await tellOfWeights(deps, pool);
    },
  );
  backends
    .command('set')
    .description('change settings, in the words of the configuration file')
    .argument('<backend>', BACKEND_HELP)
    .argument('<setting...>', 'such as weight=5; null removes a value', collectSetting)
    .action(async (name: string, settings: Settings, _options: unknown, command: Command) => {
      const { deps, pool } = await change(command, name, settings);
      await tellOfWeights(deps, pool);
    });
  backends
    .command('remove')
    .description('remove a backend; its requests in flight are finished')
    .argument('<backend>', BACKEND_HELP)
    .action(async (name: string, _options: unknown, command: Command) => {
      const deps = await depsOf(command);
      const backend = await existingBackend(deps.api, name);
      await deps.api.remove(backend.pool, pathOf(backend));
      const text = `removed ${backend.pool}/${backend.id}`;
      print(deps.json ? JSON.stringify({ removed: backend }) : text);
    });
  backends
    .command('weight')
    .description('change the share of traffic')
    .argument('<backend>', BACKEND_HELP)
    .argument(
      '<number>',
      '0 to 1000; 0: no new traffic, sessions stay; with round-robin all but 0 are equal',
      argumentOf(weight),
    )
    .action(async (name: string, number: number, _options: unknown, command: Command) => {
      const { deps, pool } = await change(command, name, { weight: number });
      await tellOfWeights(deps, pool);
    });
  backends
    .command('limit')
    .description('change how many requests a backend may have in flight')
    .argument('<backend>', BACKEND_HELP)
    .argument('<number>', '1 to 1000000, or pool: the limit of the pool', parsePoolOrLimit)
    .action(async (name: string, limit: number | null, _options: unknown, command: Command) => {
      await change(command, name, { max_connections: limit });
    });
  adminCommand(backends, 'drain', 'draining', 'send no new sessions; existing ones stay');
  adminCommand(backends, 'ready', 'ready', 'put a backend back into rotation');
  adminCommand(backends, 'maintenance', 'maintenance', 'send no traffic at all');
}

function adminCommand(backends: Command, name: string, admin: AdminState, description: string): void {
  backends
    .command(name)
    .description(description)
    .argument('<backend>', BACKEND_HELP)
    .action(async (backend: string, _options: unknown, command: Command) => {
      await change(command, backend, { admin });
    });
}

interface Changed {
  readonly deps: CommandDeps;
  readonly pool: string;
}

async function change(command: Command, name: string, body: object): Promise<Changed> {
  const deps = await depsOf(command);
  const backend = await existingBackend(deps.api, name);
  const request = { method: 'PATCH', path: pathOf(backend), body } as const;
  const answer = await deps.api.write(backend.pool, request, BackendDocument);
  tell(deps, answer, `changed ${backend.pool}/${backend.id}`);
  return { deps, pool: backend.pool };
}

/** Somebody who sets a weight learns here if it has no effect. */
async function tellOfWeights({ api, json }: CommandDeps, name: string): Promise<void> {
  if (json) return;
  const pool = await api.get(`/api/v1/pools/${encodeURIComponent(name)}`, PoolDocument);
  if (weightsCount(pool.algorithm, pool.backends)) return;
  const remedy = `tidegate pool set ${name} algorithm=weighted-round-robin`;
  print(paint('yellow', `note: ${weightsDoNotCount(pool.algorithm)}: ${remedy}`));
}

/** Prints the state of a backend after a write. */
function tell(deps: CommandDeps, backend: BackendDocument, text: string): void {
  if (deps.json) {
    print(JSON.stringify(backend, null, 2));
    return;
  }
  const limit = backend.max_connections === null ? '' : `, max_connections ${backend.max_connections}`;
  const { admin, availability, reason } = backend;
  print(`${text}: ${admin}, weight ${backend.weight}${limit}, ${availability} (${reason})`);
}

function list({ json }: CommandDeps, wanted: string | undefined, status: StatusDocument): void {
  const pools = status.pools.filter((pool) => wanted === undefined || pool.id === wanted);
  if (wanted !== undefined && pools.length === 0) {
    const names = status.pools.map((pool) => pool.id).join(', ');
    throw new CommandFailure(EXIT_FAILED, `There is no pool ${wanted}; there are: ${names}.`);
  }
  if (json) {
    print(JSON.stringify({ backends: pools.flatMap((pool) => pool.backends) }, null, 2));
    return;
  }
  pools.forEach((pool, index) => {
    if (index > 0) print('');
    print(paint('bold', `pool ${pool.id}`), ...indented(backendTable(pool.backends, Date.now())));
  });
}

function parsePoolOrLimit(text: string): number | null {
  return text === 'pool' ? null : argumentOf(connectionLimit, ', or pool')(text);
}
