/**
 * Ignores signals with harmful default actions. SIGUSR1 opens Node's inspector, which runs code for any local user. SIGUSR2
 * and SIGXFSZ end the process. With SIGXFSZ ignored, a write beyond the largest file size only fails with EFBIG.
 *
 * Entry points import nothing else statically, so that the signals are ignored before other modules load. While Node itself
 * starts, the signals cannot be ignored.
 */
import process from 'node:process';
import type { Logger } from '../ports.js';

const TOLD = ['SIGUSR1', 'SIGUSR2'] as const;
/** Not logged, because the log may be the file that cannot grow. */
const SILENT = ['SIGXFSZ'] as const;

/** Ignores the signals from now on. */
export function ignoreHarmfulSignals(): void {
  for (const signal of [...TOLD, ...SILENT]) process.on(signal, () => undefined);
}

/** Logs ignored signals. Returns the function that stops it. */
export function tellIgnoredSignals(logger: Logger): () => void {
  const tell = (signal: NodeJS.Signals): void => logger.warn({ signal }, 'signal ignored');
  for (const signal of TOLD) process.on(signal, tell);
  return () => {
    for (const signal of TOLD) process.off(signal, tell);
  };
}
