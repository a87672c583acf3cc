/**
 * What operators wrote on any host: what they were told, where in the histories it was carried out, and whether what they were told
 * still holds. A write is known by the name of its actor.
 */
import type { FleetOutcome } from '../../../control-plane/fleet/fleet-submit.js';
import type { Ledger } from '../ledger.js';
import { isPastOf, keyOf, type Place } from './histories.js';

interface Write {
  readonly name: string;
  readonly host: string;
  /** Where its first event was stored, in every history that has it. */
  readonly places: Place[];
  /** Events of one command are one carrying out. */
  readonly commands: Set<string>;
  outcome: FleetOutcome['kind'] | null;
  /** Hosts that know it while the store does not; the store may lose it for good when there is none. */
  keepers: Set<string> | null;
  /** The store lost it, and nobody who could have put it back was there. */
  isExcused: boolean;
}

/** Answers that promise that the write was not carried out, and will not be. */
const NOT_DONE: readonly FleetOutcome['kind'][] = ['rejected', 'read-only', 'mailbox-full'];

export class FleetWrites {
  readonly #writes = new Map<string, Write>();
  readonly #ledger: Ledger;
  #number = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Those that nobody has answered. */
  get open(): readonly string[] {
    return [...this.#writes.values()].filter(({ outcome }) => outcome === null).map(({ name }) => name);
  }

  /** Begins a write; answers its name. */
  begin(host: string): string {
    const name = `write-${(this.#number += 1)}`;
    const write = { name, host, places: [], commands: new Set<string>(), keepers: null, isExcused: false };
    this.#writes.set(name, { ...write, outcome: null });
    return name;
  }

  /** The process that was asked is dead: nobody will be told. */
  abandoned(host: string): void {
    for (const write of this.#writes.values()) {
      if (write.host === host && write.outcome === null) write.outcome = 'unknown';
    }
  }

  /** An event was stored. */
  stored(place: Place): void {
    const write = this.#writes.get(place.event?.actor.name ?? '');
    if (write === undefined || place.event === null) return;
    const command = `${place.epoch}/${place.event.cause.id}`;
    if (write.commands.has(command)) return;
    const twice = write.places.find((one) => isPastOf(one, place));
    this.#ledger.require(
      twice === undefined,
      'writes-are-done-once',
      `${write.name} at ${keyOf(place)} and ${twice === undefined ? '' : keyOf(twice)}`,
    );
    write.commands.add(command);
    write.places.push(place);
    this.#requireTruth(write, place);
  }

  /** @param head where the log ends on the server that hosts are led to */
  answered(name: string, outcome: FleetOutcome, head: Place | undefined): void {
    const write = this.#writes.get(name);
    if (write === undefined) return;
    write.outcome = outcome.kind;
    this.#ledger.count(`write: ${outcome.kind}`);
    if (outcome.kind === 'accepted' && outcome.events > 0) {
      const isKnown = write.places.length > 0;
      this.#ledger.require(isKnown, 'acknowledged-is-stored', `${name} is nowhere`);
      // The server that had it failed before anybody was told.
      if (!this.#isIn(write, head)) write.isExcused = true;
    } else this.#requireTruth(write, head);
  }

  /**
   * The store lost something.
   * @param keepers who is there to put a write back that the log has no more. `null`: somebody has another history, and only one of
   * two can be put back
   */
  lost(head: Place | undefined, keepers: (places: readonly Place[]) => readonly string[] | null): void {
    for (const write of this.#acknowledged()) {
      if (this.#isIn(write, head)) {
        write.keepers = null;
        continue;
      }
      const able = keepers(write.places) ?? [];
      const before = write.keepers;
      write.keepers = new Set(before === null ? able : able.filter((host) => before.has(host)));
      if (write.keepers.size === 0) write.isExcused = true;
    }
  }

  /** A host is not there any more to put back what it knows. */
  withoutKeeper(host: string): void {
    for (const write of this.#acknowledged()) {
      if (write.keepers?.delete(host) === true && write.keepers.size === 0) write.isExcused = true;
    }
  }

  /** The log ends here now. */
  ended(head: Place | undefined): void {
    for (const write of this.#acknowledged()) {
      if (write.keepers !== null && this.#isIn(write, head)) write.keepers = null;
    }
  }

  /** All that was acknowledged is in the log. */
  requireAll(head: Place | undefined): void {
    for (const write of this.#acknowledged()) {
      this.#ledger.require(this.#isIn(write, head), 'acknowledged-is-kept', `${write.name} is lost`);
    }
    for (const write of this.#writes.values()) this.#requireTruth(write, head);
  }

  #acknowledged(): readonly Write[] {
    return [...this.#writes.values()].filter(
      ({ outcome, isExcused, places }) => outcome === 'accepted' && !isExcused && places.length > 0,
    );
  }

  #isIn({ places }: Write, head: Place | undefined): boolean {
    return places.some((place) => isPastOf(place, head));
  }

  #requireTruth(write: Write, head: Place | undefined): void {
    const { name, outcome } = write;
    if (outcome === null || !NOT_DONE.includes(outcome)) return;
    this.#ledger.require(!this.#isIn(write, head), 'refused-is-not-done', `${name} was answered ${outcome}`);
  }
}
