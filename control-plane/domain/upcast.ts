/**
 * Lifts events of older releases to the present schema: one step per schema number, applied in turn. An unknown type or
 * schema is an error that names it; nothing is guessed. To change the data of an event, raise its `schema` in the catalogue
 * and add the step from the old number here.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { BackendSettings } from '#shared/settings/backend.js';
import type { Actor } from './actor.js';
import type { Cause } from './event-entry.js';
import type { FleetOrigin } from './fleet-standing.js';
import { EVENTS } from './events.js';
import { withWorkerIds } from './upcast-workers.js';

/** An event as any release wrote it. */
export interface StoredEventShape {
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  readonly type: string;
  readonly schema: number;
  readonly pool?: PoolId;
  readonly backend?: BackendId;
  readonly actor: Actor;
  readonly cause: Cause;
  readonly fleet?: FleetOrigin;
  readonly data: unknown;
}

/** Lifts an event from one schema to the next. May also change its type. Must not throw on sound data. */
type UpcastStep = (event: StoredEventShape) => StoredEventShape;

export interface UpcastTable {
  /** The present schema of each type. */
  readonly current: Readonly<Record<string, number>>;
  /** The key is `Type@schema`; the step lifts events of that schema. */
  readonly steps: Readonly<Record<string, UpcastStep>>;
}

export type Upcasted<E extends StoredEventShape = StoredEventShape> =
  | { readonly kind: 'current'; readonly event: E }
  | {
      readonly kind: 'failed';
      readonly reason: 'unknown-type' | 'newer-schema' | 'no-step';
      readonly problem: string;
    };

/** In schema 1, a worker was a number. */
const withIds: UpcastStep = (event) => ({ ...event, schema: 2, data: withWorkerIds(event.data) });

/** Schema 1 listed the changes that waited for a restart of the process. They mean nothing to other hosts. */
const withoutRestarts: UpcastStep = (event) => {
  const { restartNeeded: _restarts, ...data } = event.data as Readonly<Record<string, unknown>>;
  return { ...event, schema: 2, data };
};

/**
 * Before 0.1.0, each setting of a backend had a separate event. Migration 2 of the event log renames the type in its column.
 */
function settingChanged(name: keyof BackendSettings): UpcastStep {
  return (event) => {
    const { from, to } = event.data as { readonly from: unknown; readonly to: unknown };
    return { ...event, type: 'BackendSettingsChanged', data: { from: { [name]: from }, to: { [name]: to } } };
  };
}

export const UPCASTS: UpcastTable = {
  current: Object.fromEntries(Object.entries(EVENTS).map(([type, { schema }]) => [type, schema])),
  steps: {
    'ConfigApplied@1': withoutRestarts,
    'WorkerStarted@1': withIds,
    'WorkerReady@1': withIds,
    'WorkerExited@1': withIds,
    'BreakerOpened@1': withIds,
    'WeightChanged@1': settingChanged('weight'),
    'MaxConnectionsChanged@1': settingChanged('maxConnections'),
  },
};

/** The most steps of one event. A table with a cycle is a bug and must not loop for ever. */
const MAX_STEPS = 100;

export function upcast(stored: StoredEventShape, table: UpcastTable = UPCASTS): Upcasted {
  let event = stored;
  for (let taken = 0; taken < MAX_STEPS; taken += 1) {
    const current = Object.hasOwn(table.current, event.type) ? table.current[event.type] : undefined;
    if (event.schema === current) return { kind: 'current', event };
    const step = Object.hasOwn(table.steps, key(event)) ? table.steps[key(event)] : undefined;
    if (step === undefined) return failure(event, current);
    event = step(event);
  }
  return { kind: 'failed', reason: 'no-step', problem: `${named(stored)} leads to no current schema` };
}

function failure(event: StoredEventShape, current: number | undefined): Upcasted {
  if (current === undefined) {
    return { kind: 'failed', reason: 'unknown-type', problem: `${named(event)} is of an unknown type` };
  }
  const newer = event.schema > current;
  const problem = newer
    ? `${named(event)} is newer than this release, which knows schema ${current}`
    : `${named(event)} is older than any schema this release can lift to ${current}`;
  return { kind: 'failed', reason: newer ? 'newer-schema' : 'no-step', problem };
}

function key(event: StoredEventShape): string {
  return `${event.type}@${event.schema}`;
}

function named(event: StoredEventShape): string {
  return `event ${event.seq} ${event.type} (schema ${event.schema})`;
}
