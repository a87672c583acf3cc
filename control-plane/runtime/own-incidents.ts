/**
 * Finds in the events of this host what its whole fleet is to know of its workers, and keeps the newest. Not told are the workers that
 * a start begins with and those that are asked to end, because the fleet is told that the host joined or left.
 */
import type { EventOf, TidegateEvent } from '../domain/events.js';
import { MAX_INCIDENT_REASON, MAX_TOLD_INCIDENTS, type WorkerIncident } from '../domain/worker-incident.js';

interface Process {
  readonly pid: number;
  /** It was started in place of one that died. */
  readonly replaces: boolean;
}

export class OwnIncidents {
  readonly #workers: number;
  /** Workers that live, by their numbers. */
  readonly #living = new Map<number, Process>();
  #started = 0;
  #number = 0;
  #newest: readonly WorkerIncident[] = [];

  /** @param workers how many a start begins with */
  constructor(workers: number) {
    this.#workers = workers;
  }

  /** Oldest first, by the clock of this host. */
  get newest(): readonly WorkerIncident[] {
    return this.#newest;
  }

  /** To be called with all events of this host, in order. */
  take(events: readonly TidegateEvent[]): void {
    for (const event of events) {
      if (event.type === 'WorkerStarted') this.#begun(event);
      else if (event.type === 'WorkerReady') this.#ready(event);
      else if (event.type === 'WorkerExited') this.#exited(event);
    }
  }

  #begun({ data: { worker, pid } }: EventOf<'WorkerStarted'>): void {
    this.#started += 1;
    // A worker that is started beside one that lives takes its place because somebody asked for it.
    const replaces = this.#started > this.#workers && this.#living.size < this.#workers;
    this.#living.set(worker.n, { pid, replaces });
  }

  #ready({ at, data: { worker } }: EventOf<'WorkerReady'>): void {
    const process = this.#living.get(worker.n);
    if (process?.replaces !== true) return;
    this.#add({ kind: 'ready', number: this.#next(), at, n: worker.n, pid: process.pid });
  }

  #exited({ at, data: { worker, pid, reason, expected } }: EventOf<'WorkerExited'>): void {
    this.#living.delete(worker.n);
    if (expected) return;
    const told = reason.slice(0, MAX_INCIDENT_REASON);
    this.#add({ kind: 'exited', number: this.#next(), at, n: worker.n, pid, reason: told });
  }

  #next(): number {
    this.#number += 1;
    return this.#number;
  }

  #add(incident: WorkerIncident): void {
    this.#newest = [...this.#newest, incident].slice(-MAX_TOLD_INCIDENTS);
  }
}
