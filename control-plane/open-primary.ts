/** Builds the primary from the configuration and from what `serve` has opened. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { PROTOCOL_VERSION, type Welcome } from '#shared/message.js';
import { isPretty } from '#shared/platform/logger.js';
import type { Config } from './config/parse-config.js';
import type { Role } from '#shared/role.js';
import type { LogStorage } from './event-log/log-storage.js';
import type { HistoryReader } from './hindsight/reader.js';
import type { CertificateReloader } from './runtime/certificate-reloader.js';
import type { Shared } from './open-shared.js';
import type { Membership } from './runtime/membership.js';
import { Primary } from './runtime/primary.js';
import { restoreSessionKey, sessionSigningKeys } from './runtime/session-signing-keys.js';
import type { SessionDirectory } from './sessions/session-directory.js';
import type { SystemPorts } from './runtime/system-ports.js';
import { TIDEGATE_VERSION } from './version.js';
import { chooseAccept, kernelMigratesConnections } from './workers/accept-mode.js';
import { ClusterSpawner } from './workers/cluster-spawner.js';
import { workerArguments } from './workers/orphans.js';
import { listenProblem } from './workers/port-probe.js';
import type { MainPort, Takeover } from './workers/takeover.js';

export interface PrimaryDeps {
  readonly role: Role;
  readonly configFile: string;
  readonly config: Config;
  readonly system: SystemPorts;
  readonly shared: Shared;
  /** `null` if this host belongs to no fleet. */
  readonly membership: Membership | null;
  /** `null` if sessions are not in Redis. */
  readonly redisSessions: SessionDirectory | null;
  readonly certificates: CertificateReloader;
  readonly log: LogStorage;
  readonly reader: HistoryReader;
  /** Called when something has happened after which `serve` must end. */
  readonly stopFor: (reason: string) => void;
}

/** @param takeover `null`: this host takes no traffic */
export async function openPrimary(deps: PrimaryDeps, takeover: Takeover | null): Promise<Primary> {
  const { configFile, config, system, shared, certificates, log, reader, stopFor } = deps;
  const { listen, engine, workers, workerMemoryLimitBytes, dataDir, log: logSettings } = config.process;
  const { accept, host, port } = mainPort(config);
  const sessionKeys = await sessionSigningKeys(dataDir, shared.secret);
  const listener = {
    host,
    port,
    tls: listen.tls !== null,
    h2: listen.tls !== null && listen.h2,
    reusePort: accept === 'reuse-port',
  };
  const spawner = new ClusterSpawner({
    exec: fileURLToPath(new URL('../data-plane/main.js', import.meta.url)),
    args: workerArguments(dataDir),
    socketFd: () => takeover?.socketFd ?? null,
    schedulingPolicy: accept === 'round-robin' ? 'round-robin' : 'shared',
    logger: system.logger,
  });
  return Primary.open({
    version: TIDEGATE_VERSION,
    configFile,
    log,
    reader,
    system,
    role: deps.role,
    membership: deps.membership,
    redisSessions: deps.redisSessions,
    supervisor: {
      spawner,
      count: workers,
      memoryLimitBytes: workerMemoryLimitBytes,
      welcome: (worker, index): Welcome => ({
        type: 'welcome',
        protocol: PROTOCOL_VERSION,
        worker,
        workers,
        index,
        listener: spawner.inheritsSocket ? { ...listener, inherited: { offeredIn: dataDir } } : listener,
        engine,
        certificate: certificates.material,
        sessionKeys: sessionKeys.all,
        sessions: shared.sessions,
        log: { level: logSettings.level, format: isPretty(logSettings) ? 'pretty' : 'json' },
      }),
    },
    fatal: (error) => {
      system.logger.fatal({ err: error }, 'the event log cannot be trusted any more');
      process.stderr.write(`tidegate: ${error.message}\n`);
      stopFor('event log failed');
    },
    onStoreRecovered: () => void restoreSessionKey(dataDir, sessionKeys, system.logger),
    onListenFailed: (code) => {
      process.stderr.write(`tidegate: ${listenProblem('listen', host, port, code)}\n`);
      stopFor('cannot listen');
    },
  });
}

/** The address for clients, and how workers accept connections. */
export function mainPort({ process: { listen, accept } }: Config): MainPort {
  const { host, port } = listen;
  return { host, port, accept: chooseAccept(accept, port, kernelMigratesConnections()) };
}
