/** The laws of a host that follows: where it may stand, what its state is there, and what of its own must stay. */
import type { World } from '../../../control-plane/domain/decision.js';
import type { TidegateEvent } from '../../../control-plane/domain/events.js';
import { fleetOf } from '../../../control-plane/domain/fleet-state.js';
import { sameValue } from '../../../control-plane/domain/same-value.js';
import type { ControlState } from '../../../control-plane/domain/state.js';
import type { Ledger } from '../ledger.js';
import { fleetAt, type Histories, isPastOf, keyOf, type Place } from './histories.js';

interface FollowedDeps {
  readonly name: string;
  readonly ledger: Ledger;
  readonly histories: Histories;
  /** Where the log ends on the server that this host is led to. */
  readonly head: () => Place | undefined;
}

export class Followed {
  readonly #deps: FollowedDeps;
  #state: ControlState | null = null;
  #place: Place | null = null;

  constructor(deps: FollowedDeps) {
    this.#deps = deps;
  }

  /** Where the host stands; `null`: nowhere yet. */
  get place(): Place | null {
    return this.#place;
  }

  /** The host shows another world. */
  changed({ state }: World, events: readonly TidegateEvent[]): void {
    const before = this.#state;
    this.#state = state;
    if (state.fleet === null || state.fleet === before?.fleet) return;
    this.#requirePlace(state);
    if (before?.fleet && events.every(isOfTheFleet)) this.#requireVerdicts(before, state);
  }

  #requirePlace(state: ControlState): void {
    const { name, ledger, histories, head } = this.#deps;
    const { fleet } = state;
    const place = histories.at(fleet);
    if (place === undefined || fleet === null) {
      const at = fleet === null ? 'nowhere' : keyOf(fleet);
      return ledger.require(false, 'hosts-stand-where-batches-end', `${name} at ${at}, which nobody stored`);
    }
    const last = this.#place;
    this.#place = place;
    const here = `${name} at ${keyOf(place)}`;
    ledger.require(place.isEnd, 'hosts-stand-where-batches-end', here);
    ledger.require(sameValue(fleetOf(state), fleetAt(place)), 'state-is-the-fold', here);
    const isBack = last !== null && !isPastOf(last, place) && isPastOf(last, head());
    ledger.require(!isBack, 'hosts-never-go-back', `${here}, after ${last === null ? '' : keyOf(last)}`);
  }

  #requireVerdicts(before: ControlState, state: ControlState): void {
    const { name, ledger } = this.#deps;
    for (const [id, pool] of state.pools) {
      const was = before.pools.get(id);
      const isSame = sameValue(
        [was?.settings.healthCheck, was?.settings.breaker],
        [pool.settings.healthCheck, pool.settings.breaker],
      );
      if (was === undefined || !isSame) continue;
      for (const backend of pool.backends.values()) {
        const own = was.backends.get(backend.id);
        if (own?.generation !== backend.generation || !sameValue(own.address, backend.address)) continue;
        const stays = own.health === backend.health && own.breaker.phase === backend.breaker.phase;
        ledger.require(stays, 'verdicts-stay', `${name} on ${id}/${backend.id}`);
        ledger.count(`verdicts: ${backend.health}`);
      }
    }
  }
}

function isOfTheFleet({ type, fleet }: TidegateEvent): boolean {
  return fleet !== undefined || type === 'FleetAdopted';
}
