/**
 * Which backends a host does not use by its own verdict, in a form that fits into its beat. Pure. What operators took out is not
 * among them, because that is the same on all hosts.
 */
import { availabilityOf } from '#shared/availability.js';
import { backendName, poolName } from '#shared/shape-settings.js';
import { object, oneOf, type TypeOf } from '#shared/shape.js';
import type { BackendState, ControlState } from '../domain/state.js';
import { time } from '../domain/stored-shapes.js';

/** Backends that are told by name, so that a beat stays small. Those beyond are only counted. */
export const MAX_OUT = 50;

/** The worst first. */
const VERDICTS = ['ejected', 'unhealthy', 'trial', 'unchecked'] as const;

export const outBackend = object({
  pool: poolName,
  backend: backendName,
  availability: oneOf(...VERDICTS),
  /** Since when, by the clock of that host. */
  since: time,
});

export interface OutBackend extends TypeOf<typeof outBackend> {}

export interface BackendsOut {
  /** The worst first, `MAX_OUT` of them at most. */
  readonly out: readonly OutBackend[];
  /** How many there are in all. */
  readonly outTotal: number;
}

export function backendsOut({ pools }: Pick<ControlState, 'pools'>): BackendsOut {
  const found = new Map<OutBackend['availability'], OutBackend[]>(VERDICTS.map((one) => [one, []]));
  let outTotal = 0;
  for (const { id: pool, backends } of pools.values()) {
    for (const backend of backends.values()) {
      const availability = VERDICTS.find((one) => one === availabilityOf(backend));
      if (availability === undefined) continue;
      outTotal += 1;
      const same = found.get(availability);
      if (same === undefined || same.length >= MAX_OUT) continue;
      same.push({ pool, backend: backend.id, availability, since: sinceOf(backend, availability) });
    }
  }
  return { out: [...found.values()].flat().slice(0, MAX_OUT), outTotal };
}

function sinceOf(backend: BackendState, availability: OutBackend['availability']): number {
  return availability === 'ejected' || availability === 'trial' ? backend.breaker.since : backend.healthSince;
}
