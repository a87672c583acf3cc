/**
 * A worker process: forked by the primary, which decides everything. Here is what must hold before the rest is loaded,
 * which takes a while.
 */
import cluster from 'node:cluster';
import process from 'node:process';
import { ignoreHarmfulSignals } from '#shared/platform/ignored-signals.js';

ignoreHarmfulSignals();
// Both go to the whole process group, from a terminal: the primary coordinates what follows.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
// Without this, node ends a worker whose primary disappears.
if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;

const { runWorker } = await import('./run-worker.js');
runWorker();
