/**
 * Deletes old parts of the event log and its journal, once at the start and then every hour, according to the limits of age
 * and size.
 */
import type { TimerHandle } from '#shared/ports.js';
import type { LogStorage } from '../event-log/log-storage.js';
import { retain } from '../event-log/retain.js';
import type { SystemPorts } from './system-ports.js';

const EVERY_MS = 3_600_000;

export interface JournalLimits {
  readonly retentionMs: number;
  readonly maxBytes: number;
  /** How many events are kept for the history, even if no checkpoint or journal segment needs them. */
  readonly keepEvents: number;
}

export function startRetention(
  log: LogStorage,
  limits: JournalLimits,
  { clock, timers, logger }: SystemPorts,
): TimerHandle {
  let timer: TimerHandle | null = null;
  let cancelled = false;
  const run = async (): Promise<void> => {
    try {
      const journal = { before: clock.now() - limits.retentionMs, bytes: limits.maxBytes };
      await retain(log, { journal, keepEvents: limits.keepEvents });
    } catch (error) {
      // The log may have been closed during the deletion. The next start continues it.
      if (!cancelled) logger.error({ err: error }, 'old events and observations not forgotten');
    }
    if (!cancelled) timer = timers.after(EVERY_MS, () => void run());
  };
  void run();
  return {
    cancel: () => {
      cancelled = true;
      timer?.cancel();
    },
  };
}
