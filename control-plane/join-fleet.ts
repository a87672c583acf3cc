/** How a host joins its fleet at its start: it waits for a name that is free, and a bounded time until it follows. */
import type { Logger, Timers } from '#shared/ports.js';
import type { FleetNode } from './fleet/fleet-node.js';
import type { FleetTimes } from './fleet/fleet-times.js';
import { StartFailure } from './start-failure.js';

/** Between two tries for a name that a process had which may just have died. */
const NAME_RETRY_MS = 500;

interface JoinDeps {
  readonly host: string;
  readonly times: FleetTimes;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Resolves once this host follows, or goes on by itself because the fleet cannot be reached. Fails with StartFailure where another
 * process lives under its name.
 */
export async function joinFleet(node: FleetNode, { host, times, timers, logger }: JoinDeps): Promise<void> {
  const tries = Math.ceil((times.hostFreshMs + times.beatEveryMs) / NAME_RETRY_MS);
  for (let left = tries; (await node.start()) === 'taken'; left -= 1) {
    if (left === 0) {
      throw new StartFailure(
        `cluster.host: another process of the fleet is called ${host}. Give each host a name of its own, or stop the other.`,
      );
    }
    if (left === tries) {
      logger.info({ host }, 'waiting until the process that had the name of this host is gone');
    }
    await new Promise<void>((resolve) => void timers.after(NAME_RETRY_MS, resolve));
  }
  const isFollowing = await node.untilFollowing(times.joinMs);
  if (isFollowing) return;
  const { problem } = node.status();
  logger.warn({ problem }, 'the fleet cannot be followed yet: this host goes on with what it knows');
}
