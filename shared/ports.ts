/** What pure code and tests ask of their surroundings. Types only; `shared/platform` has the real ones. */

/** Wall clock, milliseconds since 1970. */
export interface Clock {
  now(): number;
}

/** Uniform numbers in [0, 1). */
export type Random = () => number;

export interface TimerHandle {
  cancel(): void;
}

export interface Timers {
  /** Calls back once, not before `delayMs` have passed. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): TimerHandle;
}

/** Structured logging in pino's order: fields first, then a static message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
}
