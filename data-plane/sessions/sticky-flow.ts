/**
 * One request's way to its backend in a pool with session cookies: cookie → store → the bound backend, or a new choice. A new
 * choice for a session that is known is bound before it is used, so that racing requests of the session all end on the same
 * backend. `routing/sticky.ts` decides, `session-binding.ts` reads and writes the cookie; this file asks the store.
 */
import type { BackendId } from '#shared/ids.js';
import type { ForwarderDeps } from '../forwarder.js';
import type { StickyResult } from '../reports/request-series.js';
import { giveBack, type PickResult } from '../slot-wait.js';
import { boundIn, takeSlot, takeBoundSlot } from '../routing/take-slot.js';
import type { Pick } from '../routing/pick.js';
import type { BackendEntry, PoolTable } from '../routing/routing-table.js';
import type { PickOptions } from '../routing/waiter.js';
import { decideSession, type KnownSession } from '../routing/sticky.js';
import {
  cookieFor,
  newBinding,
  sessionOf,
  bindingOf,
  type CookieRequest,
  type Binding,
} from './session-binding.js';

interface StickyRequest extends CookieRequest {
  readonly account: StickyAccount;
}

/** Where the flow tells what becomes of the session, and waits for a slot that could not be taken at once. */
export interface StickyAccount {
  waitForSlot(pool: PoolTable, options: PickOptions): PickResult | Promise<PickResult>;
  /** Called once, with what became of the request's session. */
  stickyResult(result: StickyResult): void;
}

export class StickyFlow {
  readonly #deps: ForwarderDeps;
  readonly #request: StickyRequest;
  #binding: Binding | null = null;

  constructor(deps: ForwarderDeps, request: StickyRequest) {
    this.#deps = deps;
    this.#request = request;
  }

  /** A slot for the next attempt, or why there is none. At once where a slot is free and the store need not be asked. */
  next(pool: PoolTable, tried: readonly BackendEntry[]): PickResult | Promise<PickResult> {
    if (this.#binding !== null) return this.#move(pool, this.#binding, tried);
    const known = sessionOf(this.#deps, this.#request, pool);
    if (known.kind === 'new') return this.#begin(pool, known.result, tried);
    const recalled = this.#deps.sessions.recall({ pool: pool.id, session: known.session }, known.lifetime);
    // Without promises, which would cost as much as all the rest of a session.
    if (agrees(pool, known, recalled)) return this.#follow(pool, known, recalled, tried);
    return this.#stored(pool, known).then((stored) => {
      // Meanwhile its backend, or the pool, may have gone.
      const now = this.#deps.table().pools.get(pool.id);
      return now === undefined ? 'no_backend' : this.#follow(now, known, stored, tried);
    });
  }

