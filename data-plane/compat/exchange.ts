/**
 * One request and its answer, seen from the client: what the request is, what we answer ourselves, when it is over. What happens
 * towards backends is in `../attempts.ts` and `attempt.ts`. Every decision is `routing/`'s.
 */
import { TLSSocket } from 'node:tls';
import { cutSocket } from '../cut-socket.js';
import type { ErrorCode } from '#shared/error-code.js';
import type { HttpVersion } from '#shared/metric-labels.js';
import type { ForwardingSettings } from '#shared/settings.js';
import { Attempts, type AttemptOwner, type AttemptsClient, type Choice } from '../attempts.js';
import { guarded } from '../guarded.js';
import { ClientIdentity } from '../http1/client-identity.js';
import { authorityOf, pathOf, targetFor } from '../http1/request-facts.js';
import { nameRequest } from '../http1/request-name.js';
import { BODY } from '../http1/wire/framing.js';
import type { RequestHead } from '../http1/wire/request-head.js';
import { metricsFields } from '../reply-text.js';
import { RequestAccount } from '../request-account.js';
import type { Client } from '../routing/client-address.js';
import { localReply } from '../routing/local-reply.js';
import { normaliseHost } from '../routing/host.js';
import { isMisdirected } from '../routing/misdirected.js';
import { countRequest } from '../routing/retry-budget.js';
import type { PoolTable, RouteTarget, RoutingTable } from '../routing/routing-table.js';
import type { Arrival } from './arrival.js';
import { Attempt } from './attempt.js';
import { checkArrival } from './check-request.js';
import type { EngineParts } from './engine-parts.js';
import type { Errand, Message } from './errand.js';
import { endLateBody, replyAndClose } from './last-answer.js';
import { messageOf } from './message.js';
import { RequestBody } from './request-body.js';

/** Serves the request. Settles when nothing more happens. */
export function serveRequest(parts: EngineParts, arrival: Arrival): Promise<void> {
  const exchange = new Exchange(parts, arrival);
  exchange.begin();
  return exchange.ended;
}

class Exchange implements Errand, AttemptsClient<Attempt, Message> {
  readonly parts: EngineParts;
  readonly arrival: Arrival;
  readonly account: RequestAccount;
  /** Those of the file until its route is known. */
  settings: ForwardingSettings;
  readonly body: RequestBody;
  readonly ended: Promise<void>;
  readonly #end: () => void;
  #attempts: Attempts<Attempt, Message> | null = null;
  #isOver = false;

