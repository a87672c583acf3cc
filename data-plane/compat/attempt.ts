/**
 * One attempt on one backend, and the answer back to the client. Says how it failed; what follows from that is
 * `../attempts.ts`'s. How the request reaches the backend is in `upstream-request.ts`.
 */
import { ServerResponse, type ClientRequest, type IncomingMessage } from 'node:http';
import type { FailureReason } from '#shared/outcome.js';
import type { AttemptOwner, Choice, RunningAttempt } from '../attempts.js';
import type { AbortCause, AttemptEnd } from '../routing/classify.js';
import { joinedField, responseFields } from '../routing/headers.js';
import type { Arrival } from './arrival.js';
import type { Errand, Message } from './errand.js';
import { passInformation } from './interim.js';
import { cut, relayBody, writeHead, type RelayEnd } from './relay.js';
import { enterTunnel } from './enter-tunnel.js';
import { upstreamFields } from './upstream-fields.js';
import type { UpstreamEnd, UpstreamOrder, Upgraded } from './upstream-order.js';
import type { UpstreamRequest } from './upstream-request.js';

type Responded = Extract<UpstreamEnd, { kind: 'response' }>;

export class Attempt implements RunningAttempt {
  readonly #owner: AttemptOwner;
  readonly #errand: Errand;
  readonly #message: Message;
  readonly #choice: Choice;
  readonly #begunAt: number;
  #upstream: UpstreamRequest | null = null;
  #hasStarted = false;
  #isOver = false;

  constructor(owner: AttemptOwner, errand: Errand, message: Message, choice: Choice) {
    this.#owner = owner;
    this.#errand = errand;
    this.#message = message;
    this.#choice = choice;
    this.#begunAt = errand.account.attemptBegun();
  }

  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  start(): void {
    this.#run().catch((error: unknown) => this.#errand.lost(error));
  }

  abort(cause: AbortCause): void {
    this.#finish(cause);
    this.#upstream?.abort();
  }

