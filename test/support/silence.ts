/** A logger that says nothing. */
import type { Logger } from '../../shared/ports.js';

const nothing = (): void => undefined;

export const silence: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
};
