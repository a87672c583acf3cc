/** Backends with scripts: each behaves in one way until it is told another, towards traffic and towards health checks. */
import type { FailureReason } from '../../shared/outcome.js';
import type { BackendAddress } from '../../shared/settings.js';
import type { CheckResult } from '../../control-plane/domain/evidence.js';
import type { Chance } from './chance.js';

/**
 * ailing: checks pass and traffic fails, as with a broken dependency. refuses: nobody listens. hangs: never answers. breaks: breaks
 * off within each answer.
 */
export const BEHAVIOURS = [
  'ok',
  'slow',
  'fails',
  'ailing',
  'flaky',
  'refuses',
  'hangs',
  'resets',
  'breaks',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** What an attempt will come to, and when. */
export type Ending =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly afterMs: number;
      readonly bodyMs: number;
      /** It breaks off within its body. */
      readonly breaks?: true;
    }
  | { readonly kind: 'failure'; readonly reason: FailureReason; readonly afterMs: number };

export class Backends {
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  set(host: string, behaviour: Behaviour): void {
    this.#behaviours.set(host, behaviour);
  }

  behaviour(host: string): Behaviour {
    return this.#behaviours.get(host) ?? 'ok';
  }

  repairAll(): void {
    this.#behaviours.clear();
  }

  /** What comes of an attempt that begins now, if it is waited for. */
  attempt(address: BackendAddress): Ending {
    const quick = this.#chance.between(1, 20);
    const bodyMs = this.#chance.happens(0.5) ? 0 : this.#chance.between(1, 400);
    switch (this.behaviour(address.host)) {
      case 'ok':
        return { kind: 'answer', status: 200, afterMs: quick, bodyMs };
      case 'slow':
        return { kind: 'answer', status: 200, afterMs: this.#chance.between(200, 1_500), bodyMs };
      case 'fails':
      case 'ailing':
        return { kind: 'answer', status: 503, afterMs: quick, bodyMs };
      case 'flaky':
        return { kind: 'answer', status: this.#chance.happens(0.5) ? 200 : 500, afterMs: quick, bodyMs };
      case 'breaks':
        return { kind: 'answer', status: 200, afterMs: quick, bodyMs, breaks: true };
      case 'refuses':
        return { kind: 'failure', reason: 'connect', afterMs: 1 };
      case 'hangs':
        return { kind: 'failure', reason: 'timeout', afterMs: Infinity };
      case 'resets':
        return { kind: 'failure', reason: 'reset', afterMs: quick };
    }
  }

  /** The result of a health check that begins now, and how long it takes. */
  check(address: BackendAddress, timeoutMs: number, at: number): { result: CheckResult; afterMs: number } {
    const ending = within(timeoutMs, this.attempt(address));
    const durationMs = ending.afterMs;
    const ailing = this.behaviour(address.host) === 'ailing';
    if (ending.kind === 'failure') {
      return { result: { at, passed: false, durationMs, error: ending.reason }, afterMs: durationMs };
    }
    const status = ailing ? 200 : ending.status;
    return { result: { at, passed: status < 400, durationMs, status }, afterMs: durationMs };
  }
}

function within(limitMs: number, ending: Ending): Ending {
  return ending.afterMs < limitMs ? ending : { kind: 'failure', reason: 'timeout', afterMs: limitMs };
}
