/**
 * One request and its answer, seen from the client: what the request is, what we answer ourselves, how the client's connection
 * goes on. What happens towards backends is in `../attempts.ts` and `attempt.ts`.
 */
import type { ErrorCode } from '#shared/error-code.js';
import type { ForwardingSettings } from '#shared/settings.js';
import { Attempts, type AttemptOwner, type AttemptsClient, type Choice } from '../attempts.js';
import { chooserFor } from '../chooser.js';
import { replyText, metricsReplyText, type ReplyOptions } from '../reply-text.js';
import { RequestAccount } from '../request-account.js';
import type { Client } from '../routing/client-address.js';
import { localReply } from '../routing/local-reply.js';
import { countRequest } from '../routing/retry-budget.js';
import { isIdempotent } from '../routing/retry.js';
import type { PoolTable } from '../routing/routing-table.js';
import { Attempt } from './attempt.js';
import type { ClientPort } from './client-port.js';
import type { EngineParts } from './engine-parts.js';
import type { Errand, Message } from './errand.js';
import { RequestBody } from './request-body.js';
import { authorityOf, joinedValues, pathOf, protocolAskedFor, targetFor } from './request-facts.js';
import { nameRequest } from './request-name.js';
import type { Framing } from './response-relay.js';
import { hasHost, upstreamHead } from './upstream-head.js';
import { UPGRADE } from './wire/connection.js';
import { FIELD } from './wire/fields.js';
import { BODY } from './wire/framing.js';
import { REFUSALS } from './wire/refusal.js';
import type { RequestHead } from './wire/request-head.js';

export class Exchange implements Errand, AttemptsClient<Attempt, Message> {
  readonly parts: EngineParts;
  readonly client: ClientPort;
  readonly account: RequestAccount;
  /** Those of the file until its route is known. */
  settings: ForwardingSettings;
  readonly isHttp10: boolean;
  /** The client's connection goes on after this. */
  keepAlive: boolean;
  /** The client has said that it sends no further request. */
  readonly #isLast: boolean;
  body: RequestBody | null = null;
  #attempts: Attempts<Attempt, Message> | null = null;
  #isOver = false;

  constructor(parts: EngineParts, client: ClientPort, head: RequestHead, mayStay: boolean) {
    this.parts = parts;
    this.client = client;
    this.account = new RequestAccount(parts.context, head.method, head.minor === 0 ? '1.0' : '1.1');
    this.settings = parts.context.table().forwarding;
    this.isHttp10 = head.minor === 0;
    this.keepAlive = head.keepAlive && mayStay;
    this.#isLast = !head.keepAlive;
  }

  /** Begins with the request whose head has just been read. Returns the position in `bytes` after what belongs to it. */
  begin(head: RequestHead, bytes: Buffer, from: number, to: number): number {
    const { context } = this.parts;
    const table = context.table();
    const path = pathOf(head);
    const isMetrics = path === this.settings.metricsPath;
    const target = isMetrics ? null : targetFor(head, path, table);
    if (target !== null && typeof target !== 'string') {
      this.settings = target.forwarding;
      this.account.enterPool(target.pool);
    }
    let position = from;
    if (head.body !== BODY.none) {
      this.body = this.#bodyOf(head);
      position = this.body.take(bytes, from, to);
      if (this.body.refusal !== null) {
        this.#refuseBody(this.body);
        return to;
      }
    }
    const client = this.client.identity.of(head, table);
    const requestId = this.settings.accessLogRatio > 0 ? nameRequest(this.account, head, client) : null;
    if (target === null) this.#answerMetrics();
    else if (typeof target === 'string') this.reply(target);
    else this.#forward(head, target.pool, client, requestId);
    this.body?.readIsOver();
    return position;
  }

  /** More bytes of the body. Returns the position after what belongs to it. */
  clientBytes(bytes: Buffer, length: number): number {
    const { body } = this;
    if (body === null || body.isComplete) return 0;
    const position = body.take(bytes, 0, length);
    body.readIsOver();
    if (body.refusal !== null) this.#refuseBody(body);
    else this.#attempts?.present?.bodyCame();
    return position;
  }

  /** The client has ended its side. Returns whether it may still wait for the answer. */
  clientEnded(): boolean {
    this.keepAlive = false;
    this.account.clientEnded();
    return this.body === null || this.body.isComplete;
  }

