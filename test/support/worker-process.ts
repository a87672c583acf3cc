/** A real worker under node:cluster, with a primary that does only what its test tells it. */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { PrimaryMessage, Welcome, WorkerMessage } from '../../shared/message.js';
import type { Snapshot } from '../../shared/snapshot.js';
import { waitUntil } from './wait-until.js';

const MAIN = fileURLToPath(new URL('../../dist/data-plane/main.js', import.meta.url));

export interface WorkerProcess {
  readonly worker: Worker;
  /** Everything the worker has said. */
  readonly messages: readonly WorkerMessage[];
  send(message: PrimaryMessage): void;
  sendSnapshot(snapshot: Snapshot): void;
  /** Waits for the `index`th message of a kind. */
  hears<T extends WorkerMessage['type']>(
    type: T,
    index?: number,
  ): Promise<Extract<WorkerMessage, { type: T }>>;
  /** Waits for the end of the process: its exit code, or the signal that ended it. */
  exited(): Promise<number | string>;
  kill(): Promise<void>;
}

export function welcome(changes: Partial<Welcome> = {}): Welcome {
  return {
    type: 'welcome',
    protocol: 1,
    worker: 1,
    workers: 1,
    listener: { host: '127.0.0.1', port: 0, tls: false, h2: false, reusePort: false },
    engine: 'native',
    certificate: null,
    sessionKeys: [{ kid: 'k1', secret: new Uint8Array(32).fill(7) }],
    sessions: { kind: 'primary' },
    log: { level: 'silent', format: 'json' },
    ...changes,
  };
}

/** @param environment set in the worker, besides what this process has */
export function forkWorker(environment: Readonly<Record<string, string>> = {}): WorkerProcess {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: MAIN, args: [], serialization: 'advanced', silent: true });
  const worker = cluster.fork(environment);
  const messages: WorkerMessage[] = [];
  let exit: number | string | null = null;
  worker.on('message', (message: WorkerMessage) => messages.push(message));
  worker.on('error', () => undefined);
  worker.on('exit', (code, signal) => {
    exit = signal ?? code;
  });
  const send = (message: PrimaryMessage): void => {
    worker.send(message, undefined, undefined, () => undefined);
  };
  const exited = (): Promise<number | string> =>
    waitUntil('the end of the worker', () => exit !== null && { exit }).then((end) => end.exit ?? 0);
  return {
    worker,
    messages,
    send,
    sendSnapshot: (snapshot) =>
      send({
        type: 'snapshot',
        epoch: snapshot.epoch,
        version: snapshot.version,
        payload: new TextEncoder().encode(JSON.stringify(snapshot)),
      }),
    hears: async (type, index = 0) => {
      const found = await waitUntil(`message ${index} of type ${type}`, () =>
        messages.filter((message) => message.type === type).at(index),
      );
      return found as Extract<WorkerMessage, { type: typeof type }>;
    },
    exited,
    kill: async () => {
      worker.process.kill('SIGKILL');
      await exited();
    },
  };
}
