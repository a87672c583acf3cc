/**
 * Structured logging: one line per event of interest, none per request. Lines are JSON, or readable text if a person
 * watches.
 */
import { destination, pino } from 'pino';
import type { Logger } from '../ports.js';
import { round3 } from '../round.js';
import { prettyLine } from './pretty-line.js';

interface LogSettings {
  /** A level of pino, or `silent`. */
  readonly level: string;
  /** `auto` means pretty on a terminal and JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
}

/** Whether these settings mean readable lines. */
export function isPretty({ format }: LogSettings): boolean {
  return format === 'pretty' || (format === 'auto' && process.stdout.isTTY);
}

/** How many characters of lines wait for a reader that has stopped. Beyond that, lines are lost. */
const MAX_WAITING_BYTES = 1_048_576;

/**
 * A logger that writes to standard output synchronously, so that no line is lost when the process ends. It does not wait for
 * a reader that has stopped: lines are kept up to a limit and written with the next successful write.
 * @param bindings fields in every line
 */
export function createLogger(
  settings: LogSettings,
  bindings: Readonly<Record<string, string | number>> = {},
): Logger {
  const options = {
    level: settings.level,
    base: { ...bindings },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: rounded },
  };
  const output = standardOutput();
  if (!isPretty(settings)) return pino(options, output);
  return pino(options, { write: (line) => output.write(prettyLine(line)) });
}

/** Rounds numbers to three decimals, because further digits of a duration in milliseconds are useless. */
function rounded(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'number' ? round3(value) : value]),
  );
}

function standardOutput(): ReturnType<typeof destination> {
  // The access to `process.stdout` matters: Node then opens its stream and makes a pipe non-blocking. Otherwise a full pipe
  // would block the whole process in a write.
  const descriptor = process.stdout.fd;
  const output = destination({
    dest: descriptor,
    sync: true,
    maxLength: MAX_WAITING_BYTES,
    retryEAGAIN: () => false,
  });
  // The error cannot be logged, because this is the output of the log.
  output.on('error', () => undefined);
  return output;
}
