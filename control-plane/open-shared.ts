/** Reads, once at the start, what this host shares with other hosts according to the configuration. */
import type { Logger } from '#shared/ports.js';
import type { RedisAccess, SessionsAt } from '#shared/redis-access.js';
import { readClusterFiles } from './config/cluster-files.js';
import type { ProcessSettings } from './config/process-settings.js';
import { StartFailure } from './start-failure.js';

export interface Shared {
  /** The Redis for what hosts agree on; `null` if this host decides alone. */
  readonly control: RedisAccess | null;
  /** The secret that all hosts share; `null` if this host has its own keys. */
  readonly secret: string | null;
  readonly sessions: SessionsAt;
}

/** Rejects with StartFailure if a file has changed for the worse since the configuration was checked. */
export async function readShared(settings: ProcessSettings, logger: Logger): Promise<Shared> {
  const { control, sessions, secret, problems, warnings } = await readClusterFiles(settings);
  const [problem] = problems;
  if (problem !== undefined) throw new StartFailure(`${problem.setting}: ${problem.message}`);
  for (const { setting, message } of warnings) logger.warn({ setting }, message);
  // `redis-checks.ts` has checked that there is a name.
  const prefix = `tidegate:${settings.cluster.name ?? ''}:s:`;
  return {
    control,
    secret,
    sessions: sessions === null ? { kind: 'primary' } : { kind: 'redis', access: sessions, prefix },
  };
}
