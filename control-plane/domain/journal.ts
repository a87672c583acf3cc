/**
 * The observation journal's entries: the inputs of `decide`, kept so that it can be run again. Everything that could
 * matter is kept as it was; what only confirmed the state of things is compressed into runs.
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

/** `Observations` with its maps as lists, for JSON. */
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

/** The settings of commands that have any: a release that did not know all of them has left some out. */
const commandSettings: Readonly<Record<string, Shape<object>>> = {
  ApplyConfig: object({ document: storedDocument }),
  AddBackend: object({ backend: storedBackend }),
  ChangePool: object({ settings: storedPoolSettings }),
};

/**
 * Commands are checked in outline (who, when, what), and for settings that can be completed: the journal is not the truth,
 * and a command that no longer makes sense is found when it is decided again.
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
  /** Begins a segment: what was observed when it began; the durable state is the fold of events up to `seq`. */
  segment: object({ at: time, epoch: count, seq: count, observations: serializedObservations }),
  /** A command as it was decided. */
  command: object({ at: time, command }),
  /** Health checks that passed and changed nothing. */
  passes: object({ ...run, from: time, count }),
  /** Successful attempts, by second, that changed nothing but the window. */
  successes: object({ ...run, buckets: list(pair(time, count), MAX_STORED_LIST) }),
});

export type JournalEntry = TypeOf<typeof journalEntry>;
