/** Many exchanges at once through one engine, each of which can tell its own bytes from those of all others. */
import * as http from 'node:http';
import * as https from 'node:https';
import { seededRandom } from '../../shared/prng.js';
import type { Random } from '../../shared/ports.js';
import { startCrossTalkBackend } from './cross-talk-backend.js';
import { exchange, pipelined, tunnel, type ClientWorld } from './cross-talk-client.js';
import type { Findings } from './cross-talk-findings.js';
import { planOf, type Plan } from './cross-talk-plan.js';
import type { StartEngine } from './engine-under-test.js';
import { backendAt, poolOf, snapshotOf } from './snapshot-of.js';
import { testCertificate } from './test-certificate.js';
import { waitUntil } from './wait-until.js';

/** More than are kept for another attempt where nothing else is said, so that kept bytes come in several pieces. */
const KEPT_BYTES = 300_000;
const CONNECTIONS = 24;

export interface CrossTalkOptions {
  readonly seed: number;
  /** Exchanges, tunnels and pipelined groups. */
  readonly count: number;
  readonly isClientSecure: boolean;
  /** The certificate must be trusted, see `tls.setDefaultCACertificates`. */
  readonly isBackendSecure: boolean;
}

export interface CrossTalkResult extends Findings {
  readonly complaints: readonly string[];
  readonly served: Readonly<Record<'exchange' | 'tunnel' | 'pipelined', number>>;
  readonly retries: number;
}

/** No time is over for want of processor time. */
const PATIENT = {
  connectMs: 60_000,
  requestHeadMs: 60_000,
  requestBodyIdleMs: 60_000,
  responseHeadMs: 60_000,
  responseIdleMs: 60_000,
  tunnelIdleMs: 60_000,
};

export async function runCrossTalk(
  startEngine: StartEngine,
  options: CrossTalkOptions,
): Promise<CrossTalkResult> {
  const random = seededRandom(options.seed);
  const findings: Findings = { foreign: [], lost: [] };
  const isSecure = options.isBackendSecure || options.isClientSecure;
  const memory = { broken: new Set<string>(), isSecure, findings };
  const certificate = options.isBackendSecure ? testCertificate() : null;
  const protocol = options.isBackendSecure ? 'https' : 'http';
  const backends = [
    await startCrossTalkBackend(memory, certificate),
    await startCrossTalkBackend(memory, certificate),
  ];
  const engine = await startEngine(
    snapshotOf(
      [
        poolOf(
          backends.map(({ port }, i) =>
            backendAt(`b${i}`, port, { address: { protocol, host: 'localhost', port } }),
          ),
        ),
      ],
      {
        retry: { budgetPercent: 100, budgetMin: 1_000, bufferBytes: KEPT_BYTES },
        limits: { headBytes: 16_384, requestsPerConnection: 100 },
        timeouts: PATIENT,
      },
    ),
    options.isClientSecure ? { certificate: testCertificate(), h2: false } : {},
  );
  const served = { exchange: 0, tunnel: 0, pipelined: 0 };
  const agentOptions = { keepAlive: true, maxSockets: CONNECTIONS };
  const agent = options.isClientSecure ? new https.Agent(agentOptions) : new http.Agent(agentOptions);
  const world: ClientWorld = {
    port: engine.port,
    isSecure: options.isClientSecure,
    mayLoseRest: isSecure,
    agent,
    findings,
    served: (kind) => (served[kind] += 1),
  };
  const numbers = { next: 0 };
  let left = options.count;
  const client = async (): Promise<void> => {
    while (left-- > 0) await one(world, random, numbers);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  agent.destroy();
  await waitUntil('no connection left', () => engine.forwarder.connections() === 0);
  await waitUntil('no load left', () =>
    [...engine.table().pools.values()].every((pool) => pool.backends.every(({ load }) => load.own === 0)),
  );
  const retries = engine.counted('retries', 'default', 'reset');
  await engine.close();
  for (const backend of backends) await backend.close();
  return { ...findings, complaints: engine.complaints, served, retries };
}

function one(world: ClientWorld, random: Random, numbers: { next: number }): Promise<void> {
  const plan = (): Plan => planOf(random, numbers.next++);
  const kind = random();
  if (kind < 0.12) return tunnel(world, plan());
  if (kind > 0.2) return exchange(world, plan());
  const plans = Array.from({ length: 2 + Math.floor(random() * 4) }, plan);
  return pipelined(
    world,
    plans.map(({ response, ...rest }) => ({
      ...rest,
      misdeed: rest.misdeed === 'reset' ? 'reset' : 'none',
      response: { ...response, framing: 'length' },
    })),
  );
}
