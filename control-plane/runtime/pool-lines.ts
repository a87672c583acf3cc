/** Writes a line to the operator's log when the standing of a whole pool changes. Operators look for these lines first. */
import type { PoolId } from '#shared/ids.js';
import type { Logger } from '#shared/ports.js';
import type { TidegateEvent } from '../domain/events.js';
import { newsAtStart, newsOf, type PoolStanding, standingOfPool } from '../domain/pool-standing.js';
import type { ControlState } from '../domain/state.js';

export class PoolLines {
  readonly #logger: Logger;
  readonly #standings = new Map<PoolId, PoolStanding>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** To be called after each append, with the new state and the appended events. */
  tell(state: ControlState, events: readonly TidegateEvent[]): void {
    // At the start, all pools are reported, because an earlier primary may have left some of them in trouble.
    const starts = events.some(({ type }) => type === 'PrimaryStarted');
    const all = starts ? [...state.pools.keys()] : [];
    const touched = new Set([...all, ...events.flatMap(({ pool }) => (pool === undefined ? [] : [pool]))]);
    for (const id of touched) this.#tellOf(id, state, starts);
  }

  #tellOf(id: PoolId, state: ControlState, starts: boolean): void {
    const pool = state.pools.get(id);
    if (pool === undefined) {
      this.#standings.delete(id);
      return;
    }
    const now = standingOfPool(pool);
    const news = starts ? newsAtStart(now) : newsOf(this.#standings.get(id) ?? null, now);
    this.#standings.set(id, now);
    if (news === null) return;
    this.#logger[news.level]({ pool: id, sentence: `pool ${id} ${news.sentence}` }, 'pool changed');
  }
}
