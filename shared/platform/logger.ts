/** Structured logging: JSON lines on stdout, one line per event of interest, nothing per request. */
import { pino } from 'pino';
import type { Logger } from '../ports.js';

/**
 * @param level pino's level names, or `silent`
 * @param bindings fields that every line carries
 */
export function createLogger(level: string, bindings: Readonly<Record<string, string | number>>): Logger {
  return pino({ level, base: { ...bindings }, timestamp: pino.stdTimeFunctions.isoTime });
}
