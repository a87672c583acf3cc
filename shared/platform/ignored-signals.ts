/**
 * Signals whose usual effect would harm a server: SIGUSR1 opens Node's inspector, which runs code for any local user;
 * SIGUSR2 and SIGXFSZ end the process. A file that may not grow any further is an error of that write (EFBIG), no more.
 *
 * Entry points import nothing else statically, so that this is in force before the rest is loaded. Before that, while
 * Node itself starts, nobody can be in the way of a signal.
 */
import process from 'node:process';
import type { Logger } from '../ports.js';

const TOLD = ['SIGUSR1', 'SIGUSR2'] as const;
/** Not told: the line would go to a file that may be the one that cannot grow. */
const SILENT = ['SIGXFSZ'] as const;

/** From here on these signals do nothing. */
export function ignoreHarmfulSignals(): void {
  for (const signal of [...TOLD, ...SILENT]) process.on(signal, () => undefined);
}

/** Says in the log when one of them came. Answers the function that ends it. */
export function tellIgnoredSignals(logger: Logger): () => void {
  const tell = (signal: NodeJS.Signals): void => logger.warn({ signal }, 'signal ignored');
  for (const signal of TOLD) process.on(signal, tell);
  return () => {
    for (const signal of TOLD) process.off(signal, tell);
  };
}
