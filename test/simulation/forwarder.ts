/**
 * An engine without sockets: the order of a request's life as the real engines have it, with the real choosing, retrying
 * and counting, and scripts in the place of backends. Checks each pick and each refusal against the routing table that
 * it was made with.
 */
import type { FailureReason } from '../../shared/outcome.js';
import type { RetrySettings } from '../../shared/settings.js';
import { chooserFor } from '../../data-plane/chooser.js';
import type { Forwarder, ForwarderContext } from '../../data-plane/forwarder.js';
import { RequestAccount } from '../../data-plane/request-account.js';
import { claim, type Refusal } from '../../data-plane/routing/claim.js';
import type { AttemptEnd } from '../../data-plane/routing/classify.js';
import type { Pick } from '../../data-plane/routing/pick.js';
import { countRequest, countRetry, createRetryBudget } from '../../data-plane/routing/retry-budget.js';
import { isIdempotent, mayRetry, usesBudget } from '../../data-plane/routing/retry.js';
import { routeRequest, type BackendEntry, type PoolTable } from '../../data-plane/routing/routing-table.js';
import type { Backends, Ending } from './backends.js';
import type { Ledger } from './ledger.js';
import type { ProcessTimers } from '../support/virtual-time.js';

export interface SimulatedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly client: string;
  /** Value of the Cookie field. */
  readonly cookie: string | null;
}

export interface SimulatedAnswer {
  /** lost: its worker died. refused: Tidegate's own answer. */
  readonly kind: 'answered' | 'refused' | 'lost';
  readonly status: number;
  readonly setCookie: string | null;
}

export interface ForwarderParts {
  readonly context: ForwarderContext;
  readonly timers: ProcessTimers;
  readonly backends: Backends;
  readonly ledger: Ledger;
  /** Number of the primary whose worker this is. */
  readonly primary: number;
  readonly startMs: number;
}

interface Failed {
  readonly backend: BackendEntry;
  readonly reason: FailureReason;
}

export class SimulatedForwarder implements Forwarder {
  readonly #parts: ForwarderParts;
  readonly #budget;
  readonly #lost = new Set<(answer: SimulatedAnswer) => void>();
  readonly #trials = new Map<string, number>();
  #idle: (() => void) | null = null;
  accepting = false;

  constructor(parts: ForwarderParts) {
    this.#parts = parts;
    this.#budget = createRetryBudget(parts.context.monotonic());
  }

  async listen(): Promise<number> {
    await this.#parts.timers.wait(this.#parts.startMs);
    this.accepting = true;
    return 8080;
  }

  setCertificate(): void {
    // There is no TLS here.
  }

  connections(): number {
    return this.#lost.size;
  }

