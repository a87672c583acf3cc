/** What pure code and tests need from their environment. Types only; `shared/platform` implements them. */

/** Wall clock, in milliseconds since 1970. */
export interface Clock {
  now(): number;
}

/** Uniformly distributed numbers in [0, 1). */
export type Random = () => number;

export interface TimerHandle {
  cancel(): void;
}

export interface Timers {
  /** Calls back once, not before `delayMs` milliseconds have passed. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): TimerHandle;
}

/** Structured logging with the argument order of pino: fields first, then a constant message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
}
