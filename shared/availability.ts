/**
 * The availability of a backend, and the traffic that the backend may therefore get. Both planes use these two tables, and
 * no other code answers these questions.
 *
 * Availability depends on the admin state, the health and the breaker. The first row that fits counts; `·` means any:
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
 * Availability does not include panic, because panic is a property of the pool (`control-plane/domain/panic.ts`). The second
 * table (`TRAFFIC`) takes panic into account.
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

/** The traffic that a backend may get. Each kind is independent of the others. */
export interface Traffic {
  /** New traffic, without a permit. */
  readonly serves: boolean;
  /** Requests of the sticky sessions that are bound to the backend, without a permit. */
  readonly keepsSessions: boolean;
  /**
   * Requests with a permit, of the backend's own sessions or of others. In panic, a permit makes a request count as a trial.
   */
  readonly takesTrials: boolean;
}

/** The inputs of the second table. */
interface TrafficState {
  readonly availability: Availability;
  readonly admin: AdminState;
  readonly weight: number;
}

/** `panic` means: only while the pool is in panic. */
type Cell = 'yes' | 'panic' | 'no';
type Row = readonly [serves: Cell, keepsSessions: Cell, takesTrials: Cell];

/** Weight 0 removes new traffic and trials from every row. Sessions stay. */
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

/** Whether new traffic reaches the backend only by permits. */
export function servesByTrialsOnly({ serves, takesTrials }: Traffic): boolean {
  return takesTrials && !serves;
}

/** Whether only its breaker keeps new traffic from the backend, so that panic would let it serve. Ignores the weight. */
export function isTakenOut(backend: Omit<TrafficState, 'weight'>): boolean {
  return rowOf(backend)[0] === 'panic';
}

/** Whether new traffic reaches the backend, at least by trials. Ignores the weight and panic. */
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
