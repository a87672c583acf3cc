/** Structured logging: one line per event of interest, nothing per request. JSON, or readable where a person watches. */
import { destination, pino } from 'pino';
import type { Logger } from '../ports.js';
import { round3 } from '../round.js';
import { prettyLine } from './pretty-line.js';

interface LogSettings {
  /** pino's level names, or `silent`. */
  readonly level: string;
  /** `auto`: pretty on a terminal, else JSON. */
  readonly format: 'auto' | 'json' | 'pretty';
}

/** Whether these settings mean lines for people. */
export function isPretty({ format }: LogSettings): boolean {
  return format === 'pretty' || (format === 'auto' && process.stdout.isTTY);
}

/** Characters of lines that wait for a reader that has stopped; beyond that, lines are lost. */
const MAX_WAITING_BYTES = 1_048_576;

/**
 * A logger that writes to standard output at once, so that nothing is lost when the process ends. A reader that has
 * stopped is not waited for: its lines are kept, up to a limit, and written with the next one that can be. `bindings`
 * are fields that every line carries.
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

/** Durations in milliseconds have as many digits as the clock has; three are of use. */
function rounded(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'number' ? round3(value) : value]),
  );
}

function standardOutput(): ReturnType<typeof destination> {
  // Node opens its stream when it is first asked for, and makes a pipe refuse what it cannot take: without that, a full
  // one would stop the whole process within a write.
  const descriptor = process.stdout.fd;
  const output = destination({
    dest: descriptor,
    sync: true,
    maxLength: MAX_WAITING_BYTES,
    retryEAGAIN: () => false,
  });
  // There is nobody to tell, as those who would be told read here.
  output.on('error', () => undefined);
  return output;
}
