/** Asks every worker that forwards for a sign of life, and finds those that have owed one for too long (`watchdog.ts`). */
import type { PrimaryMessage } from '#shared/message.js';
import type { TimerHandle, Timers } from '#shared/ports.js';
import { HEARTBEAT_MS, hungWorkers, type Silence } from './watchdog.js';
import type { WorkerRecord } from './worker-record.js';

/** Id of a flush that serves only as a heartbeat. Collections of metrics count from 1. */
const HEARTBEAT_ID = 0;

interface HeartbeatDeps {
  readonly records: readonly WorkerRecord[];
  /** How many workers there should be. */
  readonly count: number;
  readonly timers: Timers;
  readonly send: (worker: number, message: PrimaryMessage) => void;
  readonly hung: (record: WorkerRecord) => void;
  /** Called with each heartbeat, after the hung workers were told. */
  readonly beaten: () => void;
}

export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  #timer: TimerHandle | null = null;

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { records, count, hung, beaten, timers } = this.#deps;
    const silences: Silence[] = [];
    for (const record of records) {
      if (record.phase !== 'ready' || record.endReason !== null) continue;
      record.owed += 1;
      if (record.owed === 1) this.#ask(record);
      else silences.push(silenceOf(record));
    }
    const numbers = hungWorkers(silences, count);
    for (const record of records) if (numbers.includes(record.worker)) hung(record);
    beaten();
    this.#timer = timers.after(HEARTBEAT_MS, () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #ask(record: WorkerRecord): void {
    record.askedCpuMs = record.process?.facts()?.cpuMs ?? 0;
    this.#deps.send(record.worker, { type: 'flush', id: HEARTBEAT_ID });
  }
}

function silenceOf({ worker, owed, process, askedCpuMs }: WorkerRecord): Silence {
  const facts = process?.facts() ?? null;
  if (facts === null) return { worker, owed, process: null };
  const { isStopped, isRunnable, cpuMs } = facts;
  return { worker, owed, process: { isStopped, isRunnable, cpuMs: cpuMs - askedCpuMs } };
}
