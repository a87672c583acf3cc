/** The last steps of a start. They take the port, start the workers and ask the workers of a dead primary to end. */
import type { Timers } from '#shared/ports.js';
import type { Primary } from './runtime/primary.js';
import type { Takeover } from './workers/takeover.js';

/**
 * The workers of a dead primary are asked to end when all new workers forward, or this long after the first one does.
 * Milliseconds.
 */
const ALL_READY_LIMIT_MS = 5_000;

/** Why `serve` ends, and its exit code. */
export interface Ending {
  readonly reason: string;
  readonly code: number;
}

interface ForwardDeps {
  readonly primary: Primary;
  readonly takeover: Takeover;
  readonly ending: Promise<Ending>;
  readonly timers: Timers;
}

/**
 * Resolves with the port once the first worker forwards; with `null` if `serve` has to end before. Rejects with
 * StartFailure.
 */
export function forward(deps: ForwardDeps): Promise<number | null> {
  const stop = { isAsked: false };
  const ended = deps.ending.then(() => {
    stop.isAsked = true;
    return null;
  });
  return Promise.race([begin(deps, stop), ended]);
}

/** After a request to stop, no further step begins, because its workers would be left behind. */
async function begin(
  { primary, takeover, timers }: ForwardDeps,
  stop: { readonly isAsked: boolean },
): Promise<number | null> {
  await primary.firstChecks();
  if (stop.isAsked) return null;
  await takeover.beforeWorkers();
  if (stop.isAsked) return null;
  const port = await primary.startWorkers();
  if (takeover.hasOrphans) {
    const limit = new Promise<void>((resolve) => timers.after(ALL_READY_LIMIT_MS, resolve));
    await Promise.race([primary.allReady, limit]);
  }
  takeover.complete();
  return port;
}
