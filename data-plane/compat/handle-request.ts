/**
 * The life of a request in the compat engine: check → client → route → pick (sticky or by algorithm) → attempt →
 * classify → respond, or a further attempt → outcome. Every decision is `routing/`'s; this is the order they come in.
 */
import { ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { ErrorCode } from '#shared/error-code.js';
import type { FailureReason } from '#shared/outcome.js';
import type { ForwarderContext } from '../forwarder.js';
import { resolveClient } from '../routing/client-address.js';
import { joinedField, responseFields } from '../routing/headers.js';
import { attemptFinished, attemptStarted } from '../routing/pick.js';
import { countRequest, countRetry, type RetryBudgetState } from '../routing/retry-budget.js';
import { isIdempotent, mayRetry, usesBudget, type RetryVerdict } from '../routing/retry.js';
import { routeRequest, type BackendEntry, type PoolTable } from '../routing/routing-table.js';
import { sessionCookieNames } from '../routing/session-cookie.js';
import type { AttemptEnd, AttemptRunner } from './attempt.js';
import { chooserFor } from '../chooser.js';
import { checkRequest } from './check-request.js';
import type { ClientConnections } from './client-connections.js';
import { countAnswer, countFailure, countWithheld } from './count.js';
import { enterTunnel } from './enter-tunnel.js';
import type { Choice, Errand } from './errand.js';
import { Exchange, type Arrival } from './exchange.js';
import { answerMetrics, endLateBody, passInformation } from './local-answers.js';
import { RequestBody } from './request-body.js';
import { nameRequest } from './request-id.js';
import { relayBody, writeHead } from './relay.js';
import { upstreamFields } from './upstream-fields.js';
import type { UpstreamAgents } from './upstream-agents.js';

export interface EngineParts {
  readonly context: ForwarderContext;
  readonly agents: UpstreamAgents;
  readonly attempts: AttemptRunner;
  readonly connections: ClientConnections;
  readonly budget: RetryBudgetState;
  isClosing(): boolean;
}

export async function handleRequest(parts: EngineParts, arrival: Arrival): Promise<void> {
  const { context, connections } = parts;
  const { request, response } = arrival;
  const exchange = new Exchange(context, arrival);
  const { socket } = request;
  const running = {
    response,
    abort: () => {
      exchange.clientGone = true;
      parts.attempts.abort(request);
    },
  };
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  // One of each per attempt is http-proxy-3's.
  request.setMaxListeners(0);
  response.setMaxListeners(0);
  response.once('close', () => {
    if (!response.writableFinished) running.abort();
  });
  connections.exchangeBegun(socket, running);
  try {
    await serve(parts, exchange);
  } catch (error) {
    // A bug. The request is lost, a connection of its own cannot be trusted; all others go on. Elsewhere a bug ends the process; not
    // here, where what came from outside leads to it: whoever found such a request would have a switch that ends all
    // connections of a worker, again and again. What others share (load, permits) was given back on the way here.
    context.logger.error({ error: error instanceof Error ? error.stack : String(error) }, 'request failed');
    response.destroy();
    if (arrival.shared === undefined) socket.destroy();
  } finally {
    connections.exchangeEnded(socket, running);
    exchange.settle();
  }
}

async function serve(parts: EngineParts, exchange: Exchange): Promise<void> {
  const { context } = parts;
  const { request, response, refusal, shared } = exchange.arrival;
  const table = context.table();
  const { forwarding } = table;
  const mayStay = parts.connections.requestBegun(request.socket, forwarding.limits);
  if (parts.isClosing() || !mayStay) {
    response.shouldKeepAlive = false;
    shared?.retire();
  }
  // What HTTP/2 refuses may have no target to look at.
  if (refusal !== undefined && shared !== undefined) return exchange.reply(refusal);
  const checked = checkRequest(
    {
      method: exchange.method,
      target: request.url ?? '',
      minor: shared === undefined ? request.httpVersionMinor : 1,
      rawHeaders: request.rawHeaders,
    },
    forwarding.limits,
  );
  if (typeof checked === 'string') return exchange.reply(checked);
  if (refusal !== undefined) return exchange.reply(refusal);
  if (checked.path === forwarding.metricsPath) return answerMetrics(context, exchange);

  const raw = request.rawHeaders;
  const client = resolveClient(
    {
      peer: request.socket.remoteAddress ?? '',
      secure: request.socket instanceof TLSSocket,
      forwardedFor: joinedField(raw, 'x-forwarded-for'),
      forwardedProto: joinedField(raw, 'x-forwarded-proto'),
      forwardedHost: joinedField(raw, 'x-forwarded-host'),
      host: checked.hostField,
    },
    table.trusted,
  );
  exchange.client = client.address;
  exchange.host = checked.hostField;
  if (forwarding.accessLogRatio > 0) nameRequest(exchange, client.trustedPeer);

  const pool = routeRequest(table, checked.host, checked.path);
  if (typeof pool === 'string') return exchange.reply(pool);
  exchange.enterPool(pool);
  countRequest(parts.budget, context.monotonic());

  const body = new RequestBody(request, {
    expected: checked.hasBody,
    keepBytes: forwarding.retry.bufferBytes,
    onBytes: (count) => exchange.received(count),
  });
  exchange.body = body;
  const chooser = chooserFor(context, pool, { client, rawHeaders: raw, series: exchange.series });
  await forward(parts, { exchange, checked, client, settings: forwarding, body, chooser }, pool);
}

/** Attempt after attempt, until one is answered or no further one is allowed. */
async function forward(parts: EngineParts, errand: Errand, first: PoolTable): Promise<void> {
  const { context } = parts;
  const { exchange, body } = errand;
  const tried: BackendEntry[] = [];
  let failure: FailureReason | null = null;
  let attempts = 0;
  for (;;) {
    // The newest table at each attempt: a backend that left meanwhile is not tried.
    const pool = attempts === 0 ? first : context.table().pools.get(first.id);
    const chosen = pool === undefined ? null : await errand.chooser.next(pool, tried);
    if (exchange.clientGone) {
      if (chosen?.permit !== undefined && chosen.permit !== null) {
        context.outcomes.permitReturned(chosen.backend, chosen.permit);
      }
      return;
    }
    if (pool === undefined || chosen === null) {
      if (failure !== null) countWithheld(context, exchange, 'no_backend');
      return exchange.reply(failure === null ? 'no_backend' : replyFor(failure));
    }
    if (failure !== null) {
      if (usesBudget(failure)) countRetry(parts.budget, context.monotonic());
      context.series.counters.add(exchange.series.retries.get(failure), 1);
    }
    attempts += 1;
    const made = attempts;
    const verdictOn = (outcome: FailureReason): RetryVerdict =>
      mayRetry(
        {
          method: exchange.method,
          attempts: made,
          settings: errand.settings.retry,
          outcome,
          responseStarted: exchange.arrival.response.headersSent,
          bodyReplayable: body.isReplayable(),
          at: context.monotonic(),
        },
        parts.budget,
      );
    const elsewhere = (): boolean =>
      pool.backends.some((entry) => entry.serves && entry !== chosen.backend && !tried.includes(entry)) &&
      verdictOn('timeout').retry;
    const failed = await attemptOn(parts, errand, { pool, chosen, elsewhere });
    if (failed === null) return;
    if (failed === 'request_timeout') return exchange.reply(failed);
    failure = failed;
    tried.push(chosen.backend);
    const verdict = verdictOn(failed);
    if (verdict.retry) continue;
    if (verdict.cause !== null) countWithheld(context, exchange, verdict.cause);
    return exchange.reply(replyFor(failed));
  }
}

/** One attempt, its load and its outcome. `null`: the request is served or its client gone. */
async function attemptOn(
  parts: EngineParts,
  errand: Errand,
  choice: Choice,
): Promise<FailureReason | 'request_timeout' | null> {
  const { context } = parts;
  const { backend, permit } = choice.chosen;
  const startedAt = context.monotonic();
  let result: number | string = 'bug';
  attemptStarted(backend);
  try {
    const first = await run(parts, errand, choice, false);
    // The backend closed an idle connection just when we used it. That is nobody's fault, and no retry.
    const again = first.kind === 'failed' && first.stale && mayRepeat(errand);
    const end = again ? await run(parts, errand, choice, true) : first;
    result = resultOf(end);
    return await conclude(parts, errand, choice, end);
  } finally {
    attemptFinished(backend);
    if (permit !== null) context.outcomes.permitReturned(backend, permit);
    errand.exchange.attempted({
      backend: backend.id,
      durationMs: context.monotonic() - startedAt,
      result,
    });
  }
}

/** What follows from how the attempt ended. */
async function conclude(
  parts: EngineParts,
  errand: Errand,
  choice: Choice,
  end: AttemptEnd,
): Promise<FailureReason | 'request_timeout' | null> {
  const { context } = parts;
  switch (end.kind) {
    case 'response':
      return respond(parts, errand, choice, end);
    case 'upgraded':
      countAnswer(context, errand.exchange, choice.chosen, 101);
      await enterTunnel(context, errand, choice, end);
      return null;
    case 'failed':
      if (!end.stale) countFailure(context, errand.exchange, choice.chosen, end.reason);
      return end.reason;
    case 'client-timeout':
      return 'request_timeout';
    case 'client-gone':
      errand.exchange.clientGone = true;
      return null;
  }
}

/** As the access log tells it. */
function resultOf(end: AttemptEnd): number | string {
  switch (end.kind) {
    case 'response':
    case 'upgraded':
      return end.response.statusCode ?? 0;
    case 'failed':
      return end.stale ? 'stale' : end.reason;
    case 'client-timeout':
    case 'client-gone':
      return end.kind;
  }
}

function run(
  parts: EngineParts,
  errand: Errand,
  { pool, chosen, elsewhere }: Choice,
  fresh: boolean,
): Promise<AttemptEnd> {
  const { exchange, checked, settings, body } = errand;
  const { request, response, upgrade } = exchange.arrival;
  return parts.attempts.run({
    request,
    // All that http-proxy-3 does with it is to look whether it was closed; that is looked after here.
    response: response instanceof ServerResponse ? response : new ServerResponse(request),
    body,
    backend: chosen.backend,
    agent: parts.agents.agentFor(chosen.backend.address, settings, fresh),
    upgrade: upgrade === null ? null : joinedField(request.rawHeaders, 'upgrade'),
    target: checked.target,
    fields: upstreamFields(errand, sessionCookieNames(pool.sticky)),
    timeouts: settings.timeouts,
    headerCount: settings.limits.headerCount,
    headMs: () => {
      const { responseHeadMs } = settings.timeouts;
      return elsewhere() ? Math.min(responseHeadMs, settings.retry.perTryTimeoutMs) : responseHeadMs;
    },
    onInformation: (information) => passInformation(exchange, information),
  });
}

/** A request that may have been carried out already is repeated only when that does no harm. */
function mayRepeat({ exchange, body }: Errand): boolean {
  return isIdempotent(exchange.method) && body.isReplayable() && !exchange.clientGone;
}

function replyFor(failure: FailureReason): ErrorCode {
  switch (failure) {
    case 'connect':
      return 'upstream_connect';
    case 'timeout':
      return 'upstream_timeout';
    case 'malformed':
      return 'upstream_malformed';
    case 'reset':
    case 'status':
    case 'body':
      return 'upstream_reset';
  }
}

/** Passes the response on. A failure only where nothing has been passed on yet. */
async function respond(
  parts: EngineParts,
  errand: Errand,
  { pool, chosen }: Choice,
  end: Extract<AttemptEnd, { kind: 'response' }>,
): Promise<FailureReason | null> {
  const { context } = parts;
  const { exchange, body, settings } = errand;
  const { response } = exchange.arrival;
  body.commit();
  if (parts.isClosing()) response.shouldKeepAlive = false;
  const fields = responseFields(end.response.rawHeaders, {
    setCookie: errand.chooser.setCookie(pool, chosen.backend),
    own: [],
  });
  if (!writeHead(end.response, response, fields)) {
    end.upstream.destroy();
    countFailure(context, exchange, chosen, 'malformed');
    return 'malformed';
  }
  countAnswer(context, exchange, chosen, end.response.statusCode ?? 0);
  const relayed = await relayBody({
    upstream: end.upstream,
    from: end.response,
    to: response,
    fields,
    idleMs: settings.timeouts.responseIdleMs,
    onBytes: (count) => exchange.sent(count),
  });
  switch (relayed) {
    case 'complete':
      // An early answer: the rest of the request is of no use to anybody.
      if (!body.isComplete()) {
        end.upstream.destroy();
        body.discard();
        endLateBody(exchange.arrival);
      }
      return null;
    case 'broken':
      context.outcomes.record(chosen.backend, { kind: 'failure', reason: 'body' }, chosen.permit);
      context.series.counters.add(exchange.series.backend(chosen.backend.id).errors.get('body'), 1);
      return null;
    case 'client-gone':
      exchange.clientGone = true;
      return null;
  }
}
