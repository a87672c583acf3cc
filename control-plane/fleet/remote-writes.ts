/**
 * Writes that this host posts to the fleet's leader, and the answers. A write is posted once under its nonce and carried out once or
 * never; whoever gets no answer in time is told so, with the nonce to look it up, and concludes nothing from the silence.
 */
import { randomUUID } from 'node:crypto';
import type { Timers } from '#shared/ports.js';
import type { CommandDraft } from '../domain/commands.js';
import { type FleetStore, NO_ENTRY, type StoredAnswer, type Unavailable } from './fleet-store.js';
import type { FleetTimes } from './fleet-times.js';
import { readAnswer, type WriteAnswer, writeText } from './fleet-writes.js';

/** Answers read at once. */
const PAGE = 1_000;

/** Writes without an answer that are remembered, so that one who looks for them is not told that there was none. */
const MAX_UNANSWERED = 1_000;

/** What can be found out about a write. `unknown`: it was posted here, and there is no answer to it. */
export type WriteFate = WriteAnswer | { readonly kind: 'unknown' };

/** What became of a write that was posted. */
export type RemoteOutcome =
  | Exclude<WriteAnswer, { kind: 'accepted' }>
  | (Extract<WriteAnswer, { kind: 'accepted' }> & { readonly nonce: string })
  | Unanswered
  /** There is no leader, its inbox is full, or the store refuses it: nothing was posted. */
  | { readonly kind: 'not-posted'; readonly reason: string };

interface Unanswered {
  readonly kind: 'unknown';
  readonly nonce: string;
}

interface RemoteWritesDeps {
  readonly store: Pick<FleetStore, 'post' | 'answers'>;
  readonly times: FleetTimes;
  readonly timers: Timers;
  readonly now: () => number;
}

export class RemoteWrites {
  readonly #deps: RemoteWritesDeps;
  readonly #waiting = new Map<string, (answer: WriteAnswer) => void>();
  readonly #unanswered = new Set<string>();
  /** The answer that was read last. */
  #read = NO_ENTRY;
  #reading: Promise<void> | null = null;
  #again = false;

  constructor(deps: RemoteWritesDeps) {
    this.#deps = deps;
  }

  /** Whether somebody waits for an answer. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Posts, and again where the leader changed before it was carried out. */
  async submit(draft: CommandDraft): Promise<RemoteOutcome> {
    const text = writeText(draft);
    if (text === null) {
      return { kind: 'rejected', code: 'invalid', message: 'the write is longer than 1 MiB' };
    }
    const deadline = this.#deps.now() + this.#deps.times.writeAnswerMs;
    for (;;) {
      const outcome = await this.#post(text, deadline);
      if (outcome.kind !== 'moved' || this.#deps.now() >= deadline) return outcome;
    }
  }

  /**
   * Reads all answers that are kept: the store may be another one, or its history, and then answers have other numbers, which may
   * be lower ones. Nothing tells for sure, because a read of the store before may still be under way.
   */
  async lookAgain(): Promise<void> {
    await this.#reading;
    this.#read = NO_ENTRY;
    await this.look();
  }

  /** There may be new answers. */
  async look(): Promise<void> {
    this.#again = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = null;
      // Somebody may have asked since it looked for that last.
      if (this.#again) void this.look();
    });
    await this.#reading;
  }

  /** What became of a write, if its answer is still kept; `null`: nothing is known of it. */
  async find(nonce: string): Promise<WriteFate | Unavailable | null> {
    for (let after = NO_ENTRY; ;) {
      const found = await this.#deps.store.answers({ after, limit: PAGE });
      if (found.kind === 'unavailable') return found;
      const one = found.value.find((answer) => answer.nonce === nonce);
      if (one !== undefined) return answerOf(one);
      const last = found.value.at(-1);
      if (last === undefined || found.value.length < PAGE) {
        return this.#unanswered.has(nonce) ? { kind: 'unknown' } : null;
      }
      after = last.id;
    }
  }

  async #post(text: string, deadline: number): Promise<RemoteOutcome> {
    const { store, times, timers, now } = this.#deps;
    const nonce = randomUUID();
    const { promise, resolve } = Promise.withResolvers<WriteAnswer | Unanswered>();
    this.#waiting.set(nonce, resolve);
    const timer = timers.after(Math.max(0, deadline - now()), () => resolve({ kind: 'unknown', nonce }));
    try {
      const posted = await store.post({ nonce, ttlMs: times.writeTtlMs, text });
      if (posted.kind === 'leaderless') return { kind: 'not-posted', reason: 'the fleet has no leader' };
      if (posted.kind === 'full') {
        return { kind: 'not-posted', reason: 'too many writes wait for the leader' };
      }
      if (posted.kind === 'unavailable' && posted.isRefused) {
        return { kind: 'not-posted', reason: posted.reason };
      }
      // One that the store did not answer may be there nevertheless.
      if (posted.kind === 'ok') void this.look();
      const outcome = await promise;
      if (outcome.kind === 'unknown') this.#remember(nonce);
      return outcome.kind === 'accepted' ? { ...outcome, nonce } : outcome;
    } finally {
      timer.cancel();
      this.#waiting.delete(nonce);
    }
  }

  #remember(nonce: string): void {
    this.#unanswered.add(nonce);
    if (this.#unanswered.size <= MAX_UNANSWERED) return;
    const [oldest] = this.#unanswered;
    if (oldest !== undefined) this.#unanswered.delete(oldest);
  }

  async #readAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const found = await this.#deps.store.answers({ after: this.#read, limit: PAGE });
      if (found.kind === 'unavailable') return;
      for (const one of found.value) {
        this.#read = one.id;
        const answer = answerOf(one);
        if (answer !== null) this.#waiting.get(one.nonce)?.(answer);
      }
      if (found.value.length === PAGE) this.#again = true;
    }
  }
}

function answerOf({ text }: StoredAnswer): WriteAnswer | null {
  const answer = readAnswer(text);
  return answer.ok ? answer.value : null;
}
