/**
 * Joins a host to its fleet at the start: waits until the name of the host is free, then waits for a bounded time until the
 * host follows the fleet.
 */
import type { Logger, Timers } from '#shared/ports.js';
import type { FleetNode } from './fleet/fleet-node.js';
import type { FleetTimes } from './fleet/fleet-times.js';
import { StartFailure } from './start-failure.js';

/**
 * Pause between attempts to take the name of the host, in milliseconds. The process that had the name may just have died.
 */
const NAME_RETRY_MS = 500;

export const NOT_FOLLOWED_YET = 'the fleet cannot be followed yet: this host goes on with what it knows';

interface JoinDeps {
  readonly host: string;
  /** Resolves when this process has to end. */
  readonly ending: Promise<unknown>;
  readonly times: FleetTimes;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Resolves with true once this host follows the fleet, or decides alone because the fleet cannot be reached; with false, at once, if
 * this process has to end. Rejects with StartFailure if another living process has the name of this host.
 */
export function joinFleet(node: FleetNode, deps: JoinDeps): Promise<boolean> {
  const stop = { isAsked: false };
  const ended = deps.ending.then(() => {
    stop.isAsked = true;
    return false;
  });
  return Promise.race([join(node, deps, stop).then(() => !stop.isAsked), ended]);
}

/** After a request to stop, nothing is begun or told any more. */
async function join(
  node: FleetNode,
  { host, times, timers, logger }: JoinDeps,
  stop: { readonly isAsked: boolean },
): Promise<void> {
  const tries = Math.ceil((times.hostFreshMs + times.beatEveryMs) / NAME_RETRY_MS);
  for (let left = tries; (await node.start()) === 'taken'; left -= 1) {
    if (stop.isAsked) return;
    if (left === 0) throw nameTaken(host);
    if (left === tries) {
      logger.info({ host }, 'waiting until the process that had the name of this host is gone');
    }
    await new Promise<void>((resolve) => void timers.after(NAME_RETRY_MS, resolve));
    if (stop.isAsked) return;
  }
  const isFollowing = await node.untilFollowing(times.joinMs);
  if (isFollowing || stop.isAsked) return;
  // The first beats may have had no answer.
  if ((await node.start()) === 'taken') throw nameTaken(host);
  const { problem, why } = node.status();
  if (!stop.isAsked) logger.warn({ reason: problem ?? why }, NOT_FOLLOWED_YET);
}

function nameTaken(host: string): StartFailure {
  return new StartFailure(
    `cluster.host: another process of the fleet is called ${host}. Give each host a name of its own, or stop the other.`,
  );
}
