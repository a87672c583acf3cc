/**
 * A worker process: forked by the primary, which decides everything; here it is put together. Outlives its primary and
 * serves its last snapshot until it is told to stop.
 */
import * as dns from 'node:dns';
import { tellIgnoredSignals } from '#shared/platform/ignored-signals.js';
import { createLogger } from '#shared/platform/logger.js';
import { monotonicMs, systemClock, systemTimers } from '#shared/platform/system-clock.js';
import { openAccessLog } from './access-log.js';
import { CompatEngine } from './compat/compat-engine.js';
import { IpcLink } from './control/ipc-link.js';
import { offerListener } from './listener-offer.js';
import { lateConnection } from './sessions/late-connection.js';
import { NativeEngine } from './http1/native-engine.js';
import { Worker } from './worker.js';
import type { WorkerDeps } from './build-worker.js';

/** How to log before the primary has told. */
const FIRST_LOG = { level: 'info', format: 'json' } as const;

/** Runs until the primary, or SIGTERM, ends it. */
export function runWorker(): void {
  const worker = new Worker(partsOfThisProcess());
  process.on('SIGTERM', () => void worker.shutdown());
  // Rejections that nobody handles come here, too.
  process.on('uncaughtException', (error) => worker.stray(error));
  worker.start();
}

function partsOfThisProcess(): WorkerDeps {
  const firstLogger = createLogger(FIRST_LOG, { pid: process.pid });
  return {
    link: new IpcLink(process, systemTimers, firstLogger),
    clock: systemClock,
    timers: systemTimers,
    monotonic: monotonicMs,
    random: Math.random,
    pid: process.pid,
    lookup: (name, options, callback) => dns.lookup(name, options, callback),
    createLogger: (settings, number) => {
      const logger = createLogger(settings, { pid: process.pid, worker: number });
      // Called once, when the primary has said how to log.
      tellIgnoredSignals(logger);
      return logger;
    },
    createAccessLog: (format, dropped) =>
      openAccessLog({ random: Math.random, now: () => systemClock.now(), format, dropped }),
    createForwarder: (engine, deps) => {
      switch (engine) {
        case 'native':
          return new NativeEngine(deps);
        case 'compat':
          return new CompatEngine(deps);
      }
    },
    connectRedis: (options) =>
      lateConnection(
        async () => new (await import('#shared/platform/redis-connection.js')).RedisConnection(options),
        (error) => options.logger.error({ err: error }, 'Redis cannot be used: sessions go by their cookies'),
      ),
    fatal: (error) => firstLogger.fatal({ err: error }, 'worker cannot go on'),
    offerListener: (directory, logger) => offerListener(directory, process.pid, logger),
    exit: (code) => process.exit(code),
  };
}
