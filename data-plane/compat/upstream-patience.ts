/** How long a backend is waited for until the head of its answer, and whose fault it is when that was too long. */
import type { ForwardingSettings } from '#shared/settings.js';
import { guarded } from '../guarded.js';
import { isClientLate, sendingPatienceMs, type Sending } from '../patience.js';
import type { RequestBody } from './request-body.js';

export interface PatienceOrder extends Sending {
  readonly body: RequestBody;
  readonly settings: ForwardingSettings;
  /** The client waits for 100 before it sends its body. */
  readonly awaitsContinue: boolean;
  /** All has been sent: how long to wait for the head. */
  headPatienceMs(): number;
  /** That time is over. How much longer to wait; 0: the attempt has failed. */
  morePatienceMs(): number;
  /** Told of an exception where none should be. */
  readonly onBug: (error: unknown) => void;
}

export type LateEnd =
  | { readonly kind: 'failed'; readonly reason: 'connect' | 'timeout'; readonly stale: false }
  | { readonly kind: 'client-timeout' };

export class UpstreamPatience {
  readonly #order: PatienceOrder;
  readonly #onLate: (end: LateEnd) => void;
  #timer: NodeJS.Timeout | undefined;
  #awaitsBody = false;
  #awaitsWord: boolean;

  /** @param onLate told once, when the time is over */
  constructor(order: PatienceOrder, onLate: (end: LateEnd) => void) {
    this.#order = order;
    this.#onLate = onLate;
    this.#awaitsWord = order.awaitsContinue;
  }

  awaitConnection(): void {
    this.#start(this.#order.settings.timeouts.connectMs, () => this.#late('connect'));
  }

  /** The body is on its way. */
  awaitBody(): void {
    const patienceMs = sendingPatienceMs(this.#order, this.#awaitsWord);
    if (patienceMs === null) return this.awaitHead();
    this.#awaitsBody = true;
    this.#start(patienceMs, () => {
      if (isClientLate(this.#order.body)) this.#onLate({ kind: 'client-timeout' });
      else this.#late('timeout');
    });
  }

  /** Some of the body has been handed on. */
  bodyMoved(): void {
    if (this.#awaitsBody) this.awaitBody();
  }

  /** 100 has come. */
  continued(): void {
    this.#awaitsWord = false;
    this.#order.account.awaitsBodyAnew();
    if (this.#awaitsBody) this.awaitBody();
  }

  /** All has been sent. */
  awaitHead(): void {
    this.#awaitsBody = false;
    this.#awaitHeadFor(this.#order.headPatienceMs());
  }

  #awaitHeadFor(ms: number): void {
    this.#start(ms, () => {
      const moreMs = this.#order.morePatienceMs();
      if (moreMs > 0) this.#awaitHeadFor(moreMs);
      else this.#late('timeout');
    });
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #late(reason: 'connect' | 'timeout'): void {
    this.#onLate({ kind: 'failed', reason, stale: false });
  }

  #start(ms: number, callback: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(guarded(this.#order.onBug, callback), ms);
  }
}
