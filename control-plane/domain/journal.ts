/**
 * The entries of the observation journal: the inputs of `decide`, kept so that decisions can be repeated. Commands that
 * could matter are kept as they were. Commands that only confirmed the present state are compressed into runs.
 */
import {
  backendName,
  count,
  poolName,
  storedBackend,
  storedDocument,
  storedPoolSettings,
} from '#shared/shape-settings.js';
import { finite, list, object, pair, type Shape, tagged, text, type TypeOf } from '#shared/shape.js';
import { actor } from './actor.js';
import type { Command } from './commands.js';
import { backendObservations } from './observations.js';
import { MAX_STORED_LIST, time } from './stored-shapes.js';
import { workerId } from './worker-id.js';

/** `Observations` with lists instead of maps, for JSON. */
const serializedObservations = object({
  pools: list(pair(poolName, list(pair(backendName, backendObservations), MAX_STORED_LIST)), MAX_STORED_LIST),
  workers: list(workerId, MAX_STORED_LIST),
  nextPermit: count,
});

export interface SerializedObservations extends TypeOf<typeof serializedObservations> {}

const commandOutline = object({
  id: count,
  at: time,
  seed: finite(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  type: text(64),
  actor,
});

/** Commands that contain settings. A release that did not know all settings has left some out. */
const commandSettings: Readonly<Record<string, Shape<object>>> = {
  ApplyConfig: object({ document: storedDocument }),
  AddBackend: object({ backend: storedBackend }),
  ChangePool: object({ settings: storedPoolSettings }),
};

/**
 * Checks commands only for their outline (actor, time, type) and for settings that can be completed. The journal is not the
 * source of truth, and a command that makes no sense is found when it is decided again.
 */
const command: Shape<Command> = {
  problem: (value, path) => commandOutline.problem(value, path) ?? settingsProblem(value, path),
};

function settingsProblem(value: unknown, path: string): string | null {
  for (const [type, shape] of Object.entries(commandSettings)) {
    if (isOfType(value, type)) return shape.problem(value, path);
  }
  return null;
}

function isOfType(value: unknown, type: string): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type;
}

const run = { at: time, pool: poolName, backend: backendName, generation: count };

export const journalEntry = tagged('kind', {
  /** Begins a segment with the observations at that time. The durable state is the fold of events up to `seq`. */
  segment: object({ at: time, epoch: count, seq: count, observations: serializedObservations }),
  /** A command as it was decided. */
  command: object({ at: time, command }),
  /** Health checks that passed and changed nothing. */
  passes: object({ ...run, from: time, count }),
  /** Successful attempts per second that changed nothing but the window. */
  successes: object({ ...run, buckets: list(pair(time, count), MAX_STORED_LIST) }),
});

export type JournalEntry = TypeOf<typeof journalEntry>;
