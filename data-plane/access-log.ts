/**
 * One line per request, for the share of requests that the settings ask for. Costs one comparison when it is off. When
 * nobody reads the lines they are dropped and counted: a full pipe never holds traffic.
 */
import { pino } from 'pino';
import type { Random } from '#shared/ports.js';

export interface AttemptRecord {
  readonly backend: string;
  readonly durationMs: number;
  /** Status of the answer, or why there was none. */
  readonly result: number | string;
}

export interface AccessRecord {
  readonly requestId: string;
  readonly client: string;
  readonly method: string;
  readonly host: string | null;
  readonly target: string;
  readonly pool: string | null;
  readonly status: number;
  /** Code of a local reply. */
  readonly error: string | null;
  readonly aborted: boolean;
  readonly durationMs: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly attempts: readonly AttemptRecord[];
}

export interface AccessLog {
  /** Whether the request that comes now is to be written. */
  samples(ratio: number): boolean;
  write(record: AccessRecord): void;
  /** Writes what waits, for as long as that may take at most. */
  close(limitMs: number): Promise<void>;
}

/** Bytes of lines that may wait to be read; beyond that, lines are dropped. */
export const MAX_WAITING_LOG_BYTES = 1_048_576;
/** Lines are written in blocks of about this many bytes… */
const BLOCK_BYTES = 4_096;
/** …or after this time. */
const FLUSH_INTERVAL_MS = 250;

/** @param descriptor where to write; not waited for, so a reader that stopped costs lines and not requests */
export function openAccessLog(random: Random, dropped: () => void, descriptor = 1): AccessLog {
  const destination = pino.destination({
    dest: descriptor,
    sync: false,
    minLength: BLOCK_BYTES,
    maxLength: MAX_WAITING_LOG_BYTES,
    periodicFlush: FLUSH_INTERVAL_MS,
  });
  destination.on('drop', dropped);
  // The reader is gone; the lines are lost, the traffic is not.
  destination.on('error', dropped);
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    samples: (ratio) => ratio > 0 && (ratio >= 1 || random() < ratio),
    write: (record) => logger.info(record, 'request'),
    close: (limitMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        destination.flush(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
