/**
 * Shape of the observation journal's entries. Commands are checked in outline only (who, when, what): the journal
 * is not the truth, and a command that no longer makes sense is found when it is decided again.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import { FAILURE_REASONS } from '#shared/outcome.js';
import type { Shape } from '#shared/shape.js';
import {
  finite,
  flag,
  integer,
  list,
  nullable,
  oneOf,
  pair,
  partialRecord,
  record,
  text,
  variants,
} from '#shared/shape.js';
import { addresses, backendName, count, poolName } from '#shared/shape-settings.js';
import { type Actor, ACTOR_KINDS, type CheckResult, type Command } from '../domain/commands.js';
import type { OutcomeBucket } from '../domain/events.js';
import type { JournalEntry, SerializedObservations } from '../domain/journal.js';
import type { BackendObservations, OutstandingPermit, TrialObservations } from '../domain/observations.js';

const MAX_LIST = 1_000_000;
const MAX_TEXT = 16 * 1024 * 1024;

const words = text(MAX_TEXT);
const time = finite(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

/** Who is behind a command. */
export const actor = record<Actor>({ kind: oneOf(...ACTOR_KINDS) }, { name: words });

export const checkResult = record<CheckResult>(
  { at: time, passed: flag, durationMs: time },
  { status: integer(0, 999), error: words, address: words, resolved: addresses },
);

export const outcomeBucket = record<OutcomeBucket>({
  second: time,
  successes: count,
  failures: partialRecord(FAILURE_REASONS, count),
});

interface CommandOutline {
  readonly id: number;
  readonly at: number;
  readonly seed: number;
  readonly type: string;
  readonly actor: Actor;
}

const commandOutline = record<CommandOutline>({
  id: count,
  at: time,
  seed: finite(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  type: text(64),
  actor,
});

const command: Shape<Command> = { problem: commandOutline.problem };

const trials = record<TrialObservations>({
  permits: list(
    record<OutstandingPermit>({
      permit: count,
      worker: count,
      grantedAt: time,
      expiresAt: time,
      spent: flag,
    }),
    MAX_LIST,
  ),
  successes: count,
  lastWorker: nullable(count),
});

const backendObservations = record<BackendObservations>({
  generation: count,
  checks: list(checkResult, MAX_LIST),
  passiveFailureAt: nullable(time),
  window: list(outcomeBucket, MAX_LIST),
  trials: nullable(trials),
});

const observations = record<SerializedObservations>({
  pools: list(
    pair<PoolId, readonly (readonly [BackendId, BackendObservations])[]>(
      poolName,
      list(pair(backendName, backendObservations), MAX_LIST),
    ),
    MAX_LIST,
  ),
  workers: list(count, MAX_LIST),
  nextPermit: count,
});

const run = { at: time, pool: poolName, backend: backendName, generation: count };

export const journalEntry = variants<'kind', JournalEntry>('kind', {
  segment: record({ kind: oneOf('segment'), at: time, epoch: count, seq: count, observations }),
  command: record({ kind: oneOf('command'), at: time, command }),
  passes: record({ kind: oneOf('passes'), ...run, from: time, count }),
  successes: record({ kind: oneOf('successes'), ...run, buckets: list(pair(time, count), MAX_LIST) }),
});
