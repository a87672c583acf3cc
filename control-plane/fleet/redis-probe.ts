/** Whether a Redis can be what a fleet needs: its version, what it may evict, what this user may do. Told in one sentence each. */
import { isUserRefused, kindProblem } from '#shared/platform/redis-info.js';
import type { FleetConnection } from './fleet-connection.js';
import { firstForbidden, forbidden, refusesUser, tryCommands } from './redis-rights.js';

/** Scripts say that they may write while memory is full (`#!lua flags`) from this release on. */
const OLDEST_MAJOR = 7;

export type RedisTrouble =
  | { readonly kind: 'none' }
  /** It answers, and cannot be used. */
  | { readonly kind: 'unfit'; readonly problem: string }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** @param waits whether writes wait for replicas, which is a command of its own */
export async function readSharedRedis(connection: FleetConnection, waits: boolean): Promise<RedisTrouble> {
  const info = await connection.readInfo();
  const mismatch = kindProblem(info, connection.servers);
  if (mismatch !== null) return unfit(mismatch);
  if (!info.ok) {
    return info.code === 'NOPERM' ? unfit(rights(info.reason)) : notReady(info.reason);
  }
  const problem = problemOf(String(info.value));
  if (problem !== null) return unfit(problem);
  const probe = await tryCommands(connection);
  if (!probe.ok) return probe.kind === 'refused' ? unfit(rights(probe.reason)) : notReady(probe.reason);
  const waited = waits ? await connection.control.call('WAIT', [0, 1]) : null;
  if (waited?.ok === false) {
    return waited.kind === 'refused' ? unfit(rights(waited.reason)) : notReady(waited.reason);
  }
  const missing = firstForbidden(probe.value);
  return missing === null ? { kind: 'none' } : unfit(missing);
}

/** What is wrong with a server by its own words (INFO). */
function problemOf(info: string): string | null {
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    return `its version is ${version}; a fleet needs Redis ${OLDEST_MAJOR}.0 or later`;
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? '';
  if (policy.startsWith('allkeys-')) {
    return `its maxmemory-policy is ${policy}, which may evict the log of the fleet; set noeviction, or volatile-ttl where sessions are there too`;
  }
  return null;
}

function notReady(trouble: string): RedisTrouble {
  return isUserRefused(trouble) ? unfit(rights(trouble)) : { kind: 'unreachable', reason: trouble };
}

function unfit(problem: string): RedisTrouble {
  return { kind: 'unfit', problem };
}

function rights(reason: string): string {
  return forbidden(reason) ?? refusesUser(reason);
}
