/**
 * Tracks an outage, the time during which the log cannot be written: its begin, its reason and the lost events. The log of
 * the process tells each reason once, and the end.
 */
import type { Clock, Logger } from '#shared/ports.js';
import { EventLogError, type EventLogErrorKind, mayPass } from '../event-log/event-log.js';

/** Called when the log fails and recovers. */
export interface StoreListener {
  /** An attempt to use the log failed. Each failed attempt counts. */
  readonly failed: (kind: EventLogErrorKind) => void;
  /** The waiting events are stored, because the log can be written again. */
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
  /** How many events were given up since the outage began. */
  readonly lost: number;
}

const FAILING = 'nothing can be stored: decisions go on in memory, changes by operators are refused';
const LOST = 'The event log is lost: its file was deleted or moved away.';

export class StoreOutage {
  readonly #deps: StoreOutageDeps;
  #current: Outage | null = null;
  /** The message that was logged last; `null` if none was logged in this outage. */
  #told: string | null = null;

  constructor(deps: StoreOutageDeps) {
    this.#deps = deps;
  }

  /** The present outage; `null` if the log can be written. */
  get current(): Outage | null {
    return this.#current;
  }

  /** Whether the log's file is gone. Then only a new file can store anything. */
  get isOfLostFile(): boolean {
    return this.#current?.error.kind === 'lost';
  }

  /** Notes that an attempt to store something has failed. Throws an error that is no EventLogError. */
  failed(error: unknown): EventLogError {
    if (!(error instanceof EventLogError)) throw error;
    this.#deps.store.failed(error.kind);
    // A lost file is not logged here, because `notRenewed` knows whether a new file can be made.
    if (error.kind === 'lost') {
      if (!this.isOfLostFile) this.#goOn(error);
    } else if (mayPass(error.kind)) this.#tell(error);
    return error;
  }

  /** Notes that a lost file could not be made anew. Throws an error that is no EventLogError. */
  notRenewed(error: unknown): void {
    if (!(error instanceof EventLogError)) throw error;
    const why = error.kind === 'lost' ? '' : ` It cannot be made anew: ${error.message}`;
    const lost = error.kind === 'lost' ? error.message : LOST;
    this.#tell(new EventLogError('lost', `${lost}${why}`, { cause: error }));
  }

  /** Counts events that were given up. */
  lose(events: number): void {
    if (this.#current !== null) this.#current = { ...this.#current, lost: this.#current.lost + events };
  }

  /** Ends the outage: everything up to event `seq` is stored. */
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

  /** Logs an error once per message, not once per attempt. */
  #tell(error: EventLogError): void {
    this.#goOn(error);
    if (this.#told === error.message) return;
    this.#told = error.message;
    this.#deps.logger.error({ reason: error.message }, FAILING);
  }
}
