/**
 * Applies a configuration file: one `ConfigApplied`, then one event for each change of the merge, with the `ConfigApplied`
 * as their cause. Loading the file that is in force again gives no event, unless the previous attempt failed: then the event
 * says that the file is good again. A failure with the same problems as the previous one gives no event either.
 */
import type { PoolId } from '#shared/ids.js';
import type { CommandOf } from './commands.js';
import { mergeConfig, type ConfigChange } from './config-merge.js';
import type { Rejection } from './decision.js';
import { addBackend, changeAdmin, changeBackend, changeSettings, removeBackend } from './pool-changes.js';
import { sameValue } from './same-value.js';
import type { Transaction } from './transaction.js';

export function applyConfig(tx: Transaction, command: CommandOf<'ApplyConfig'>): Rejection | null {
  const { file, sha256, document, forHostAlone = false } = command;
  const { applied, rejected, fleet } = tx.state;
  if (forHostAlone && fleet !== null) {
    return { code: 'invalid', message: 'this host belongs to a fleet, which decides the configuration' };
  }
  const changes = mergeConfig(document, tx.state);
  const known =
    applied !== null &&
    rejected === null &&
    // Hosts of a fleet may give the file different names, so the name does not count there.
    (tx.scope === 'fleet' || applied.file === file) &&
    sameValue(applied.document, document);
  if (known && changes.length === 0) return null;
  const seq = tx.emit('ConfigApplied', {}, { file, sha256, document });
  for (const change of changes) carryOut(tx, change, seq);
  return null;
}

export function rejectConfig(tx: Transaction, command: CommandOf<'RejectConfig'>): void {
  const { file, problems } = command;
  const { rejected } = tx.state;
  if (rejected !== null && rejected.file === file && sameValue(rejected.problems, problems)) return;
  tx.emit('ConfigRejected', {}, { file, problems });
}

/**
 * Makes one change.
 * @param causedBy number of the event that the change follows from, if any
 */
export function carryOut(tx: Transaction, change: ConfigChange, causedBy?: number): void {
  switch (change.kind) {
    case 'change-forwarding':
      tx.emit('ForwardingChanged', {}, { forwarding: change.forwarding }, causedBy);
      return;
    case 'change-routes':
      tx.emit('RoutesChanged', {}, { routes: change.routes }, causedBy);
      return;
    case 'add-pool':
      tx.emit('PoolAdded', { pool: change.pool }, { settings: change.settings }, causedBy);
      return;
    case 'remove-pool':
      removePool(tx, change.pool, causedBy);
      return;
    case 'change-settings':
    case 'add-backend':
    case 'replace-backend':
    case 'remove-backend':
    case 'adopt-backend':
    case 'change-backend':
      carryOutInPool(tx, change, causedBy);
  }
}

type PoolChange = Extract<
  ConfigChange,
  {
    kind:
      | 'change-settings'
      | 'add-backend'
      | 'replace-backend'
      | 'remove-backend'
      | 'adopt-backend'
      | 'change-backend';
  }
>;

function carryOutInPool(tx: Transaction, change: PoolChange, causedBy?: number): void {
  switch (change.kind) {
    case 'change-settings':
      changeSettings(tx, tx.knownPool(change.pool), change.settings, causedBy);
      return;
    case 'add-backend':
      addBackend(tx, tx.knownPool(change.pool), change.definition, { origin: 'file', causedBy });
      return;
    case 'replace-backend':
      replaceBackend(tx, change, causedBy);
      return;
    case 'remove-backend':
      removeBackend(tx, change.pool, tx.knownBackend(change.pool, change.backend), causedBy);
      return;
    case 'adopt-backend': {
      const about = { pool: change.pool, backend: change.backend };
      tx.emit('BackendOriginChanged', about, { origin: 'file' }, causedBy);
      return;
    }
    case 'change-backend': {
      const backend = tx.knownBackend(change.pool, change.backend);
      changeBackend(tx, change.pool, backend, { changes: change.changes, causedBy });
    }
  }
}

/**
 * Replaces a backend. The admin state stays, because it belongs to the name: a backend in maintenance must not return with a
 * new address.
 */
function replaceBackend(
  tx: Transaction,
  change: Extract<ConfigChange, { kind: 'replace-backend' }>,
  causedBy?: number,
): void {
  const { pool, definition } = change;
  const before = tx.knownBackend(pool, definition.id);
  removeBackend(tx, pool, before, causedBy);
  addBackend(tx, tx.knownPool(pool), definition, { origin: 'file', causedBy });
  changeAdmin(tx, pool, tx.knownBackend(pool, definition.id), { admin: before.admin, causedBy });
}

function removePool(tx: Transaction, id: PoolId, causedBy?: number): void {
  for (const backend of tx.knownPool(id).backends.values()) removeBackend(tx, id, backend, causedBy);
  tx.emit('PoolRemoved', { pool: id }, {}, causedBy);
}