  constructor(parts: EngineParts, arrival: Arrival) {
    const { request } = arrival;
    this.parts = parts;
    this.arrival = arrival;
    this.account = new RequestAccount(parts.context, request.method ?? '', versionOf(arrival));
    this.settings = parts.context.table().forwarding;
    this.body = new RequestBody(request, {
      maxBytes: this.settings.limits.bodyBytes ?? Infinity,
      onTooLarge: () => this.refuseBody('body_too_large'),
      onBytes: (count) => this.account.received(count),
      onBug: (error) => this.lost(error),
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  begin(): void {
    const { request, response } = this.arrival;
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    // One of each per attempt is http-proxy-3's.
    request.setMaxListeners(0);
    response.setMaxListeners(0);
    response.once(
      'close',
      guarded(
        (error) => this.lost(error),
        () => {
          if (!response.writableFinished) this.clientClosed();
        },
      ),
    );
    this.parts.connections.exchangeBegun(request.socket, this);
    try {
      this.#serve();
    } catch (error) {
      this.lost(error);
    }
  }

  clientClosed(): void {
    if (this.#isOver) return;
    this.account.clientGone = true;
    this.#attempts?.abort('client-gone');
    this.over();
  }

  clientEnded(): void {
    this.arrival.response.shouldKeepAlive = false;
    this.account.clientEnded();
  }

  attempt(owner: AttemptOwner, message: Message, choice: Choice): Attempt {
    return new Attempt(owner, this, message, choice);
  }

  reply(code: ErrorCode): void {
    this.account.repliedLocally(code);
    this.#say(code);
  }

  #say(code: ErrorCode): void {
    const { response } = this.arrival;
    const { status, headers, body, close } = localReply(code);
    if (close) response.shouldKeepAlive = false;
    this.#answer(status, headers, body);
  }

  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.parts.connections.exchangeEnded(this.arrival.request.socket, this);
    this.account.settle();
    this.#end();
  }

  lost(error: unknown): void {
    const { request, response, shared } = this.arrival;
    this.parts.bug(error);
    this.#attempts?.abort('bug');
    this.over();
    response.destroy();
    if (shared === undefined) cutSocket(request.socket);
  }

  refuseBody(code: ErrorCode): void {
    if (this.#isOver) return;
    const { request, response, shared } = this.arrival;
    // Where an answer has begun, another one would be read as part of it.
    const hasStarted = this.#attempts?.hasStarted === true;
    this.#attempts?.abort(code);
    if (shared !== undefined && !hasStarted) return this.reply(code);
    if (!hasStarted) this.account.repliedLocally(code);
    this.over();
    if (shared !== undefined) response.destroy();
    else if (hasStarted) cutSocket(request.socket);
    // Node's parser may have given up this connection, and its response with it.
    else {
      const headOnly = this.account.method === 'HEAD';
      replyAndClose(request.socket, code, { date: this.parts.date.now(), headOnly });
    }
  }

  #serve(): void {
    const { context, connections } = this.parts;
    const { request, response, shared } = this.arrival;
    const table = context.table();
    const mayStay = connections.requestBegun(request.socket, this.settings.limits);
    if (this.parts.isClosing() || !mayStay) {
      response.shouldKeepAlive = false;
      shared?.retire();
    }
    const head = checkArrival(this.parts.scratch.tables(this.settings.limits), this.arrival);
    if (typeof head === 'string') {
      // What could not be read is no request.
      this.account.refused(head);
      return this.#say(head);
    }
    const path = pathOf(head);
    const isMetrics = path === this.settings.metricsPath;
    const target = isMetrics ? null : targetFor(head, path, table);
    if (target !== null && typeof target !== 'string') this.#enter(target);
    if (head.body !== BODY.none) this.body.expect(this.settings.retry.bufferBytes);
    if (head.contentLength > this.body.maxBytes) return this.reply('body_too_large');
    const client = new ClientIdentity(request.socket, request.socket instanceof TLSSocket).of(head, table);
    const requestId = this.settings.accessLogRatio > 0 ? nameRequest(this.account, head, client) : null;
    if (target === null) this.#answerMetrics();
    else if (target === 'no_route' && this.#isForeign(head, table)) this.reply('misdirected');
    else if (typeof target === 'string') this.reply(target);
    else this.#forward(target.pool, head, client, requestId);
  }

  #enter({ pool, forwarding }: RouteTarget): void {
    this.settings = forwarding;
    this.account.enterPool(pool);
    this.arrival.shared?.awaitClient(forwarding.timeouts.responseIdleMs);
  }

  /** Meant for another server, on a connection that carries requests for several hosts. */
  #isForeign(head: RequestHead, table: RoutingTable): boolean {
    const { shared } = this.arrival;
    const authority = authorityOf(head);
    return (
      shared !== undefined &&
      authority !== null &&
      isMisdirected(table, normaliseHost(authority), shared.serverName)
    );
  }

  #forward(pool: PoolTable, head: RequestHead, client: Client, requestId: string | null): void {
    const { context, budget } = this.parts;
    countRequest(budget, this.account.startedAt);
    const { account } = this;
    this.#attempts = new Attempts(
      this,
      messageOf(this.arrival, head, { context, pool, client, account, requestId }),
    );
    this.#attempts.next(pool);
  }

  /** The totals of all workers, which the primary has. */
  #answerMetrics(): void {
    if (this.account.method !== 'GET' && this.account.method !== 'HEAD') {
      return this.reply('method_not_allowed');
    }
    this.parts.context
      .metricsPage()
      .then((page) => {
        if (this.#isOver) return;
        if (page === null) return this.reply('overloaded');
        this.account.status = 200;
        this.#answer(200, metricsFields(page, Buffer.byteLength(page.body)), page.body);
      })
      .catch((error: unknown) => this.lost(error));
  }

  /** Answers and throws away what still comes of the request. */
  #answer(status: number, fields: readonly string[], body: string): void {
    const { response } = this.arrival;
    if (!response.destroyed) {
      response.writeHead(status, [...fields]);
      response.end(body);
    }
    this.body.discard();
    endLateBody(this.arrival);
    this.over();
  }
}

/** What calls itself something else on a connection of HTTP/1.1 is refused, and refused in HTTP/1.1. */
function versionOf({ request, shared }: Arrival): HttpVersion {
  if (shared !== undefined) return '2';
  return request.httpVersion === '1.0' ? '1.0' : '1.1';
}
