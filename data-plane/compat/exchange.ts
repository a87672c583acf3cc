/**
 * One request and its answer, seen from the client: what the request is, what we answer ourselves, when it is over. What happens
 * towards backends is in `../attempts.ts` and `attempt.ts`. Every decision is `routing/`'s.
 */
import { TLSSocket } from 'node:tls';
import type { ErrorCode } from '#shared/error-code.js';
import type { ForwardingSettings } from '#shared/settings.js';
import { Attempts, type AttemptOwner, type AttemptsClient, type Choice } from '../attempts.js';
import { chooserFor } from '../chooser.js';
import { metricsFields } from '../local-answer.js';
import { RequestAccount } from '../request-account.js';
import { resolveClient, type Client } from '../routing/client-address.js';
import { joinedField } from '../routing/headers.js';
import { localReply } from '../routing/local-reply.js';
import { countRequest } from '../routing/retry-budget.js';
import { routeRequest, type PoolTable, type RoutingTable } from '../routing/routing-table.js';
import type { Arrival } from './arrival.js';
import { Attempt } from './attempt.js';
import { checkRequest, type CheckedRequest } from './check-request.js';
import type { EngineParts } from './engine-parts.js';
import type { Errand, Message } from './errand.js';
import { replyAndClose } from './raw-reply.js';
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
  readonly settings: ForwardingSettings;
  readonly body: RequestBody;
  readonly ended: Promise<void>;
  readonly #end: () => void;
  #attempts: Attempts<Attempt, Message> | null = null;
  #isOver = false;

  constructor(parts: EngineParts, arrival: Arrival) {
    const { request } = arrival;
    this.parts = parts;
    this.arrival = arrival;
    this.account = new RequestAccount(parts.context, request.method ?? '');
    this.settings = parts.context.table().forwarding;
    this.body = new RequestBody(request, {
      keepBytes: this.settings.retry.bufferBytes,
      onBytes: (count) => this.account.received(count),
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
    response.once('close', () => {
      if (!response.writableFinished) this.clientClosed();
    });
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

  attempt(owner: AttemptOwner, message: Message, choice: Choice): Attempt {
    return new Attempt(owner, this, message, choice);
  }

  reply(code: ErrorCode): void {
    const { response } = this.arrival;
    const { status, headers, body, close } = localReply(code);
    this.account.repliedLocally(code);
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
    if (shared === undefined) request.socket.destroy();
  }

  /** The client has sent bytes that are no body. Node's response is of no use any more; the connection ends. */
  refuseBody(code: ErrorCode): void {
    if (this.#isOver) return;
    const { socket } = this.arrival.request;
    // Where an answer has begun, another one would be read as part of it.
    const hasStarted = this.#attempts?.hasStarted === true;
    this.#attempts?.abort(code);
    if (!hasStarted) this.account.repliedLocally(code);
    this.over();
    if (hasStarted) socket.destroy();
    else replyAndClose(socket, code, this.account.method === 'HEAD');
  }

  #serve(): void {
    const { context, connections } = this.parts;
    const { request, response, refusal, shared } = this.arrival;
    const table = context.table();
    const mayStay = connections.requestBegun(request.socket, this.settings.limits);
    if (this.parts.isClosing() || !mayStay) {
      response.shouldKeepAlive = false;
      shared?.retire();
    }
    // What HTTP/2 refuses may have no target to look at.
    if (refusal !== undefined && shared !== undefined) return this.reply(refusal);
    const checked = checkRequest(
      {
        method: this.account.method,
        target: request.url ?? '',
        minor: shared === undefined ? request.httpVersionMinor : 1,
        rawHeaders: request.rawHeaders,
      },
      this.settings.limits,
    );
    if (typeof checked === 'string') return this.reply(checked);
    if (refusal !== undefined) return this.reply(refusal);
    if (checked.hasBody) this.body.expect();
    const isMetrics = checked.path === this.settings.metricsPath;
    const pool = isMetrics ? null : routeRequest(table, checked.host, checked.path);
    if (pool !== null && typeof pool !== 'string') this.account.enterPool(pool);
    const client = this.#clientOf(checked, table);
    const requestId = this.settings.accessLogRatio > 0 ? this.#name(checked, client) : null;
    if (pool === null) this.#answerMetrics();
    else if (typeof pool === 'string') this.reply(pool);
    else this.#forward(pool, checked, client, requestId);
  }

  #forward(pool: PoolTable, checked: CheckedRequest, client: Client, requestId: string | null): void {
    const { context, budget } = this.parts;
    const { upgrade, request } = this.arrival;
    const raw = request.rawHeaders;
    countRequest(budget, this.account.startedAt);
    const message: Message = {
      checked,
      client,
      upgrade: upgrade === null ? null : joinedField(raw, 'upgrade'),
      requestId,
      chooser: chooserFor(context, pool, {
        client,
        // Several Cookie fields are read as one (RFC 6265 allows one only, but HTTP/2 splits it).
        cookie: joinedField(raw, 'cookie')?.replaceAll(', ', '; ') ?? null,
        series: this.account.series,
      }),
    };
    this.#attempts = new Attempts(this, message);
    this.#attempts.next(pool);
  }

  #clientOf({ hostField }: CheckedRequest, { trusted }: RoutingTable): Client {
    const { rawHeaders, socket } = this.arrival.request;
    return resolveClient(
      {
        peer: socket.remoteAddress ?? '',
        secure: socket instanceof TLSSocket,
        forwardedFor: joinedField(rawHeaders, 'x-forwarded-for'),
        forwardedProto: joinedField(rawHeaders, 'x-forwarded-proto'),
        forwardedHost: joinedField(rawHeaders, 'x-forwarded-host'),
        host: hostField,
      },
      trusted,
    );
  }

  /** Names the request for the logs. Returns the id to tell the backend; `null`: it has the one that the client sent. */
  #name({ hostField, target }: CheckedRequest, client: Client): string | null {
    const given = client.trustedPeer ? joinedField(this.arrival.request.rawHeaders, 'x-request-id') : null;
    return this.account.name(given, client.address, hostField, target);
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
    this.over();
  }
}
