/**
 * Changes by operators at run time: adding, removing and changing backends, changing the settings of a pool, ending its
 * sessions. A command is carried out completely, or it is refused with a reason and gives no event. Preconditions are
 * checked last (RFC 9110 §13.2.2): a missing pool or backend is reported as missing, whatever version the caller knew.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { BackendSettings } from '#shared/settings/backend.js';
import type { Changes } from '#shared/settings/choose.js';
import { backendChanges } from '#shared/shape-settings.js';
import type { CommandOf } from './commands.js';
import type { Rejection } from './decision.js';
import { addBackend, changeAdmin, changeBackend, changeSettings, removeBackend } from './pool-changes.js';
import type { BackendState, PoolState } from './state.js';
import type { Transaction } from './transaction.js';

/** How many names a message lists. Further ones are only counted. */
const LISTED_NAMES = 10;

export function decideAddBackend(tx: Transaction, command: CommandOf<'AddBackend'>): Rejection | null {
  const pool = tx.pool(command.pool);
  if (pool === undefined) return unknownPool(tx, command.pool);
  const { id } = command.backend;
  if (pool.backends.has(id)) {
    return reject('duplicate_backend', `pool ${pool.id} already has a backend ${id}`);
  }
  const wrong = wrongSettings(command.backend) ?? wrongVersion(pool, command.expectedVersion);
  if (wrong !== null) return wrong;
  addBackend(tx, pool, command.backend, { origin: 'api' });
  return null;
}

export function decideRemoveBackend(tx: Transaction, command: CommandOf<'RemoveBackend'>): Rejection | null {
  const found = findBackend(tx, command.pool, command.backend);
  if (found.kind === 'missing') return found.rejection;
  const wrong = wrongVersion(found.pool, command.expectedVersion);
  if (wrong !== null) return wrong;
  removeBackend(tx, command.pool, found.backend);
  return null;
}

export function decideChangeBackend(tx: Transaction, command: CommandOf<'ChangeBackend'>): Rejection | null {
  const found = findBackend(tx, command.pool, command.backend);
  if (found.kind === 'missing') return found.rejection;
  const { changes = {}, admin } = command;
  const wrong = wrongSettings(changes) ?? wrongVersion(found.pool, command.expectedVersion);
  if (wrong !== null) return wrong;
  changeBackend(tx, command.pool, found.backend, { changes });
  if (admin !== undefined) changeAdmin(tx, command.pool, found.backend, { admin });
  return null;
}

export function decideChangePool(tx: Transaction, command: CommandOf<'ChangePool'>): Rejection | null {
  const pool = tx.pool(command.pool);
  if (pool === undefined) return unknownPool(tx, command.pool);
  const wrong = wrongVersion(pool, command.expectedVersion);
  if (wrong !== null) return wrong;
  changeSettings(tx, pool, command.settings);
  return null;
}

/** Only sessions by cookie can be ended, because only cookies tell when their session began. */
export function decideFlushSessions(tx: Transaction, command: CommandOf<'FlushSessions'>): Rejection | null {
  const pool = tx.pool(command.pool);
  if (pool === undefined) return unknownPool(tx, command.pool);
  if (pool.settings.sticky?.type !== 'cookie') {
    return reject('invalid', `pool ${pool.id} has no sessions by cookie`);
  }
  tx.emit('SessionsFlushed', { pool: pool.id }, { from: tx.at });
  return null;
}

type Found =
  | { readonly kind: 'found'; readonly pool: PoolState; readonly backend: BackendState }
  | { readonly kind: 'missing'; readonly rejection: Rejection };

function findBackend(tx: Transaction, poolId: PoolId, id: BackendId): Found {
  const pool = tx.pool(poolId);
  if (pool === undefined) return { kind: 'missing', rejection: unknownPool(tx, poolId) };
  const backend = pool.backends.get(id);
  if (backend !== undefined) return { kind: 'found', pool, backend };
  const message = `pool ${poolId} has no backend ${id}; it has ${list(pool.backends.keys())}`;
  return { kind: 'missing', rejection: reject('unknown_backend', message) };
}

function unknownPool(tx: Transaction, id: PoolId): Rejection {
  return reject('unknown_pool', `there is no pool ${id}; there is ${list(tx.state.pools.keys())}`);
}

function wrongVersion(pool: PoolState, expected: number | null): Rejection | null {
  if (expected === null || expected === pool.version) return null;
  const message = `pool ${pool.id} is at version ${pool.version}, not ${expected}: somebody else changed it; read it again`;
  return reject('version_conflict', message);
}

/** The API has already reported wrong settings in the words of the file. This check is the last resort. */
function wrongSettings(changes: Changes<BackendSettings>): Rejection | null {
  const problem = backendChanges.problem(changes, 'backend');
  return problem === null ? null : reject('invalid', problem);
}

function reject(code: Rejection['code'], message: string): Rejection {
  return { code, message };
}

function list(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return 'none';
  const shown = all.slice(0, LISTED_NAMES).join(', ');
  return all.length > LISTED_NAMES ? `${shown} and ${all.length - LISTED_NAMES} more` : shown;
}