  /** The client is gone. */
  clientClosed(): void {
    if (this.#isOver) return;
    this.account.clientGone = true;
    this.#attempts?.abort('client-gone');
    this.over();
  }

  clientDrained(): void {
    this.#attempts?.present?.clientDrained();
  }

  expired(): void {
    this.#attempts?.present?.expired();
  }

  attempt(owner: AttemptOwner, message: Message, choice: Choice): Attempt {
    return new Attempt(owner, this, message, choice);
  }

  lost(error: unknown): void {
    this.parts.bug(error);
    this.client.destroy();
  }

  /** Answers by ourselves. Nothing of another answer has been sent. */
  reply(code: ErrorCode): void {
    this.account.repliedLocally(code);
    if (localReply(code).close) this.keepAlive = false;
    this.client.write(replyText(code, this.#replyOptions()));
    this.done();
  }

  /** The client has been handed the whole answer. */
  done(): void {
    const isBodyComplete = this.body === null || this.body.isComplete;
    this.over();
    this.client.exchangeOver(this.keepAlive && isBodyComplete, this.#isLast && isBodyComplete);
  }

  /** The answer broke off: the client must not take it for whole. */
  broken(framing: Framing): void {
    this.over();
    this.client.cut(framing === 'until-close');
  }

  /** Nothing more happens: counts and logs. */
  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.account.settle();
  }

  /** What Connection says to the client. */
  connectionField(): 'close' | 'keep-alive' | null {
    if (!this.keepAlive) return 'close';
    return this.isHttp10 ? 'keep-alive' : null;
  }

  #forward(head: RequestHead, pool: PoolTable, client: Client, requestId: string | null): void {
    countRequest(this.parts.budget, this.account.startedAt);
    this.#attempts = this.#attemptsFor(head, pool, client, requestId);
    this.#attempts.next(pool);
  }

  #attemptsFor(
    head: RequestHead,
    pool: PoolTable,
    client: Client,
    requestId: string | null,
  ): Attempts<Attempt, Message> {
    const { context } = this.parts;
    const upgrade = protocolAskedFor(head);
    // The answer to such a request may change what the connection is, so it is the last one.
    if (upgrade !== null) this.keepAlive = false;
    let chooser = null;
    if (pool.sticky !== null) {
      const cookie = joinedValues(head, FIELD.cookie, '; ');
      chooser = chooserFor(context, pool, { client, cookie, account: this.account });
    }
    return new Attempts(this, {
      head: upstreamHead(head, this.client.tables().edits, {
        forwarded: this.client.identity.forwardedLines(client, authorityOf(head)),
        trustedPeer: client.trustedPeer,
        cookieNames: pool.cookieNames,
        upgrade,
        requestId,
      }),
      hasHost: hasHost(head),
      upgrade: upgrade === null ? UPGRADE.none : head.connection.upgrade,
      protocol: upgrade,
      awaitsContinue: head.expectContinue,
      chooser,
    });
  }

  #bodyOf(head: RequestHead): RequestBody {
    return new RequestBody(this.client.bodyReader(), head, {
      source: this.client,
      account: this.account,
      keepBytes: this.settings.retry.bufferBytes,
      maxBytes: this.settings.limits.bodyBytes ?? Infinity,
      mayRepeat: isIdempotent(head.method),
    });
  }

  #refuseBody({ refusal }: RequestBody): void {
    const code = refusal === null ? 'bad_request' : REFUSALS[refusal].code;
    const hasStarted = this.#attempts?.hasStarted === true;
    this.#attempts?.abort(code);
    if (!hasStarted) return this.reply(code);
    this.over();
    this.client.cut(false);
  }

  #answerMetrics(): void {
    const { parts } = this;
    if (this.account.method !== 'GET' && this.account.method !== 'HEAD') {
      return this.reply('method_not_allowed');
    }
    parts.context
      .metricsPage()
      .then((page) => {
        if (this.#isOver) return;
        if (page === null) return this.reply('overloaded');
        this.account.status = 200;
        this.client.write(metricsReplyText(page, this.#replyOptions()));
        this.done();
      })
      .catch((error: unknown) => this.lost(error));
  }

  #replyOptions(): ReplyOptions {
    if (this.parts.isClosing() || (this.body !== null && !this.body.isComplete)) this.keepAlive = false;
    return {
      connection: this.connectionField(),
      date: this.parts.date.now(),
      headOnly: this.account.method === 'HEAD',
    };
  }
}
