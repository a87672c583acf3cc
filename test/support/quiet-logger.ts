/** A logger that nobody reads. */
import type { Logger } from '../../shared/ports.js';

export const quietLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
};
