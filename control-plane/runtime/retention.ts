/** Forgets, once at the start and then every hour, what of the event log and its journal is older or larger than kept. */
import type { TimerHandle } from '#shared/ports.js';
import type { LogStorage } from '../event-log/log-storage.js';
import { retain } from '../event-log/retain.js';
import type { SystemPorts } from './system-ports.js';

const EVERY_MS = 3_600_000;

export interface JournalLimits {
  readonly retentionMs: number;
  readonly maxBytes: number;
  /** Events kept for the history even when no checkpoint or journal segment needs them. */
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
      // The log may be closed while it is at it: the next start goes on.
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
