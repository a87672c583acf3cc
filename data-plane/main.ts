/**
 * A worker process: forked by the primary, which decides everything; here it is put together. Outlives its primary and
 * serves its last snapshot until it is told to stop.
 */
import cluster from 'node:cluster';
import { createLogger } from '#shared/platform/logger.js';
import { monotonicMs, systemClock, systemTimers } from '#shared/platform/system-clock.js';
import { openAccessLog } from './access-log.js';
import { CompatEngine } from './compat/compat-engine.js';
import { IpcLink } from './control/ipc-link.js';
import { NativeEngine } from './http1/native-engine.js';
import { Worker } from './worker.js';

/** How to log before the primary has told. */
const FIRST_LOG = { level: 'info', format: 'json' } as const;

// Without this, node ends a worker whose primary disappears.
if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;

const worker = new Worker({
  link: new IpcLink(process, systemTimers, createLogger(FIRST_LOG, { pid: process.pid })),
  clock: systemClock,
  timers: systemTimers,
  monotonic: monotonicMs,
  random: Math.random,
  pid: process.pid,
  createLogger: (settings, number) => createLogger(settings, { pid: process.pid, worker: number }),
  createAccessLog: (dropped) => openAccessLog(Math.random, dropped),
  createForwarder: (engine, context) => {
    switch (engine) {
      case 'native':
        return new NativeEngine(context);
      case 'compat':
        return new CompatEngine(context);
    }
  },
  exit: (code) => process.exit(code),
});

// Both go to the whole process group, from a terminal: the primary coordinates what follows.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('SIGTERM', () => void worker.shutdown());
worker.start();