  async close(deadlineMs: number): Promise<void> {
    this.accepting = false;
    if (this.#lost.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    this.#parts.timers.after(deadlineMs, resolve);
    await promise;
  }

  /** The process dies: its requests are lost, and its connections to backends gone. */
  die(): void {
    this.accepting = false;
    for (const lose of this.#lost) lose({ kind: 'lost', status: 0, setCookie: null });
    for (const [family, count] of this.#trials) {
      for (let i = 0; i < count; i += 1) this.#parts.ledger.trialEnded(family);
    }
    this.#trials.clear();
  }

  request(request: SimulatedRequest): Promise<SimulatedAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<SimulatedAnswer>();
    this.#lost.add(resolve);
    this.#serve(request)
      .then(resolve, reject)
      .finally(() => {
        this.#lost.delete(resolve);
        if (this.#lost.size === 0) this.#idle?.();
      });
    return promise;
  }

  async #serve(request: SimulatedRequest): Promise<SimulatedAnswer> {
    const { context, ledger } = this.#parts;
    const table = context.table();
    const first = routeRequest(table, 'example.test', request.path);
    if (typeof first === 'string') return refused(404);
    countRequest(this.#budget, context.monotonic());
    const account = new RequestAccount(context, request.method, '1.1');
    account.enterPool(first);
    const chooser = chooserFor(context, first, {
      client: {
        address: request.client,
        secure: false,
        trustedPeer: false,
        forwardedFor: '',
        forwardedProto: 'http',
        forwardedHost: null,
      },
      cookie: request.cookie,
      account,
    });
    const next = (pool: PoolTable, tried: readonly BackendEntry[]) =>
      chooser?.next(pool, tried) ??
      claim(pool, tried, context.random) ??
      account.waitForRoom(pool, { tried, bound: null });
    const failures: Failed[] = [];
    const { retry, timeouts } = table.forwarding;
    let headMsLeft = timeouts.responseHeadMs;
    for (;;) {
      const pool = failures.length === 0 ? first : context.table().pools.get(first.id);
      const tried = failures.map(({ backend }) => backend);
      if (pool === undefined) return this.#refuse('no_backend', failures);
      const chosen = await next(pool, tried);
      if (typeof chosen === 'string') {
        // Who has begun to wait for the backend of its session waits for that, though sessions are switched off meanwhile.
        const mayWaitForOne = first.sticky !== null && chosen !== 'no_backend';
        if (!mayWaitForOne) this.#checkRefusal(context.table().pools.get(first.id), chosen, tried);
        return this.#refuse(chosen, failures);
      }
      this.#checkPick(pool, chosen, tried);
      const last = failures.at(-1);
      if (last !== undefined) {
        ledger.count('retries');
        if (usesBudget(last.reason)) countRetry(this.#budget, context.monotonic());
      }
      const headMs = Math.min(headMsLeft, retry.perTryTimeoutMs ?? headMsLeft);
      const failure = await this.#attempt(account, chosen, headMs);
      if (failure === 'timeout') headMsLeft -= headMs;
      if (typeof failure === 'number') {
        return {
          kind: 'answered',
          status: failure,
          setCookie: chooser?.setCookie(chosen.backend) ?? null,
        };
      }
      failures.push({ backend: chosen.backend, reason: failure });
      if (!this.#mayGoOn(request, failures, { settings: retry, headMsLeft })) return refused(502);
    }
  }

  #refuse(refusal: Refusal, failures: readonly Failed[]): SimulatedAnswer {
    this.#parts.ledger.count(failures.length === 0 ? refusal : `failed, ${refusal}`);
    return refused(failures.length === 0 ? 503 : 502);
  }

  /** A status, or why there was none. */
  async #attempt(account: RequestAccount, chosen: Pick, headMs: number): Promise<number | FailureReason> {
    const { backend, permit } = chosen;
    const { timers, backends } = this.#parts;
    const begunAt = account.attemptBegun();
    const ending = backends.attempt(backend.address, { headMs });
    const family = `${this.#parts.primary} ${backend.pool}/${backend.id}/${backend.generation}`;
    if (permit !== null) this.#trial(family, 1);
    await timers.wait(ending.afterMs);
    if (ending.kind === 'answer') {
      account.answered(chosen, ending.status);
      if (ending.bodyMs > 0) await timers.wait(ending.bodyMs);
    }
    if (permit !== null) this.#trial(family, -1);
    account.attemptOver(chosen, begunAt, endOf(ending));
    return ending.kind === 'answer' ? ending.status : ending.reason;
  }

  #trial(family: string, by: 1 | -1): void {
    this.#trials.set(family, (this.#trials.get(family) ?? 0) + by);
    if (by === 1) this.#parts.ledger.trialBegan(family);
    else this.#parts.ledger.trialEnded(family);
  }

  #mayGoOn(
    { method }: SimulatedRequest,
    failures: readonly Failed[],
    { settings, headMsLeft }: { readonly settings: RetrySettings; readonly headMsLeft: number },
  ): boolean {
    const last = failures.at(-1);
    if (last === undefined) return false;
    const verdict = mayRetry(
      {
        method,
        attempts: failures.length,
        settings,
        outcome: last.reason,
        responseStarted: false,
        bodyReplayable: true,
        headMsLeft,
        at: this.#parts.context.monotonic(),
      },
      this.#budget,
    );
    if (verdict.retry) return true;
    this.#parts.ledger.count(`gave up: ${verdict.cause ?? 'not wanted'}`);
    const excused =
      failures.length >= settings.attempts ||
      (last.reason === 'timeout' && (settings.perTryTimeoutMs === undefined || headMsLeft <= 0)) ||
      (last.reason !== 'connect' && (!isIdempotent(method) || verdict.cause === 'budget'));
    this.#parts.ledger.require(excused, 'requests-find-a-backend', `${method} given up: ${verdict.cause}`);
    return false;
  }

  #checkPick(pool: PoolTable, { backend, permit }: Pick, tried: readonly BackendEntry[]): void {
    const { ledger, context } = this.#parts;
    const again = tried.some(({ id }) => id === backend.id);
    ledger.require(!again, 'picks-are-allowed', `${backend.pool}/${backend.id} was tried already`);
    // Who waited may have been served by a table that has come and gone since.
    if (context.table().pools.get(pool.id) !== pool && pool.byId.get(backend.id) !== backend) return;
    const { own: running, limit } = backend.load;
    const isWithin = running <= limit || context.table().pools.get(pool.id) !== pool;
    ledger.require(isWithin, 'limits-are-kept', `${backend.pool}/${backend.id} ${running} of ${limit}`);
    const sticky = pool.sticky?.type === 'cookie';
    const open = isOpen(pool, backend);
    const allowed =
      (open && (backend.weight > 0 || sticky)) ||
      (permit !== null && backend.availability === 'trial') ||
      (sticky && backend.availability === 'draining');
    const text = `${backend.pool}/${backend.id} ${backend.availability} weight ${backend.weight}`;
    ledger.require(allowed, 'picks-are-allowed', text);
    // A permit leads to the newest entry there is, be the table older.
    const own = permit !== null || pool.byId.get(backend.id) === backend;
    ledger.require(own, 'picks-are-allowed', `${text} of another table`);
  }

  /** No backend was found: none may be left that was not tried, or that has room. */
  #checkRefusal(pool: PoolTable | undefined, refusal: Refusal, tried: readonly BackendEntry[]): void {
    // A session waits for its own backend only.
    if (pool === undefined || (refusal !== 'no_backend' && pool.sticky !== null)) return;
    const left = pool.backends.find(
      (entry) =>
        isOpen(pool, entry) &&
        entry.weight > 0 &&
        !tried.some(({ id }) => id === entry.id) &&
        (refusal === 'no_backend' || entry.load.own < entry.load.limit),
    );
    this.#parts.ledger.require(left === undefined, 'requests-find-a-backend', `${left?.id} was left`);
  }
}

function endOf(ending: Ending): AttemptEnd {
  if (ending.kind === 'failure') return ending.reason;
  return ending.breaks === true ? 'body' : ending.status;
}

function refused(status: number): SimulatedAnswer {
  return { kind: 'refused', status, setCookie: null };
}

function isOpen(pool: PoolTable, { availability }: BackendEntry): boolean {
  if (availability === 'available') return true;
  return pool.panic && (availability === 'ejected' || availability === 'trial');
}
