/**
 * One attempt on one backend: a kept connection or a new one, the request on it, the answer back to the client. Synchronous
 * from the read on one socket to the write on the other. Says how it failed; what follows from that is `../attempts.ts`'s.
 */
import { isOwnFault } from '#shared/platform/open-files.js';
import type { FailureReason } from '#shared/outcome.js';
import type { AttemptOwner, Choice, RunningAttempt } from '../attempts.js';
import { isClientLate, sendingPatienceMs } from '../patience.js';
import type { AbortCause, AttemptEnd } from '../routing/classify.js';
import { beginAnswer, beginTunnel } from './attempt-answer.js';
import type { AttemptFacts, Errand, Message } from './errand.js';
import { ResponseRelay, type RelayOwner } from './response-relay.js';
import type { HeadTables } from './scratch.js';
import type { UpstreamConnection } from './upstream-connection.js';
import type { UpstreamTaker } from './upstream-connections.js';
import { withHost } from './upstream-head.js';
import type { ResponseHead } from './wire/response-head.js';

type Phase = 'connecting' | 'sending' | 'awaiting' | 'responding' | 'over';

export class Attempt implements RunningAttempt, UpstreamTaker, RelayOwner, AttemptFacts {
  readonly #owner: AttemptOwner;
  readonly errand: Errand;
  readonly message: Message;
  readonly choice: Choice;
  readonly #relay: ResponseRelay;
  readonly #startedAt: number;
  #phase: Phase = 'connecting';
  #upstream: UpstreamConnection | null = null;
  /** Something has come on the present connection. */
  #hasHeard = false;
  /** The backend keeps the connection after this answer. */
  #upstreamStays = false;
  #isFinished = false;

