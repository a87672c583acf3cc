/** The last steps of a start: from here on the port is ours, and the workers of a dead primary are asked to end. */
import type { Timers } from '#shared/ports.js';
import type { Primary } from './runtime/primary.js';
import type { Takeover } from './workers/takeover.js';

/** Workers of a dead primary are asked to end when all new ones forward, or this long after the first of them does. */
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

/** Answers the port once the first worker forwards on it; `null`: it is to end before that. Fails with StartFailure. */
export function forward(deps: ForwardDeps): Promise<number | null> {
  const stop = { isAsked: false };
  const ended = deps.ending.then(() => {
    stop.isAsked = true;
    return null;
  });
  return Promise.race([begin(deps, stop), ended]);
}

/** No step is begun after it was asked to stop: workers that nobody waits for would be left behind. */
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
