/** The time in which nothing can be stored: since when, why, what was lost. Told once for each reason, and at its end. */
import type { Clock, Logger } from '#shared/ports.js';
import { EventLogError, type EventLogErrorKind, mayPass } from '../event-log/event-log.js';

/** Who is told of what becomes of the log. */
export interface StoreListener {
  /** The log failed, by kind; each attempt that failed counts. */
  readonly failed: (kind: EventLogErrorKind) => void;
  /** What waited is stored: the log can be written again. */
  readonly recovered: () => void;
  /** Journal entries were given up. */
  readonly entriesLost: (count: number) => void;
}

interface StoreOutageDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: Pick<StoreListener, 'failed' | 'recovered'>;
}

interface Outage {
  readonly since: number;
  readonly error: EventLogError;
  /** Events that were given up since. */
  readonly lost: number;
}

const FAILING = 'nothing can be stored: decisions go on in memory, changes by operators are refused';
const LOST = 'The event log is lost: its file was deleted or moved away.';

export class StoreOutage {
  readonly #deps: StoreOutageDeps;
  #current: Outage | null = null;
  /** What was said of it. */
  #told: string | null = null;

  constructor(deps: StoreOutageDeps) {
    this.#deps = deps;
  }

  /** `null`: all can be stored. */
  get current(): Outage | null {
    return this.#current;
  }

  /** Whether the file is gone: then nothing can be stored but in a new one. */
  get isOfLostFile(): boolean {
    return this.#current?.error.kind === 'lost';
  }

  /** An attempt to store something has failed. Throws what is no EventLogError. */
  failed(error: unknown): EventLogError {
    if (!(error instanceof EventLogError)) throw error;
    this.#deps.store.failed(error.kind);
    // Of a lost file there is more to say once it is known whether it can be made anew.
    if (error.kind === 'lost') {
      if (!this.isOfLostFile) this.#goOn(error);
    } else if (mayPass(error.kind)) this.#tell(error);
    return error;
  }

  /** The attempt to make a lost file anew has failed. Throws what is no EventLogError. */
  notRenewed(error: unknown): void {
    if (!(error instanceof EventLogError)) throw error;
    const why = error.kind === 'lost' ? '' : ` It cannot be made anew: ${error.message}`;
    const lost = error.kind === 'lost' ? error.message : LOST;
    this.#tell(new EventLogError('lost', `${lost}${why}`, { cause: error }));
  }

  /** So many events are given up. */
  lose(events: number): void {
    if (this.#current !== null) this.#current = { ...this.#current, lost: this.#current.lost + events };
  }

  /** All is stored, up to event `seq`. */
  end(seq: number): void {
    const ended = this.#current;
    if (ended === null) return;
    this.#current = null;
    this.#told = null;
    const { clock, logger, store } = this.#deps;
    logger.warn(
      { forMs: clock.now() - ended.since, lostEvents: ended.lost, seq },
      'what happened is stored again',
    );
    store.recovered();
  }

  #goOn(error: EventLogError): void {
    const before = this.#current;
    this.#current = { since: before?.since ?? this.#deps.clock.now(), error, lost: before?.lost ?? 0 };
  }

  /** Once for each thing that is wrong, not for each attempt. */
  #tell(error: EventLogError): void {
    this.#goOn(error);
    if (this.#told === error.message) return;
    this.#told = error.message;
    this.#deps.logger.error({ reason: error.message }, FAILING);
  }
}
