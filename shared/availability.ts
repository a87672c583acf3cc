/**
 * What a backend is, and what it may therefore get. Both planes ask these two tables, and nothing else answers the
 * question.
 *
 * Availability is one function of what the operator wants, what health checks say, and what the breaker says. The first
 * row that fits counts, `·` is any:
 *
 *   admin        health     breaker     availability
 *   maintenance  ·          ·           maintenance
 *   ·            unhealthy  ·           unhealthy
 *   ·            unknown    ·           unchecked
 *   ·            healthy    open        ejected
 *   draining     healthy    closed      draining
 *   draining     healthy    half-open   draining
 *   ready        healthy    half-open   trial
 *   ready        healthy    closed      available
 *
 * Panic is not in it, because panic is a property of the pool (`control-plane/domain/panic.ts`). The table of what a
 * backend may get (`TRAFFIC`) has a column of its own for it.
 */
import type { AdminState, Availability, BreakerPhase, Health } from './backend-state.js';

export function availabilityOf({
  admin,
  health,
  breaker,
}: {
  readonly admin: AdminState;
  readonly health: Health;
  readonly breaker: { readonly phase: BreakerPhase };
}): Availability {
  if (admin === 'maintenance') return 'maintenance';
  if (health === 'unhealthy') return 'unhealthy';
  if (health === 'unknown') return 'unchecked';
  if (breaker.phase === 'open') return 'ejected';
  if (admin === 'draining') return 'draining';
  return breaker.phase === 'half-open' ? 'trial' : 'available';
}

/** What a backend may get, each without the others. */
export interface Traffic {
  /** New traffic, without a permit. */
  readonly serves: boolean;
  /** Requests of the sticky sessions that are bound to it, without a permit. */
  readonly keepsSessions: boolean;
  /** Requests with a permit each, of its own sessions and of others. In panic a permit makes a request count as a trial. */
  readonly takesTrials: boolean;
}

/** What the second table asks of a backend. */
interface TrafficState {
  readonly availability: Availability;
  readonly admin: AdminState;
  readonly weight: number;
}

/** `panic`: only while the pool is in panic. */
type Cell = 'yes' | 'panic' | 'no';
type Row = readonly [serves: Cell, keepsSessions: Cell, takesTrials: Cell];

/** Weight 0 takes new traffic and trials away from every row. Sessions stay. */
// prettier-ignore
const TRAFFIC: { readonly [A in Availability | 'ejected and draining']: Row } = {
  //                       new traffic  its sessions  trials
  available:              ['yes',       'yes',        'no'],
  trial:                  ['panic',     'panic',      'yes'],
  ejected:                ['panic',     'panic',      'no'],
  'ejected and draining': ['no',        'panic',      'no'],
  draining:               ['no',        'yes',        'no'],
  unchecked:              ['no',        'no',         'no'],
  unhealthy:              ['no',        'no',         'no'],
  maintenance:            ['no',        'no',         'no'],
};

export function trafficOf(backend: TrafficState, panic: boolean): Traffic {
  const [serves, keepsSessions, takesTrials] = rowOf(backend);
  const hasWeight = backend.weight > 0;
  return {
    serves: hasWeight && holds(serves, panic),
    keepsSessions: holds(keepsSessions, panic),
    takesTrials: hasWeight && holds(takesTrials, panic),
  };
}

/** New traffic reaches it by permits only. */
export function servesByTrialsOnly({ serves, takesTrials }: Traffic): boolean {
  return takesTrials && !serves;
}

/** Whether nothing but its breaker keeps new traffic from it, its weight aside: panic would let it serve. */
export function isTakenOut(backend: Omit<TrafficState, 'weight'>): boolean {
  return rowOf(backend)[0] === 'panic';
}

/** Whether new traffic reaches it, if only by trials, its weight and panic aside. */
export function isUp(backend: Omit<TrafficState, 'weight'>): boolean {
  const [serves, , takesTrials] = rowOf(backend);
  return serves === 'yes' || takesTrials === 'yes';
}

function rowOf({ availability, admin }: Omit<TrafficState, 'weight'>): Row {
  return TRAFFIC[availability === 'ejected' && admin === 'draining' ? 'ejected and draining' : availability];
}

function holds(cell: Cell, panic: boolean): boolean {
  return cell === 'yes' || (cell === 'panic' && panic);
}
