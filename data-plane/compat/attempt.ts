/**
 * One attempt on one backend, and the answer back to the client. Says how it failed; what follows from that is
 * `../attempts.ts`'s. How the request reaches the backend is in `upstream-request.ts`.
 */
import { ServerResponse, type ClientRequest } from 'node:http';
import type { FailureReason } from '#shared/outcome.js';
import type { AbortCause, AttemptOwner, Choice, RunningAttempt } from '../attempts.js';
import { responseFields } from '../routing/headers.js';
import { sessionCookieNames } from '../routing/session-cookie.js';
import type { Errand, Message } from './errand.js';
import { passInformation } from './interim.js';
import { endLateBody } from './raw-reply.js';
import { cut, relayBody, writeHead, type RelayEnd } from './relay.js';
import { switchedHead } from './switched-head.js';
import { runTunnel } from './tunnel.js';
import { upstreamFields } from './upstream-fields.js';
import type { UpstreamEnd, UpstreamOrder, UpstreamRequest } from './upstream-request.js';

type Responded = Extract<UpstreamEnd, { kind: 'response' }>;
type Upgraded = Extract<UpstreamEnd, { kind: 'upgraded' }>;

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
    this.#begunAt = errand.account.attemptBegun(choice.chosen);
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
    let end = await this.#send(false);
    // The backend closed an idle connection just when we used it. That is nobody's fault, and no retry.
    if (end.kind === 'failed' && end.stale && !this.#isOver && this.#owner.mayRepeat()) {
      end = await this.#send(true);
    }
    if (this.#isOver) return discard(end);
    switch (end.kind) {
      case 'response':
        return this.#respond(end);
      case 'upgraded':
        return this.#enterTunnel(end);
      case 'failed':
        return this.#failed(end.reason, end.stale);
      case 'client-timeout':
        this.#finish('request_timeout');
        return this.#errand.reply('request_timeout');
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
    const { chosen, pool } = this.#choice;
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
      fields: upstreamFields(
        arrival.request.rawHeaders,
        message,
        chosen.backend,
        sessionCookieNames(pool.sticky),
      ),
      settings,
      couldGoElsewhere: () => this.#owner.couldGoElsewhere(chosen, pool),
      onInformation: (information) => passInformation(arrival, information, message.awaitsContinue),
      onBadTrailers: (code) => this.#errand.refuseBody(code),
    };
  }

  /** Passes the response on. */
  async #respond({ response: from, upstream }: Responded): Promise<void> {
    const { account, arrival, body, parts, settings } = this.#errand;
    const { response: to } = arrival;
    body.commit();
    if (parts.isClosing()) to.shouldKeepAlive = false;
    const fields = responseFields(from.rawHeaders, { setCookie: this.#setCookie(), own: [] });
    if (!writeHead(from, to, fields)) {
      upstream.destroy();
      return this.#failed('malformed', false);
    }
    this.#hasStarted = true;
    account.answered(this.#choice.chosen, from.statusCode ?? 0);
    const relayed = await relayBody({
      upstream,
      from,
      to,
      limits: settings.limits,
      idleMs: settings.timeouts.responseIdleMs,
      onBytes: (count) => account.sent(count),
    });
    this.#relayed(relayed, upstream);
    if (relayed !== 'complete') cut(to, fields);
  }

  #relayed(end: RelayEnd, upstream: ClientRequest): void {
    const { account, arrival, body } = this.#errand;
    if (this.#isOver) return;
    switch (end) {
      case 'complete':
        // An early answer: the rest of the request is of no use to anybody.
        if (!body.isComplete) {
          upstream.destroy();
          body.discard();
          endLateBody(arrival);
        }
        this.#finish(account.status);
        return this.#errand.over();
      case 'broken':
        account.failed(this.#choice.chosen, 'body');
        this.#finish('body');
        return this.#errand.over();
      case 'client-gone':
        return this.#errand.clientClosed();
    }
  }

  /** The backend has agreed to the upgrade: its 101 goes to the client, then bytes go both ways. */
  async #enterTunnel({ response, socket, head }: Upgraded): Promise<void> {
    const { account, arrival, settings } = this.#errand;
    if (arrival.upgrade === null) throw new Error('upgraded without being asked');
    account.answered(this.#choice.chosen, 101);
    account.tunnelled();
    this.#hasStarted = true;
    // From here on the connection is ours: node's response must not see it close.
    if (arrival.response instanceof ServerResponse) arrival.response.detachSocket(arrival.request.socket);
    arrival.upgrade.socket.write(switchedHead(response, this.#setCookie()), 'latin1');
    await runTunnel({
      client: arrival.upgrade.socket,
      clientHead: arrival.upgrade.head,
      backend: socket,
      backendHead: head,
      idleMs: settings.timeouts.tunnelIdleMs,
      onBytes: (direction, count) => {
        if (direction === 'received') account.received(count);
        else account.sent(count);
      },
    });
    this.#finish(101);
    this.#errand.over();
  }

  /** Failed before any of the answer went to the client. */
  #failed(reason: FailureReason, stale: boolean): void {
    const { chosen } = this.#choice;
    if (!stale) this.#errand.account.failed(chosen, reason);
    this.#finish(stale ? 'stale' : reason);
    this.#owner.failed(chosen, reason);
  }

  #finish(result: number | string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#errand.account.attemptOver(this.#choice.chosen, this.#begunAt, result);
  }

  #setCookie(): string | null {
    const { pool, chosen } = this.#choice;
    return this.#message.chooser?.setCookie(pool, chosen.backend) ?? null;
  }
}

/** Nobody is there to see it. */
function discard(end: UpstreamEnd): void {
  if (end.kind === 'response') end.upstream.destroy();
  if (end.kind === 'upgraded') end.socket.destroy();
}