  constructor(owner: AttemptOwner, errand: Errand, message: Message, choice: Choice) {
    this.#owner = owner;
    this.errand = errand;
    this.message = message;
    this.choice = choice;
    this.#startedAt = errand.account.attemptBegun();
    this.#relay = new ResponseRelay(this, errand.client, errand.parts.scratch, {
      method: errand.account.method,
      upgrade: message.upgrade,
      protocol: message.protocol,
      isHttp10: errand.isHttp10,
    });
  }

  /** Whether the client has been sent a final head. */
  get hasStarted(): boolean {
    return this.#relay.hasStarted;
  }

  start(): void {
    const { backend } = this.choice.chosen;
    if (this.#owner.mayUseKept) this.#upstream = this.errand.parts.upstreams.take(backend, this);
    if (this.#upstream === null) this.#open();
    else this.#send();
  }

  mayRepeat(): boolean {
    return this.#owner.mayRepeat();
  }

  abort(cause: AbortCause): void {
    this.#drop();
    this.#finish(cause);
  }

  /** Bytes of the request body have come from the client. */
  bodyCame(): void {
    if (this.#phase === 'sending') return this.#watchSending();
    // An early answer does not set the client free of the floor. What the backend sends meanwhile is another matter.
    if (this.#phase === 'responding' && sendingPatienceMs(this.errand) !== 0) this.#awaitMore();
  }

  clientDrained(): void {
    this.#upstream?.socket.resume();
    if (this.#phase === 'responding') this.#awaitMore();
  }

  expired(): void {
    switch (this.#phase) {
      case 'connecting':
        return this.#failed('connect');
      case 'sending':
        return this.#expiredSending();
      case 'awaiting':
        return this.#expiredAwaiting();
      case 'responding':
        // Nothing moved: the client does not read, or is late with its body, or the backend does not send.
        if (this.errand.client.hasUnsent || this.errand.body?.awaitsClient === true) {
          this.errand.client.destroy();
        } else this.#brokenOff();
        return;
      case 'over':
        return;
    }
  }

  upstreamConnected(): void {
    this.#send();
  }

  upstreamBytes(bytes: Buffer, length: number): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    this.#hasHeard = true;
    this.#relay.take(upstream, bytes, length);
    if (this.#phase === 'responding' && this.errand.client.needsDrain) upstream.socket.pause();
  }

  upstreamEnded(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    if (this.#relay.hasStarted && this.#relay.end(upstream)) this.complete(false);
    else this.upstreamClosed();
  }

  /** Without an end before: reset, or cut. */
  upstreamClosed(): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    if (this.#relay.hasStarted) this.#brokenOff();
    else if (upstream.connected) this.#failed('reset');
    else if (isOwnFault(upstream.errorCode)) this.#overloaded(upstream.errorCode);
    else this.#failed('connect');
  }

  upstreamDrained(): void {
    this.errand.body?.drained();
    if (this.#phase === 'sending') this.#watchSending();
  }

  upstreamLost(error: unknown): void {
    this.errand.lost(error);
  }

  continued(): void {
    this.errand.account.awaitsBodyAnew();
    if (this.#phase === 'sending') this.#watchSending();
  }

  finalHead(head: ResponseHead, tables: HeadTables): string {
    this.#phase = 'responding';
    this.#upstreamStays = head.keepAlive;
    this.#awaitMore();
    return beginAnswer(this, head, tables.edits, this.#relay.framing);
  }

  contentSent(count: number): void {
    this.errand.account.sent(count);
    this.#awaitMore();
  }

  complete(clean: boolean): void {
    const { body, parts, settings, account } = this.errand;
    const upstream = this.#upstream;
    // What waits for a backend that has not read it would be in the way of the next request.
    const isSent = body === null || (body.isComplete && upstream?.socket.writableLength === 0);
    if (upstream !== null && clean && isSent && this.#upstreamStays) {
      this.#upstream = null;
      parts.upstreams.put(upstream, settings);
    }
    this.#drop();
    this.#finish(account.status);
    this.errand.done();
  }

  malformed(started: boolean): void {
    if (started) this.#brokenOff();
    else this.#failed('malformed');
  }

  switched(head: ResponseHead, bytes: Buffer, from: number, to: number): void {
    const upstream = this.#upstream;
    const { body } = this.errand;
    if (upstream === null) return;
    if (body !== null && !body.isComplete) return this.#switchedEarly();
    this.#phase = 'over';
    beginTunnel(this, upstream, { head, bytes, from, to }, () => {
      this.#finish(101);
      this.errand.over();
    });
  }

  #open(): void {
    const { parts, settings, client } = this.errand;
    this.#phase = 'connecting';
    client.setDeadline(settings.timeouts.connectMs);
    this.#upstream = parts.upstreams.open(this.choice.chosen.backend, this, settings);
  }

  #send(): void {
    const { body } = this.errand;
    const { head, hasHost } = this.message;
    const upstream = this.#upstream;
    if (upstream === null) return;
    const text = hasHost ? head : withHost(head, this.choice.chosen.backend.authority);
    this.#hasHeard = false;
    this.#phase = 'sending';
    if (body === null) upstream.socket.write(text, 'latin1');
    else body.sendTo(upstream, text);
    this.#watchSending();
  }

  /** The client waits for 100, which has not come. */
  get #awaitsWord(): boolean {
    return this.message.awaitsContinue && !this.#relay.hasContinued;
  }

  /** While the body is on its way; then the backend has its time to answer. */
  #watchSending(): void {
    const { client } = this.errand;
    const patienceMs = sendingPatienceMs(this.errand, this.#awaitsWord);
    if (patienceMs !== null) return client.setDeadline(patienceMs);
    this.#phase = 'awaiting';
    client.setDeadline(this.#owner.headPatienceMs());
  }

  #expiredSending(): void {
    if (!isClientLate(this.errand.body)) return this.#failed('timeout');
    this.abort('request_timeout');
    this.errand.reply('request_timeout');
  }

  #expiredAwaiting(): void {
    const moreMs = this.#owner.morePatienceMs(this.choice);
    if (moreMs > 0) this.errand.client.setDeadline(moreMs);
    else this.#failed('timeout');
  }

  #awaitMore(): void {
    this.errand.client.setDeadline(this.errand.settings.timeouts.responseIdleMs);
  }

  /** There is no connection because this host, or this process, has too many: no backend has a part in that. */
  #overloaded(code: string): void {
    const { parts } = this.errand;
    parts.context.shortage.tell(
      { code },
      'no connection to a backend can be opened: this process is short of them',
    );
    // They would be in the way of those that are needed.
    parts.upstreams.destroyIdle();
    this.abort('overloaded');
    this.errand.reply('overloaded');
  }

  /**
   * The rest of the body would be taken for the other protocol. Where a backend switches as soon as it has the head, a client that keeps
   * its body back brings this about as it likes: no backend is blamed, and no other one is asked.
   */
  #switchedEarly(): void {
    this.abort('upstream_malformed');
    this.errand.reply('upstream_malformed');
  }

  /** Failed before any of the answer went to the client. */
  #failed(reason: FailureReason): void {
    const { chosen } = this.choice;
    // The backend closed an idle connection just when it was used. That is nobody's fault, and no retry.
    const isStale = reason === 'reset' && this.#upstream?.isReused === true && !this.#hasHeard;
    this.#drop();
    if (isStale && this.#owner.mayRepeat()) {
      this.#owner.repeated();
      return this.#open();
    }
    this.#finish(isStale ? 'stale' : reason);
    this.#owner.failed(chosen, reason);
  }

  /** The backend broke off within the body, or made the client wait too long. */
  #brokenOff(): void {
    this.#drop();
    this.#finish('body');
    this.errand.broken(this.#relay.framing);
  }

  #drop(): void {
    this.#phase = 'over';
    this.#upstream?.destroy();
    this.#upstream = null;
    this.errand.body?.detach();
  }

  #finish(end: AttemptEnd): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.errand.account.attemptOver(this.choice.chosen, this.#startedAt, end);
  }
}
