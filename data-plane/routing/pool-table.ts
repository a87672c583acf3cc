/** One pool in a routing table: its backends and all that chooses among them. Built whole from a snapshot. */
import { servesByTrialsOnly } from '#shared/availability.js';
import type { BackendId, PoolId } from '#shared/ids.js';
import type { Random } from '#shared/ports.js';
import type { Algorithm, ForwardingSettings, QueueSettings, StickySettings } from '#shared/settings.js';
import type { PoolSnapshot } from '#shared/snapshot.js';
import type { Picker, PickerStart } from './algorithms/picker.js';
import { pickerFor } from './algorithms/pickers.js';
import { AddressHash } from './address-hash.js';
import { type BackendEntry, backendEntry } from './backend-entry.js';
import { NO_LIMIT, hasSlot } from './backend-load.js';
import { sessionCookieNames } from './session-cookie.js';
import { shareOf, type Sharer } from './connection-share.js';
import type { LedgerUpdate, TrialQueue } from './trial-permits.js';
import type { Waiter, PickOptions } from './waiter.js';

interface BackendsWithSlot {
  /** Serving backends that have a free slot. */
  count: number;
}

/** Requests that wait for a slot at a backend of the pool (`slot-queue.ts`). */
export interface PoolQueue {
  settings: QueueSettings;
  readonly size: number;
  /** Whether a request may enter. Where the queue is full, evicts the newest waiter of a longer sub-queue for it. */
  admit(pool: PoolTable, options: PickOptions): boolean;
  /** Waits from now on. Only where `isBusy` and `admit` say so. */
  enter(pool: PoolTable, options: PickOptions, end: Waiter['end']): Waiter;
  /** The request's client is gone, or its time is over. Does nothing for one that waits no more. */
  leave(waiter: Waiter): void;
  /** A backend has a free slot again: the first waiter that can use it gets it. */
  freed(pool: PoolTable, entry: BackendEntry): void;
  /** A newer table is in force: serves each waiter that now can be served, and fails those that no backend could ever serve. */
  tableChanged(pool: PoolTable, random: Random): void;
  /** The pool is gone. */
  close(): void;
}

export interface PoolTable {
  readonly id: PoolId;
  readonly version: number;
  readonly algorithm: Algorithm;
  readonly sticky: StickySettings | null;
  /** Sessions that began before, milliseconds since 1970, are over. */
  readonly sessionsFrom: number;
  /** Names of the session cookie, without TLS and with it; none without such sessions. */
  readonly cookieNames: readonly string[];
  readonly panic: boolean;
  /** Those of the file, with those of the pool over them. */
  readonly forwarding: ForwardingSettings;
  readonly backends: readonly BackendEntry[];
  /** The backends that take new traffic without a permit, full or not. */
  readonly serving: readonly BackendEntry[];
  /** Kept up to date by the loads of the backends, so that a full pool costs one comparison. */
  readonly withSlot: BackendsWithSlot;
  /** Shared with the tables before and after. */
  readonly queue: PoolQueue;
  readonly byId: ReadonlyMap<BackendId, BackendEntry>;
  /** By `hashHex`: what a session cookie names. */
  readonly byHash: ReadonlyMap<string, BackendEntry>;
  /** Over the serving backends only. Used by `pick`. */
  readonly picker: Picker;
  /** Permits of this worker. Used by `pick`. */
  readonly trials: TrialQueue;
  /** Which serving backend an address belongs to. Used by `stickyByAddress`. */
  readonly byAddress: AddressHash;
  /** Like `byAddress`, but including half-open backends: decides whose requests may be their trials. `null` when none is half-open. */
  readonly byAddressWithTrials: AddressHash | null;
}

export function poolTable(
  pool: PoolSnapshot,
  permits: LedgerUpdate,
  previous: PoolTable | undefined,
  start: Omit<PickerStart, 'previous'> & Sharer & Pick<PoolTable, 'queue' | 'forwarding'>,
): PoolTable {
  const trials: TrialQueue = [];
  const backends = pool.backends.map((one) => {
    const entry = backendEntry(pool, one, previous?.byId.get(one.id));
    entry.load.limit = shareOf(one.maxConnections, start);
    permits.collect(entry, one.permits, trials);
    return entry;
  });
  const byId = new Map(backends.map((entry) => [entry.id, entry]));
  const serving = backends.filter((entry) => entry.serves);
  const returning = backends.filter(servesByTrialsOnly);
  if (previous !== undefined) closeGates(previous);
  // Only the picker of this table is told of loads, and only if its algorithm watches them.
  for (const { load } of backends) load.watcher = null;
  const { queue } = start;
  queue.settings = pool.queue;
  const table: PoolTable = {
    id: pool.id,
    version: pool.version,
    algorithm: pool.algorithm,
    sticky: pool.sticky,
    sessionsFrom: pool.sessionsFrom ?? 0,
    cookieNames: sessionCookieNames(pool.sticky, pool.id),
    panic: pool.panic,
    forwarding: start.forwarding,
    backends,
    serving,
    withSlot: { count: serving.filter(({ load }) => hasSlot(load)).length },
    queue,
    byId,
    byHash: new Map(backends.map((entry) => [entry.hashHex, entry])),
    picker: pickerFor(pool.algorithm, serving, { ...start, previous: previous?.picker ?? null }),
    trials,
    byAddress: new AddressHash(serving, previous?.byAddress ?? null),
    byAddressWithTrials:
      returning.length === 0
        ? null
        : new AddressHash([...serving, ...returning], previous?.byAddressWithTrials ?? null),
  };
  openGates(table);
  return table;
}

/** Stops telling this table of loads, because it is replaced or its pool is gone. */
export function closeGates({ backends }: PoolTable): void {
  for (const { load } of backends) load.gate = null;
}

function openGates(table: PoolTable): void {
  const { withSlot, picker, queue } = table;
  for (const entry of table.backends) {
    if (entry.load.limit === NO_LIMIT) continue;
    entry.load.gate = {
      filled: () => {
        if (entry.serves) withSlot.count -= 1;
      },
      freed: () => {
        if (entry.serves) {
          withSlot.count += 1;
          picker.freed?.(entry);
        }
        queue.freed(table, entry);
      },
    };
  }
}
