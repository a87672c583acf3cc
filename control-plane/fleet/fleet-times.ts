/**
 * All times by which hosts act as one, in one object, so that tests can run them faster. Leases, ages of beats and deadlines
 * of writes are compared by the store's clock; everything else runs on the monotonic clock of a host.
 */

export interface FleetTimes {
  /** A lease lasts this long from its last renewal. */
  readonly leaseMs: number;
  /** A leader sends nothing more this long before its lease ends, because the store may get it later. */
  readonly leaseMarginMs: number;
  readonly renewEveryMs: number;
  readonly beatEveryMs: number;
  /** A call of the store that is not answered by then counts as `unavailable`. */
  readonly callMs: number;

  /** A candidate looks this long at beats after it was out of contact, or saw that the store lost something. */
  readonly standWaitMs: number;
  /** The longest that a candidate stands back for one that knows more. */
  readonly standBackMs: number;
  /** Candidates that see a free lease ask for it at random times within this one. */
  readonly standSpreadMs: number;
  /** A candidate asks for the lease at most once in this time. */
  readonly standEveryMs: number;
  /** A leader whose appends fail for so long while it can renew its lease resigns. */
  readonly brokenLeaderMs: number;
  /** A leader that resigned so does not stand for this long. */
  readonly brokenStandBackMs: number;

  /** A host follows if it was at the end of the log under a live lease within this time. */
  readonly followMs: number;
  /** A host whose beats were not answered for so long is autonomous. */
  readonly unansweredMs: number;
  /** A host that starts waits so long until it follows, then it goes on with what it knows. */
  readonly joinMs: number;
  /** A host that was heard of within this time is alive. */
  readonly hostFreshMs: number;
  /** A host that was not heard of for so long is forgotten. */
  readonly forgetHostMs: number;

  /** A write that is posted is void after this time. */
  readonly writeTtlMs: number;
  /** Who posted a write waits this long for its answer. */
  readonly writeAnswerMs: number;
  /** A leader stores a snapshot this long after a change. */
  readonly snapshotAfterMs: number;
}

export const FLEET_TIMES: FleetTimes = {
  leaseMs: 5_000,
  leaseMarginMs: 1_000,
  renewEveryMs: 1_500,
  beatEveryMs: 1_000,
  callMs: 1_000,
  standWaitMs: 1_500,
  standBackMs: 10_000,
  standSpreadMs: 300,
  standEveryMs: 1_000,
  brokenLeaderMs: 5_000,
  brokenStandBackMs: 10_000,
  followMs: 10_000,
  unansweredMs: 5_000,
  joinMs: 5_000,
  hostFreshMs: 5_000,
  forgetHostMs: 60_000,
  writeTtlMs: 4_000,
  writeAnswerMs: 5_000,
  snapshotAfterMs: 5_000,
};

/** The same times, `factor` times as long, in whole milliseconds. */
export function scaleTimes(times: FleetTimes, factor: number): FleetTimes {
  const scaled = Object.entries(times).map(([name, ms]: [string, number]) => [
    name,
    Math.max(1, Math.round(ms * factor)),
  ]);
  return Object.fromEntries(scaled) as FleetTimes;
}
