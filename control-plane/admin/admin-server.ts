/**
 * The admin listener: puts the routes together with what they have in common (access, refusals, errors, limits), binds
 * and closes. It decides nothing about traffic, because each request for a change becomes a command.
 */
import type { AddressInfo } from 'node:net';
import swagger from '@fastify/swagger';
import { fastify, type FastifyError, type FastifyInstance } from 'fastify';
import { assert } from '#shared/assert.js';
import type { AdminConnectionEnd } from '#shared/metric-labels.js';
import type { Clock, Logger, Timers } from '#shared/ports.js';
import { codeOf, messageOf } from '#shared/error-text.js';
import { AdminError } from '../config/admin-token.js';
import type { ControlPort } from '../control-port.js';
import { listenProblem } from '../workers/port-probe.js';
import { AdminConnections, CONNECTION_LIMITS, type ConnectionLimits } from './admin-connections.js';
import { adminProblem } from './admin-settings.js';
import { describeApi } from './api-description.js';
import { answerBrokenRequest, cameTooLate } from './broken-request.js';
import { FOLLOWER_LIMITS, Followers, type FollowerLimits } from './followers.js';
import { guard } from './guard.js';
import { sendProblem } from './problem.js';
import { accepts, problemOfError } from './requests.js';
import { backendRoutes } from './routes-backends.js';
import { configRoutes } from './routes-config.js';
import { driftRoutes } from './routes-drift.js';
import { eventRoutes } from './routes-events.js';
import { datedReads, fleetRoutes } from './routes-fleet.js';
import { poolRoutes } from './routes-pools.js';
import { probeRoutes } from './routes-probes.js';
import { sessionRoutes } from './routes-sessions.js';
import { statusRoutes } from './routes-status.js';
import { whyRoutes } from './routes-why.js';
import { addNamedDocuments } from './route-schemas.js';
import { RunTimeChanges } from './run-time-changes.js';
import { Transitions } from './transitions.js';

export interface AdminOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** `null`: no token, which is only allowed on loopback. */
  readonly token: string | null;
  readonly control: ControlPort;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly followers?: FollowerLimits;
  readonly connections?: ConnectionLimits;
  /** Called for each connection that was ended, with the reason. */
  readonly connectionEnded?: (why: AdminConnectionEnd) => void;
}

export interface AdminServer {
  readonly address: AddressInfo;
  /** Ends event streams and idle connections, and waits for running requests. */
  close(): Promise<void>;
}

/** Largest JSON body, in bytes. A configuration file to be validated has a limit of its own. */
const BODY_LIMIT_BYTES = 65_536;
const HEAD_LIMIT_BYTES = 16_384;

/** Starts the listener. Rejects with AdminError: one sentence for the person who started Tidegate. */
export async function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const problem = adminProblem(options.host, options.token);
  if (problem !== null) throw new AdminError(problem);
  const app = await createAdminApp(options);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await app.close();
    const { host, port } = options;
    const code = codeOf(error) ?? messageOf(error);
    throw new AdminError(listenProblem('admin', host, port, code), { cause: error });
  }
  const address = app.server.address();
  assert(address !== null && typeof address === 'object', 'a listener on a port has an address');
  return { address, close: () => app.close() };
}

