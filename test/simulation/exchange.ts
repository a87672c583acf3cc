/**
 * One request without sockets: the engine's real attempts, with its choosing, waiting, retrying and counting, in front of
 * simulated ones. Checks each pick and each refusal against the routing table that it was made with.
 */
import { Attempts, type AttemptOwner, type AttemptsClient, type Choice } from '../../data-plane/attempts.js';
import { chooserFor, type Chooser } from '../../data-plane/chooser.js';
import type { ForwarderDeps } from '../../data-plane/forwarder.js';
import type { WithheldCause } from '../../data-plane/reports/request-series.js';
import { RequestAccount } from '../../data-plane/request-account.js';
import type { RetryBudgetState } from '../../data-plane/routing/retry-budget.js';
import { isIdempotent } from '../../data-plane/routing/retry.js';
import type { BackendEntry, PoolTable, RouteTarget } from '../../data-plane/routing/routing-table.js';
import { LOCAL_REPLIES, type ErrorCode } from '../../shared/error-code.js';
import type { FailureReason } from '../../shared/outcome.js';
import type { ForwardingSettings } from '../../shared/settings.js';
import type { ProcessTimers } from '../support/virtual-time.js';
import { SimulatedAttempt } from './attempt.js';
import type { Backends } from './backends.js';
import type { Ledger } from './ledger.js';

export interface SimulatedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly client: string;
  /** Value of the Cookie field. */
  readonly cookie: string | null;
  /** When its client goes away, if it does not wait for the answer. */
  readonly leavesAfterMs: number | null;
}

export interface SimulatedAnswer {
  /** lost: its worker died. refused: Tidegate's own answer. left: its client went away. */
  readonly kind: 'answered' | 'refused' | 'left' | 'lost';
  readonly status: number;
  readonly setCookie: string | null;
}

export interface ExchangeDeps {
  readonly context: ForwarderDeps;
  readonly budget: RetryBudgetState;
  readonly timers: ProcessTimers;
  readonly backends: Backends;
  readonly ledger: Ledger;
  /** A backend's trial begins or ends. */
  trial(backend: BackendEntry, by: 1 | -1): void;
  answer(answer: SimulatedAnswer): void;
}

interface Failed {
  readonly backend: BackendEntry;
  readonly reason: FailureReason;
}

/** Tells the ledger what the engine counts. */
class WatchedAccount extends RequestAccount {
  readonly #ledger: Ledger;
  withheldFor: WithheldCause | null = null;

  constructor(deps: ExchangeDeps, method: string) {
    super(deps.context, method, '1.1');
    this.#ledger = deps.ledger;
  }

  override retried(reason: FailureReason): void {
    this.#ledger.count('retries');
    super.retried(reason);
  }

  override withheld(cause: WithheldCause): void {
    this.withheldFor = cause;
    super.withheld(cause);
  }
}

type Message = { readonly chooser: Chooser | null };

export class SimulatedExchange implements AttemptsClient<SimulatedAttempt, Message> {
  readonly parts: ExchangeDeps;
  readonly account: WatchedAccount;
  readonly settings: ForwardingSettings;
  readonly body = null;
  readonly #first: PoolTable;
  readonly #attempts: Attempts<SimulatedAttempt, Message>;
  readonly #chooser: Chooser | null;
  readonly #failures: Failed[] = [];
  #waitedMs = 0;
  #isOver = false;

