/** Structured logging: one line per event of interest, nothing per request. JSON, or readable where a person watches. */
import { destination, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Logger } from '../ports.js';

export interface LogSettings {
  /** pino's level names, or `silent`. */
  readonly level: string;
  /** `auto`: pretty on a terminal, else JSON. */
  readonly format: 'auto' | 'json' | 'pretty';
}

/** Whether these settings mean lines for people. */
export function isPretty({ format }: LogSettings): boolean {
  return format === 'pretty' || (format === 'auto' && process.stdout.isTTY);
}

/**
 * A logger that writes to standard output at once, so that nothing is lost when the process ends. `bindings` are
 * fields that every line carries.
 */
export function createLogger(
  settings: LogSettings,
  bindings: Readonly<Record<string, string | number>> = {},
): Logger {
  const options = {
    level: settings.level,
    base: { ...bindings },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (!isPretty(settings)) return pino(options, destination({ dest: 1, sync: true }));
  const readable = { sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true };
  return pino(options, PinoPretty(readable));
}