  async #run(): Promise<void> {
    let end = await this.#send(!this.#owner.mayUseKept);
    // The backend closed an idle connection just when we used it. That is nobody's fault, and no retry.
    if (end.kind === 'failed' && end.stale && !this.#isOver && this.#owner.mayRepeat()) {
      this.#owner.repeated();
      end = await this.#send(true);
    }
    if (this.#isOver) return discard(end);
    switch (end.kind) {
      case 'response':
        return this.#respond(end);
      case 'upgraded':
        return this.#tunnel(end);
      case 'failed':
        return this.#failed(end.reason, end.stale);
      case 'client-timeout':
        this.#finish('request_timeout');
        return this.#errand.reply('request_timeout');
      case 'switched-early':
        this.#finish('upstream_malformed');
        return this.#errand.reply('upstream_malformed');
      case 'overloaded':
        this.#errand.parts.context.shortage.tell(
          { code: end.code },
          'no connection to a backend can be opened: this process is short of them',
        );
        this.#finish('overloaded');
        return this.#errand.reply('overloaded');
      case 'aborted':
        return this.#errand.clientClosed();
    }
  }

  /** @param fresh not on a connection that has been used before */
  #send(fresh: boolean): Promise<UpstreamEnd> {
    const { parts } = this.#errand;
    this.#upstream = parts.proxy.send(this.#order(fresh));
    return this.#upstream.end;
  }

  #order(fresh: boolean): UpstreamOrder {
    const { arrival, account, parts, settings, body } = this.#errand;
    const message = this.#message;
    const choice = this.#choice;
    const { chosen, pool } = choice;
    return {
      request: arrival.request,
      // All that http-proxy-3 does with it is to look whether it was closed; that is looked after here.
      response:
        arrival.response instanceof ServerResponse ? arrival.response : new ServerResponse(arrival.request),
      body,
      account,
      parts,
      backend: chosen.backend,
      agent: parts.agents.agentFor(chosen.backend.address, settings, fresh),
      awaitsContinue: message.awaitsContinue,
      upgrade: message.upgrade,
      target: message.target,
      fields: upstreamFields(arrival.request.rawHeaders, message, chosen.backend, pool.cookieNames),
      settings,
      headPatienceMs: () => this.#owner.headPatienceMs(),
      morePatienceMs: () => this.#owner.morePatienceMs(choice),
      onInformation: (information) => passInformation(arrival, information, message.awaitsContinue),
      onBadTrailers: (code) => this.#errand.refuseBody(code),
      onBug: (error) => this.#errand.lost(error),
    };
  }

  /** Passes the response on. */
  async #respond({ response: from, upstream, feed }: Responded): Promise<void> {
    const { account, arrival, body, parts, settings } = this.#errand;
    const { response: to } = arrival;
    body.commit();
    const isEarly = !body.isComplete;
    if (isEarly || parts.isClosing()) to.shouldKeepAlive = false;
    const fields = responseFields(from.rawHeaders, {
      setCookie: this.#setCookie(),
      own: upgradeRequired(from, arrival),
    });
    if (!writeHead(from, to, fields, arrival.request)) {
      upstream.destroy();
      return this.#failed('malformed', false);
    }
    this.#hasStarted = true;
    account.answered(this.#choice.chosen, from.statusCode ?? 0);
    const relayed = await relayBody({
      upstream,
      from,
      to,
      feed,
      body,
      account,
      parts,
      settings,
      onBytes: (count) => account.sent(count),
      onBug: (error) => this.#errand.lost(error),
    });
    this.#relayed(relayed, upstream);
    if (relayed !== 'complete') cut(to, fields);
  }

  #relayed(end: RelayEnd, upstream: ClientRequest): void {
    const { account, body } = this.#errand;
    if (this.#isOver) return;
    switch (end) {
      case 'complete':
        // An early answer: the rest of the request is of no use to anybody.
        if (!body.isComplete) {
          upstream.destroy();
          body.discard();
        }
        this.#finish(account.status);
        return this.#errand.over();
      case 'broken':
        this.#finish('body');
        return this.#errand.over();
      case 'client-gone':
        return this.#errand.clientClosed();
    }
  }

  async #tunnel(end: Upgraded): Promise<void> {
    this.#errand.account.tunnelled(this.#choice.chosen);
    this.#hasStarted = true;
    await enterTunnel(this.#errand, end, this.#setCookie());
    this.#finish(101);
    this.#errand.over();
  }

  /** Failed before any of the answer went to the client. */
  #failed(reason: FailureReason, stale: boolean): void {
    const { chosen } = this.#choice;
    this.#finish(stale ? 'stale' : reason);
    this.#owner.failed(chosen, reason);
  }

  #finish(end: AttemptEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#errand.account.attemptOver(this.#choice.chosen, this.#begunAt, end);
  }

  #setCookie(): string | null {
    const { chosen } = this.#choice;
    return this.#message.chooser?.setCookie(chosen.backend) ?? null;
  }
}

/** Upgrade Required says to what (RFC 9110 §15.5.22). HTTP/2 has no such field. */
function upgradeRequired({ rawHeaders, statusCode }: IncomingMessage, arrival: Arrival): string[] {
  const protocols = joinedField(rawHeaders, 'upgrade');
  if (statusCode !== 426 || protocols === null || arrival.shared !== undefined) return [];
  const { request, response } = arrival;
  const stays = request.httpVersion === '1.0' ? 'keep-alive, Upgrade' : 'Upgrade';
  return ['Connection', response.shouldKeepAlive ? stays : 'close, Upgrade', 'Upgrade', protocols];
}

/** Nobody is there to see it. */
function discard(end: UpstreamEnd): void {
  if (end.kind === 'response') end.upstream.destroy();
  if (end.kind === 'upgraded') end.socket.destroy();
}