  constructor(
    deps: ExchangeDeps,
    { pool, forwarding }: RouteTarget,
    { method, client, cookie }: SimulatedRequest,
  ) {
    const { context } = deps;
    this.parts = deps;
    this.settings = forwarding;
    this.account = new WatchedAccount(deps, method);
    this.account.enterPool(pool);
    this.#first = pool;
    this.#chooser = chooserFor(context, pool, {
      client: {
        address: client,
        secure: false,
        trustedPeer: false,
        forwardedFor: '',
        forwardedProto: 'http',
        forwardedHost: null,
      },
      cookie,
      account: this.account,
    });
    this.#attempts = new Attempts(this, { chooser: this.#chooser });
  }

  begin(): void {
    this.#attempts.next(this.#first);
  }

  /** The client is gone. */
  leave(): void {
    if (this.#isOver) return;
    this.account.clientGone = true;
    this.#attempts.abort('client-gone');
    this.#end({ kind: 'left', status: 0, setCookie: null });
  }

  attempt(owner: AttemptOwner, _message: Message, choice: Choice): SimulatedAttempt {
    this.#checkPick(choice);
    const { timers, backends } = this.parts;
    return new SimulatedAttempt(
      owner,
      {
        account: this.account,
        timers,
        backends,
        carried: ({ chosen }, by) => {
          if (chosen.permit !== null) this.parts.trial(chosen.backend, by);
        },
        answered: ({ chosen: { backend } }, status) => {
          this.#end({ kind: 'answered', status, setCookie: this.#chooser?.setCookie(backend) ?? null });
        },
        failed: ({ chosen: { backend } }, reason, waitedMs) => {
          this.#failures.push({ backend, reason });
          this.#waitedMs += waitedMs;
        },
        lost: (error) => this.lost(error),
      },
      choice,
    );
  }

  reply(code: ErrorCode): void {
    const { ledger } = this.parts;
    this.account.repliedLocally(code);
    const cause = this.account.withheldFor;
    const isFirst = this.#failures.length === 0;
    const refusal = isFirst ? code : cause;
    if (isFirst || cause === 'no_backend' || cause === 'full') {
      ledger.count(isFirst ? code : `failed, ${cause}`);
      this.#checkRefusal(refusal === 'no_backend');
    } else {
      ledger.count(`gave up: ${cause ?? 'not wanted'}`);
      this.#checkSurrender(cause);
    }
    this.#end({ kind: 'refused', status: LOCAL_REPLIES[code].status, setCookie: null });
  }

  lost(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.parts.ledger.require(false, 'no-bug', text);
  }

  #end(answer: SimulatedAnswer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.account.settle();
    this.parts.answer(answer);
  }

  #tried({ id }: BackendEntry): boolean {
    return this.#failures.some(({ backend }) => backend.id === id);
  }

  #checkPick({ pool, chosen: { backend, permit } }: Choice): void {
    const { ledger, context } = this.parts;
    const name = `${backend.pool}/${backend.id}`;
    ledger.require(!this.#tried(backend), 'picks-are-allowed', `${name} was tried already`);
    // A request that waited may have been served by a table that has come and gone since.
    const isNewest = context.table().pools.get(pool.id) === pool;
    if (!isNewest && pool.byId.get(backend.id) !== backend) return;
    const { own: running, limit } = backend.load;
    ledger.require(running <= limit || !isNewest, 'limits-are-kept', `${name} ${running} of ${limit}`);
    const isSticky = pool.sticky?.type === 'cookie';
    const isAllowed =
      (isOpen(pool, backend) && (backend.weight > 0 || isSticky)) ||
      (permit !== null && backend.availability === 'trial') ||
      (isSticky && backend.availability === 'draining');
    const text = `${name} ${backend.availability} weight ${backend.weight}`;
    ledger.require(isAllowed, 'picks-are-allowed', text);
    // A permit leads to the newest entry there is, be the table older.
    const isOwn = permit !== null || pool.byId.get(backend.id) === backend;
    ledger.require(isOwn, 'picks-are-allowed', `${text} of another table`);
  }

  /** No backend was found: none may be left that was not tried, or that has room. */
  #checkRefusal(isForWantOfBackends: boolean): void {
    const { context, ledger } = this.parts;
    const pool = context.table().pools.get(this.#first.id);
    // A session waits for its own backend only, even where sessions are switched off meanwhile.
    const mayWaitForOne = this.#first.sticky !== null || pool?.sticky !== null;
    if (pool === undefined || (!isForWantOfBackends && mayWaitForOne)) return;
    const left = pool.backends.find(
      (entry) =>
        isOpen(pool, entry) &&
        entry.weight > 0 &&
        !this.#tried(entry) &&
        (isForWantOfBackends || entry.load.own < entry.load.limit),
    );
    ledger.require(left === undefined, 'requests-find-a-backend', `${left?.id} was left`);
  }

  /** An attempt has failed and none follows: that has a reason. */
  #checkSurrender(cause: WithheldCause | null): void {
    const { retry, timeouts } = this.settings;
    const { method } = this.account;
    const reason = this.#failures.at(-1)?.reason;
    const isOutOfTime = retry.perTryTimeoutMs === undefined || this.#waitedMs >= timeouts.responseHeadMs;
    const isExcused =
      this.#failures.length >= retry.attempts ||
      (reason === 'timeout' && isOutOfTime) ||
      (reason !== 'connect' && (!isIdempotent(method) || cause === 'budget'));
    const text = `${method} given up: ${cause} after ${reason}`;
    this.parts.ledger.require(isExcused, 'requests-find-a-backend', text);
  }
}

function isOpen(pool: PoolTable, { availability }: BackendEntry): boolean {
  if (availability === 'available') return true;
  return pool.panic && (availability === 'ejected' || availability === 'trial');
}