/** The application without a listener, for tests that need no socket. */
export async function createAdminApp(options: AdminOptions): Promise<FastifyInstance> {
  const { control, logger } = options;
  const limits = options.connections ?? CONNECTION_LIMITS;
  const app = createFastify(limits, () => connections.cameLate());
  const connections = new AdminConnections(app.server, {
    limits,
    timers: options.timers,
    now: () => performance.now(),
    logger,
    ended: options.connectionEnded ?? (() => undefined),
  });
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  addNamedDocuments(app);

  guard(app, options.token);
  refuseWhatIsNotAccepted(app);
  answerErrors(app, logger);
  logWrites(app, logger);
  catchUpBeforeWrites(app, control);
  datedReads(app, control);
  await app.register(swagger, describeApi(control.version, options.token !== null));

  const transitions = new Transitions();
  const changes = new RunTimeChanges();
  const unfollow = control.follow((events) => {
    transitions.apply(events);
    changes.apply(events);
  });
  await transitions.load(control.log);
  await changes.load(control.log);
  const followers = new Followers(control, {
    timers: options.timers,
    logger,
    limits: options.followers ?? FOLLOWER_LIMITS,
  });
  app.addHook('preClose', async () => {
    unfollow();
    followers.close();
    connections.close();
  });

  const deps = { port: control, transitions };
  app.register(async (api) => {
    probeRoutes(api, control);
    statusRoutes(api, deps, options.clock);
    poolRoutes(api, deps);
    backendRoutes(api, deps);
    sessionRoutes(api, control);
    fleetRoutes(api, control);
    eventRoutes(api, deps, { followers, streams: (socket) => connections.streams(socket) });
    whyRoutes(api, control, options.clock);
    configRoutes(api, control, changes);
    driftRoutes(api, control, changes);
    api.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  });
  await app.ready();
  return app;
}

function createFastify(limits: ConnectionLimits, cameLate: () => void): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    connectionTimeout: limits.stallMs,
    keepAliveTimeout: limits.keepAliveMs,
    requestTimeout: limits.requestMs,
    forceCloseConnections: 'idle',
    http: {
      maxHeaderSize: HEAD_LIMIT_BYTES,
      headersTimeout: limits.headMs,
      connectionsCheckingInterval: limits.checkMs,
    },
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: true },
    },
    clientErrorHandler: (error, socket) => {
      if (cameTooLate(error)) cameLate();
      answerBrokenRequest(error, socket);
    },
    frameworkErrors: (error, request, reply) => {
      const problem = problemOfError(error, request);
      void sendProblem(
        reply,
        problem ?? { type: 'internal', detail: 'This is a bug in Tidegate; its log says more.' },
      );
    },
  });
  app.removeContentTypeParser('text/plain');
  return app;
}

function refuseWhatIsNotAccepted(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/api/')) return;
    const streams = typeof request.query === 'object' && Object(request.query)['follow'] === 'true';
    const type = streams ? 'text/event-stream' : 'application/json';
    if (accepts(request.headers.accept, type) || reply.sent) return;
    await sendProblem(reply, { type: 'not_acceptable', detail: `Only ${type} is offered here.` });
  });
}

function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = methodsOf(path, app);
    if (methods.length === 0) {
      return sendProblem(reply, { type: 'not_found', detail: `There is nothing at ${path.slice(0, 200)}.` });
    }
    const allow = methods.join(', ');
    const detail = `${request.method} is not possible here, only ${allow}.`;
    return sendProblem(reply, { type: 'method_not_allowed', detail, allow });
  });
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const problem = problemOfError(error, request);
    if (problem === null) {
      logger.error({ err: error, method: request.method, path: request.url }, 'admin request failed');
    }
    return sendProblem(
      reply,
      problem ?? { type: 'internal', detail: 'This is a bug in Tidegate; its log says more.' },
    );
  });
}

/** The methods that a path has, sorted; none if there is no such path. */
function methodsOf(path: string, app: FastifyInstance): readonly string[] {
  const has = (method: string) => app.findRoute({ method, url: path }) !== null;
  return app.supportedMethods.filter(has).toSorted();
}

/**
 * Before a write, this host waits for all that the other hosts have decided, because the write names pools and
 * versions. Another host may have changed them, and this one may not have heard of it yet.
 */
function catchUpBeforeWrites(app: FastifyInstance, control: ControlPort): void {
  app.addHook('preHandler', async ({ method }) => {
    if (method !== 'GET' && method !== 'HEAD') await control.catchUp();
  });
}

function logWrites(app: FastifyInstance, logger: Logger): void {
  app.addHook('onResponse', async (request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD') return;
    const { method, url, ip } = request;
    logger.info({ method, path: url, client: ip, status: reply.statusCode }, 'admin write');
  });
}