  #follow(
    pool: PoolTable,
    known: KnownSession,
    stored: BackendId | null | undefined,
    tried: readonly BackendEntry[],
  ): PickResult | Promise<PickResult> {
    const decision = decideSession(pool, known, stored);
    switch (decision.kind) {
      case 'new':
        return this.#begin(pool, decision.result, tried);
      case 'moved': {
        this.#request.account.stickyResult('moved');
        const binding = bindingOf(known, decision.from, null);
        this.#binding = binding;
        return this.#move(pool, binding, tried);
      }
      case 'bound': {
        this.#request.account.stickyResult(decision.result);
        const binding = bindingOf(
          known,
          decision.bind ? null : decision.backend.id,
          decision.refresh ? null : known.backendHash,
        );
        this.#binding = binding;
        const chosen = takeBoundSlot(pool, decision.backend, tried);
        if (chosen === null) return this.#waitForBound(pool, binding, decision.backend, tried);
        return decision.bind ? this.#settle(pool, binding, chosen, tried) : chosen;
      }
    }
  }

  /** The `Set-Cookie` value for a response of this backend, or `null` when the client's cookie says the same. */
  setCookie(backend: BackendEntry): string | null {
    const binding = this.#binding;
    return binding === null ? null : cookieFor(this.#deps, this.#request, binding, backend);
  }

  /**
   * The backend that the store has bound. A binding that this worker kept may be older than the client's cookie, because the
   * session moved by way of another worker. So if the two disagree, the store itself is asked.
   */
  async #stored(pool: PoolTable, known: KnownSession): Promise<BackendId | null | undefined> {
    const { sessions } = this.#deps;
    const key = { pool: pool.id, session: known.session };
    const stored = await sessions.lookup(key, known.lifetime);
    if (stored === undefined) return undefined;
    return agrees(pool, known, stored) ? stored : sessions.lookup(key, known.lifetime, true);
  }

  /** Chooses by the algorithm for a session that begins now. */
  #begin(
    pool: PoolTable,
    result: StickyResult,
    tried: readonly BackendEntry[],
  ): PickResult | Promise<PickResult> {
    const { account, settings } = this.#request;
    account.stickyResult(result);
    const binding = newBinding(this.#deps, settings, pool);
    this.#binding = binding;
    const chosen = takeSlot(pool, tried, this.#deps.random);
    if (chosen !== null) return this.#start(pool, binding, chosen);
    const awaited = account.waitForSlot(pool, { tried, bound: null });
    return awaited instanceof Promise
      ? awaited.then((pick) => this.#start(pool, binding, pick))
      : this.#start(pool, binding, awaited);
  }

  /**
   * Tells the store and does not wait: nobody else knows the session's id, so there is none to race with. A word that is lost
   * is made good for by the next lookup.
   */
  #start(pool: PoolTable, binding: Binding, chosen: PickResult): PickResult {
    if (typeof chosen === 'string') return chosen;
    binding.boundTo = chosen.backend.id;
    const key = { pool: pool.id, session: binding.session };
    // A bind that is lost is made up for by the next lookup. No store rejects; if one did, no request would be to blame.
    this.#deps.sessions.bind(key, chosen.backend.id, binding.lifetime).catch(() => undefined);
    return chosen;
  }

  /** Chooses by the algorithm and binds the session to the choice. */
  async #move(pool: PoolTable, binding: Binding, tried: readonly BackendEntry[]): Promise<PickResult> {
    const { random } = this.#deps;
    const chosen =
      takeSlot(pool, tried, random) ??
      (await this.#request.account.waitForSlot(pool, { tried, bound: null }));
    return typeof chosen === 'string' ? chosen : this.#settle(pool, binding, chosen, tried);
  }

  /** The session's backend has no slot at once: waits for one there, or moves where it may not serve the session. */
  async #waitForBound(
    pool: PoolTable,
    binding: Binding,
    bound: BackendEntry,
    tried: readonly BackendEntry[],
  ): Promise<PickResult> {
    const options = { tried, bound: bound.id };
    if (boundIn(pool, options) === null) return this.#move(pool, binding, tried);
    const result = await this.#request.account.waitForSlot(pool, options);
    if (typeof result === 'string' || result.backend.id === binding.boundTo) return result;
    // The store does not know it yet, or the backend has left meanwhile.
    return this.#settle(pool, binding, result, tried);
  }

  /** Tells the store, and follows its answer: another request of the session may have been faster. */
  async #settle(
    pool: PoolTable,
    binding: Binding,
    chosen: Pick,
    tried: readonly BackendEntry[],
  ): Promise<PickResult> {
    const winner = await this.#tell(pool, binding, chosen);
    if (winner === chosen.backend.id) return chosen;
    const other = pool.byId.get(winner);
    const followed = other === undefined ? null : takeBoundSlot(pool, other, tried);
    const options = { tried, bound: winner };
    if (followed === null && boundIn(pool, options) === null) {
      // The session is bound to a backend that cannot serve here, so it is moved. If that fails too, the next request tries again.
      await this.#tell(pool, binding, chosen);
      return chosen;
    }
    giveBack(this.#deps, chosen);
    const result = followed ?? (await this.#request.account.waitForSlot(pool, options));
    if (typeof result === 'string' || result.backend.id === winner) return result;
    return this.#settle(pool, binding, result, tried);
  }

  /** Binds the session to the choice, or moves it there. Answers the backend that the store has bound now. */
  async #tell(pool: PoolTable, binding: Binding, chosen: Pick): Promise<BackendId> {
    const { sessions } = this.#deps;
    const key = { pool: pool.id, session: binding.session };
    const to = chosen.backend.id;
    const from = binding.boundTo;
    try {
      const winner =
        from === null
          ? await sessions.bind(key, to, binding.lifetime)
          : await sessions.rebind(key, from, to, binding.lifetime);
      binding.boundTo = winner ?? to;
      return binding.boundTo;
    } catch (error) {
      giveBack(this.#deps, chosen);
      throw error;
    }
  }
}

/** Whether the store names the backend that the client's cookie names. */
function agrees(pool: PoolTable, known: KnownSession, stored: BackendId | null | undefined): boolean {
  if (stored === null || stored === undefined) return false;
  return pool.byId.get(stored)?.hashHex === known.backendHash;
}
