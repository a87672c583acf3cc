/**
 * What Redis refuses a fleet, for whoever asks why the fleet cannot be changed. It holds until Redis does the same thing, or has not
 * been asked for it for a while: what a leader does, a host that leads no more never asks again.
 */
import type { RedisFailure } from '#shared/platform/redis-answer.js';
import { RedisRefusals } from '#shared/platform/redis-refusals.js';
import type { Logger, TimerHandle, Timers } from '#shared/ports.js';
import { firstForbidden, forbidden, isAboutRights, type Probed, tryCommands } from './redis-rights.js';

/** Longer than leaders that cannot append stand back. */
const KEPT_MS = 30_000;

interface LastRefusalDeps {
  readonly probed: Probed;
  readonly timers: Timers;
  readonly logger: Logger;
}

export class LastRefusal {
  readonly #deps: LastRefusalDeps;
  readonly #log: RedisRefusals;
  #last: { readonly call: unknown; readonly words: string; readonly sentence: string } | null = null;
  #timer: TimerHandle | null = null;

  constructor(deps: LastRefusalDeps) {
    this.#deps = deps;
    this.#log = new RedisRefusals({ ...deps, role: 'control' });
  }

  /** One sentence, with what to do if that is known; `null`: nothing is refused. */
  get sentence(): string | null {
    return this.#last?.sentence ?? null;
  }

  /** @param call what names the same call each time */
  done(call: unknown): void {
    if (this.#last?.call === call) this.#last = null;
  }

  /** Resolves with the sentence, which may take one more call. */
  async refused(call: unknown, { code, reason: words }: RedisFailure): Promise<string> {
    const sentence = this.#last?.words === words ? this.#last.sentence : await this.#sentenceOf(code, words);
    this.#last = { call, words, sentence };
    this.#timer?.cancel();
    this.#timer = this.#deps.timers.after(KEPT_MS, () => (this.#last = null));
    return sentence;
  }

  close(): void {
    this.#timer?.cancel();
    this.#log.close();
  }

  async #sentenceOf(code: string, words: string): Promise<string> {
    const sentence = `Redis refuses it: ${forbidden(words) ?? words.replace(/\.$/, '')}`;
    if (!isAboutRights(words) || forbidden(words) !== null) return sentence;
    const tried = await tryCommands(this.#deps.probed);
    const named = tried.ok ? firstForbidden(tried.value) : null;
    if (named === null) return sentence;
    this.#log.tell('a script', { code, reason: named });
    return `Redis refuses it: ${named}`;
  }
}
