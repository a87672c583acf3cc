/**
 * Turns decided commands into journal entries. Almost all commands only confirm the present state: health checks that passed
 * and changed nothing, and reports of nothing but successes, which only add to a window. These become runs per backend;
 * every other command is kept as it was. A run waits here until a command concerns its backend, and is written before that
 * command, so that replay sees the right order. A run is also written when it reaches a bound. Results about removed
 * backends are dropped. A crash loses the waiting runs. That is harmless, because the next primary starts without
 * observations.
 *
 * Invariant, held by a property test: replaying the journal gives the events of the log, including their evidence.
 */
import type { BackendId, PoolId } from '#shared/ids.js';
import type { BackendOutcomes } from '#shared/outcome.js';
import type { Command, CommandOf } from './commands.js';
import type { Decision, World } from './decision.js';
import { countFailures, secondOf } from './failure-window.js';
import type { JournalEntry } from './journal.js';
import { serializeObservations } from './serialize.js';

/** A run is written at the latest when this much time has passed since the oldest run began, in milliseconds. */
export const MAX_RUN_AGE_MS = 60_000;
/** The most backends with a waiting run. Beyond that, all runs are written. */
export const MAX_PENDING_BACKENDS = 20_000;

interface Runs {
  readonly generation: number;
  passes: { readonly from: number; at: number; count: number } | null;
  successes: { at: number; readonly buckets: [second: number, count: number][] } | null;
}

export class JournalCompressor {
  readonly #pending = new Map<PoolId, Map<BackendId, Runs>>();
  #backends = 0;
  #oldestAt = Infinity;

  /** Returns the entries to store after `command` was decided on `before`. To be called once for each command, in order. */
  step(command: Command, decision: Decision, before: World): readonly JournalEntry[] {
    const overdue = command.at - this.#oldestAt >= MAX_RUN_AGE_MS || this.#backends >= MAX_PENDING_BACKENDS;
    const entries = overdue ? this.flush() : [];
    if (isIdlePass(command, decision, before)) {
      this.#addPass(command, before);
      return entries;
    }
    if (isSuccessesOnly(command, decision, before)) {
      for (const outcomes of command.outcomes) this.#addSuccesses(command.at, outcomes, before);
      return entries;
    }
    this.#flushTouched(command, decision, entries);
    entries.push({ kind: 'command', at: command.at, command });
    return entries;
  }

  /**
   * Begins a segment: ends the previous one and records the observations.
   * @param world the world after the last step
   */
  segment(world: World, at: number): readonly JournalEntry[] {
    const entries = this.flush();
    const { epoch, seq } = world.state;
    const observations = serializeObservations(world.observations);
    entries.push({ kind: 'segment', at, epoch, seq, observations });
    return entries;
  }

  /** Returns all waiting runs, for the end of a segment or of the process. */
  flush(): JournalEntry[] {
    const entries: JournalEntry[] = [];
    for (const pool of this.#pending.keys()) this.#flushPool(pool, entries);
    this.#oldestAt = Infinity;
    return entries;
  }

  #addPass(command: CommandOf<'RecordHealthCheck'>, before: World): void {
    const { pool, backend, generation, at } = command;
    const runs = this.#runsOf({ pool, backend, generation, at }, before);
    if (runs === null) return;
    if (runs.passes === null) runs.passes = { from: at, at, count: 1 };
    else {
      runs.passes.at = at;
      runs.passes.count += 1;
    }
  }

  #addSuccesses(at: number, outcomes: BackendOutcomes, before: World): void {
    const { pool, backend, generation, successes } = outcomes;
    const runs = successes > 0 ? this.#runsOf({ pool, backend, generation, at }, before) : null;
    if (runs === null) return;
    runs.successes ??= { at, buckets: [] };
    runs.successes.at = at;
    const { buckets } = runs.successes;
    const last = buckets.at(-1);
    // As in the window: if time went back, the successes count for the newest second.
    if (last !== undefined && last[0] >= secondOf(at)) last[1] += successes;
    else buckets.push([secondOf(at), successes]);
  }

  /** The runs of a backend, started if needed; `null` if there is no such backend (any more). */
  #runsOf(
    of: { pool: PoolId; backend: BackendId; generation: number; at: number },
    before: World,
  ): Runs | null {
    const known = before.state.pools.get(of.pool)?.backends.get(of.backend);
    if (known?.generation !== of.generation) return null;
    const pool = this.#pending.get(of.pool) ?? new Map<BackendId, Runs>();
    this.#pending.set(of.pool, pool);
    // These runs belong to the present generation, because the removal of the previous one wrote its runs.
    const runs = pool.get(of.backend);
    if (runs !== undefined) return runs;
    const begun: Runs = { generation: of.generation, passes: null, successes: null };
    pool.set(of.backend, begun);
    this.#backends += 1;
    this.#oldestAt = Math.min(this.#oldestAt, of.at);
    return begun;
  }

  /** Writes the waiting runs of all backends that the command names or its events concern. */
  #flushTouched(command: Command, decision: Decision, entries: JournalEntry[]): void {
    for (const { pool, backend } of namedBackends(command)) this.#flushBackend(pool, backend, entries);
    if (decision.kind === 'rejected') return;
    for (const event of decision.events) {
      if (event.type === 'ConfigApplied' || event.type === 'PrimaryStarted') entries.push(...this.flush());
      else if (event.pool !== undefined && event.backend !== undefined) {
        this.#flushBackend(event.pool, event.backend, entries);
      } else if (event.pool !== undefined) this.#flushPool(event.pool, entries);
    }
  }

  #flushPool(pool: PoolId, entries: JournalEntry[]): void {
    for (const backend of this.#pending.get(pool)?.keys() ?? []) this.#flushBackend(pool, backend, entries);
    this.#pending.delete(pool);
  }

  #flushBackend(pool: PoolId, backend: BackendId, entries: JournalEntry[]): void {
    const runs = this.#pending.get(pool)?.get(backend);
    if (runs === undefined) return;
    this.#pending.get(pool)?.delete(backend);
    this.#backends -= 1;
    const of = { pool, backend, generation: runs.generation };
    if (runs.passes !== null) entries.push({ kind: 'passes', ...of, ...runs.passes });
    if (runs.successes !== null) entries.push({ kind: 'successes', ...of, ...runs.successes });
  }
}

function isIdlePass(
  command: Command,
  decision: Decision,
  before: World,
): command is CommandOf<'RecordHealthCheck'> {
  if (command.type !== 'RecordHealthCheck' || !command.result.passed) return false;
  return decision.kind === 'accepted' && decision.world === before;
}

/** In a half-open phase even a success may decide something, so its report is kept. */
function isSuccessesOnly(
  command: Command,
  decision: Decision,
  before: World,
): command is CommandOf<'RecordOutcomes'> {
  if (command.type !== 'RecordOutcomes' || decision.kind === 'rejected' || decision.events.length > 0) {
    return false;
  }
  return command.outcomes.every(({ pool, backend, failures, trials }) => {
    const phase = before.state.pools.get(pool)?.backends.get(backend)?.breaker.phase;
    return trials.length === 0 && countFailures(failures) === 0 && phase !== 'half-open';
  });
}

function namedBackends(command: Command): readonly { readonly pool: PoolId; readonly backend: BackendId }[] {
  if (command.type === 'RecordOutcomes') return command.outcomes;
  if (command.type === 'AddBackend') return [{ pool: command.pool, backend: command.backend.id }];
  return 'backend' in command ? [{ pool: command.pool, backend: command.backend }] : [];
}
